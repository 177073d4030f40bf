package htmlprune

import (
	"strconv"
	"strings"
)

// frame is the element that a node is written as. The tags are a fixed list:
// nothing in it loads, runs or takes input.
func (w *htmlWriter) frame(n *Node) htmlFrame {
	if w.source {
		return htmlFrame{tag: w.sel.tree.kindTag(n)}
	}
	f := htmlFrame{tag: n.Tag, attrs: w.attributes(n)}
	switch n.Kind {
	case Inline:
		f.inline = true
		if !isSafeInline(n.Tag) || n.Tag == "a" && f.attrs == "" {
			f.tag = ""
		}
	case Container, Document:
		f = htmlFrame{group: groupTag(n.Tag)}
	case Paragraph:
		switch n.Tag {
		case "", "html", "body":
			f = htmlFrame{bare: true}
		case "p", "caption":
		default:
			f.tag = groupTag(n.Tag)
		}
	default:
		if !isSafeBlock(n.Tag) {
			f.tag = w.sel.tree.kindTag(n)
		}
	}
	if f.tag == "" {
		f.attrs, f.inline = "", false
	}
	return f
}

// groupTag is the tag of a container that holds text: its own, or div for
// those that have a meaning only inside others.
func groupTag(tag string) string {
	switch tag {
	case "section", "article", "main", "header", "footer", "nav", "aside", "address":
		return tag
	case "", "html", "body", "head":
		return ""
	}
	return "div"
}

// kindTag is the tag for a kind of node that has none of its own.
func (t *Tree) kindTag(n *Node) string {
	switch n.Kind {
	case Title:
		return "title"
	case Heading:
		return "h" + strconv.Itoa(int(min(max(n.Level, 1), 6)))
	case Paragraph:
		return "p"
	case List:
		if t.Format == Text && isNumbered(t, n) {
			return "ol"
		}
		return "ul"
	case Item:
		return "li"
	case Table:
		return "table"
	case Row:
		return "tr"
	case Cell:
		if n.Header {
			return "th"
		}
		return "td"
	case Code:
		return "pre"
	case Quote:
		return "blockquote"
	}
	return ""
}

func isSafeBlock(tag string) bool {
	switch tag {
	case "title", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "menu", "li", "dt", "dd",
		"table", "tr", "td", "th", "pre", "blockquote":
		return true
	}
	return false
}

func isSafeInline(tag string) bool {
	switch tag {
	case "a", "b", "strong", "i", "em", "code", "kbd", "samp", "var", "sub", "sup", "s", "del", "ins", "u",
		"mark", "q", "cite", "abbr", "time", "small", "dfn", "bdo", "ruby", "rt", "rp":
		return true
	}
	return false
}

// attributes writes the attributes that change what the text says. Those of
// table cells that span are written by tableCell.
func (w *htmlWriter) attributes(n *Node) string {
	var b strings.Builder
	for _, a := range n.Attrs {
		value := a.Value
		switch a.Name {
		case "href":
			if value = safeHref(value); value == "" {
				continue
			}
		case "lang", "dir", "scope", "start", "reversed", "type", "value", "datetime", "title":
		default:
			continue
		}
		b.WriteString(" " + a.Name + `="` + escapeAttribute(value) + `"`)
	}
	return b.String()
}

func escapeAttribute(value string) string {
	return strings.NewReplacer("&", "&amp;", `"`, "&quot;").Replace(value)
}

// optionalEnd lists the elements whose end tag HTML5 lets one leave out.
func optionalEnd(tag string) bool {
	switch tag {
	case "p", "li", "dt", "dd", "td", "th", "tr":
		return true
	}
	return false
}

// impliesEnd reports whether the tag next ends the element end. The end of a
// parent, after which nothing is owed, ends it too.
func impliesEnd(end, next string) bool {
	switch end {
	case "p":
		switch next {
		case "p", "div", "section", "article", "main", "header", "footer", "nav", "aside", "address",
			"h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "menu", "pre", "blockquote", "li", "dt", "dd":
			return true
		}
	case "li":
		return next == "li"
	case "dt", "dd":
		return next == "dt" || next == "dd"
	case "td", "th":
		return next == "td" || next == "th"
	case "tr":
		return next == "tr"
	}
	return false
}

// escapeHTML escapes only what would be read as markup, also together with
// text that follows.
func escapeHTML(t string) string {
	if !strings.ContainsAny(t, "<&") {
		return t
	}
	var b strings.Builder
	for i := range len(t) {
		switch rest := t[i+1:]; {
		case t[i] == '<' && (rest == "" || isAlnum(rune(rest[0])) || strings.IndexByte("/!?", rest[0]) >= 0):
			b.WriteString("&lt;")
		case t[i] == '&' && isReference(t[i:]):
			b.WriteString("&amp;")
		default:
			b.WriteByte(t[i])
		}
	}
	return b.String()
}

// isReference reports whether s, which begins with "&", is read as a
// character reference, or might be with more text behind it.
func isReference(s string) bool {
	if _, n := unescape(s); n > 0 {
		return true
	}
	for i := 1; i < len(s); i++ {
		if s[i] != '#' && !isAlnum(rune(s[i])) {
			return false
		}
	}
	return len(s) <= 40
}
