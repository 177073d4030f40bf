package htmlrag

import "strings"

// escape replaces what the formatter "minimal" replaces.
func escape(s string) string {
	if !strings.ContainsAny(s, "&<>") {
		return s
	}
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// html is str(n).
func (n *node) html() string {
	var w strings.Builder
	for c := n; c != nil; {
		c.open(&w)
		if c.first != nil {
			c = c.first
			continue
		}
		c.close(&w)
		for c != n && c.next == nil {
			c = c.parent
			c.close(&w)
		}
		if c == n {
			break
		}
		c = c.next
	}
	return w.String()
}

// open writes a string, or the start tag of an element.
func (n *node) open(w *strings.Builder) {
	if n.kind != element {
		n.writeString(w)
		return
	}
	if n.name == rootName {
		return
	}
	w.WriteByte('<')
	w.WriteString(n.name)
	for _, a := range n.attrs {
		w.WriteByte(' ')
		w.WriteString(a.name)
		w.WriteByte('=')
		writeQuoted(w, escape(a.value))
	}
	if n.void && n.first == nil {
		w.WriteByte('/')
	}
	w.WriteByte('>')
}

// close writes the end tag of an element that needs one.
func (n *node) close(w *strings.Builder) {
	if n.kind == element && n.name != rootName && (!n.void || n.first != nil) {
		w.WriteString("</" + n.name + ">")
	}
}

// writeString writes a string with the marks of its class. In a script or
// style nothing is escaped, unless the element has got another name.
func (n *node) writeString(w *strings.Builder) {
	before, value, after := "", n.value, ""
	switch n.kind {
	case cdataSection:
		before, after = "<![CDATA[", "]]>"
	case comment:
		before, after = "<!--", "-->"
	case declaration:
		before, after = "<?", "?>"
	case doctype:
		before, after = "<!DOCTYPE ", ">\n"
	case instruction:
		before, after = "<?", ">"
	default:
		if in := n.parent.name; in != "script" && in != "style" {
			value = escape(value)
		}
	}
	w.WriteString(before)
	w.WriteString(value)
	w.WriteString(after)
}

// writeQuoted writes an attribute value in quotes that are not in it.
func writeQuoted(w *strings.Builder, value string) {
	quote := byte('"')
	if strings.Contains(value, `"`) {
		if strings.Contains(value, "'") {
			value = strings.ReplaceAll(value, `"`, "&quot;")
		} else {
			quote = '\''
		}
	}
	w.WriteByte(quote)
	w.WriteString(value)
	w.WriteByte(quote)
}
