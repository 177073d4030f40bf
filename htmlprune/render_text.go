package htmlprune

import (
	"strconv"
	"strings"
)

// flat renders an HTML source as text or, with markdown set, as Markdown.
func (s *Selection) flat(markdown bool) string {
	w := flatWriter{sel: s, md: markdown}
	if s.tree.Root != nil {
		w.node(s.tree.Root)
	}
	return w.out.String()
}

// flatWriter writes lines. White space and marks are owed until text comes
// that is kept, so that what is left out leaves no trace.
type flatWriter struct {
	sel    *Selection
	md     bool
	out    strings.Builder
	frames []lineFrame // what goes before every line, outermost first
	gap    int         // line feeds owed
	space  bool        // a space is owed
	marks  []string    // opening marks of inlines: "[", "`"
	open   int         // how many of marks are written
	inItem int         // depth of items: blocks in them are not spaced out
	cell   bool        // in a table cell: everything goes on one line
	raw    bool        // in inline code
	number string      // the mark of the next item of an ordered list
}

// lineFrame is written before the lines of a block: first before its first
// line, rest before the others.
type lineFrame struct {
	first, rest string
	used        bool
}

// node writes the kept part of n.
func (w *flatWriter) node(n *Node) {
	switch n.Kind {
	case Run:
		if w.sel.Has(n.Unit) {
			w.text(n.Text)
		} else if w.gap == 0 && !w.space {
			w.text(trailingSpace(n.Text))
		}
	case Inline:
		w.inline(n)
	case Title, Heading:
		w.framed(n, w.headingMark(n), "", 2)
	case Quote:
		if w.md {
			w.framed(n, "> ", "> ", 2)
		} else {
			w.framed(n, "", "", 2)
		}
	case Item:
		w.item(n)
	case Code:
		w.code(n)
	case Table:
		w.table(n)
	case Row:
		w.sep(1)
		w.row(n.Children)
		w.sep(1)
	case List:
		w.list(n)
	case Paragraph:
		w.framed(n, "", "", 2)
	default:
		w.children(n)
	}
}

func (w *flatWriter) children(n *Node) {
	for _, c := range n.Children {
		w.node(c)
	}
}

// sep owes n line feeds, one inside items.
func (w *flatWriter) sep(n int) {
	if w.inItem > 0 {
		n = min(n, 1)
	}
	w.gap = max(w.gap, n)
}

// framed writes a block on lines of its own.
func (w *flatWriter) framed(n *Node, first, rest string, gap int) {
	w.sep(gap)
	if first != "" || rest != "" {
		w.frames = append(w.frames, lineFrame{first: first, rest: rest})
	}
	w.children(n)
	if first != "" || rest != "" {
		w.frames = w.frames[:len(w.frames)-1]
	}
	w.sep(gap)
}

func (w *flatWriter) headingMark(n *Node) string {
	if !w.md {
		return ""
	}
	return strings.Repeat("#", int(min(max(n.Level, 1), 6))) + " "
}

// list writes the items of a list.
func (w *flatWriter) list(n *Node) {
	w.sep(2)
	count := newCounter(n, w.sel.tree)
	for _, c := range n.Children {
		if w.number = ""; c.Kind == Item && n.Tag == "ol" {
			w.number = strconv.Itoa(count.number(c)) + ". "
		}
		w.node(c)
	}
	w.sep(2)
}

// item writes a list item behind its mark.
func (w *flatWriter) item(n *Node) {
	mark := "- "
	switch {
	case n.Tag == "dt":
		mark = ""
	case n.Tag == "dd" && w.md:
		mark = ": "
	case n.Tag == "dd":
		mark = "  "
	case w.number != "":
		mark = w.number
	}
	w.number = ""
	w.sep(1)
	w.inItem++
	w.framed(n, mark, strings.Repeat(" ", len(mark)), 1)
	w.inItem--
}

// code writes verbatim text, in Markdown between fences.
func (w *flatWriter) code(n *Node) {
	text := strings.Trim(w.sel.text(n), "\n")
	if strings.TrimSpace(text) == "" {
		return
	}
	if w.cell {
		w.text(strings.Join(strings.Fields(text), " "))
		return
	}
	w.sep(2)
	fence := fenceFor(text)
	if w.md {
		w.line(fence)
	}
	for line := range strings.SplitSeq(text, "\n") {
		w.line(line)
	}
	if w.md {
		w.line(fence)
	}
	w.sep(2)
}

// line writes one line as it is.
func (w *flatWriter) line(s string) {
	w.start()
	w.out.WriteString(s)
	w.gap = max(w.gap, 1)
}

// fenceFor is a fence that text does not contain.
func fenceFor(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence
}

// text joins the kept runs below n.
func (s *Selection) text(n *Node) string {
	var b strings.Builder
	for _, run := range appendRuns(nil, n) {
		if s.Has(run.Unit) {
			b.WriteString(run.Text)
		}
	}
	return b.String()
}

// inline writes a link or inline code with its marks, in Markdown.
func (w *flatWriter) inline(n *Node) {
	before, after := "", ""
	raw := w.raw
	defer w.note(n, w.out.Len())
	switch {
	case !w.md || w.raw:
	case n.Tag == image:
		before, after = "![", "]()"
	case n.Tag == "code" || n.Tag == "kbd" || n.Tag == "samp":
		before, after, w.raw = "`", "`", true
	case n.Tag == "a":
		if href := safeHref(attr(n, "href")); href != "" {
			title := attr(n, "title")
			if title != "" {
				title = ` "` + strings.NewReplacer(`"`, `\"`, "\n", " ").Replace(title) + `"`
			}
			before, after = "[", "]("+strings.NewReplacer("(", "%28", ")", "%29", " ", "%20").Replace(href)+title+")"
		}
	}
	if before == "" {
		w.children(n)
		return
	}
	k := len(w.marks)
	w.marks = append(w.marks, before)
	w.children(n)
	if w.open > k {
		w.out.WriteString(after)
		w.open = k
	}
	w.marks = w.marks[:k]
	w.raw = raw
}

// note writes in brackets what an attribute says of an inline of which
// something was written since from: the date of a time, the long form of an
// abbr.
func (w *flatWriter) note(n *Node, from int) {
	value := ""
	switch n.Tag {
	case "time":
		value = attr(n, "datetime")
	case "abbr", "dfn":
		value = attr(n, "title")
	}
	if value = strings.Join(strings.Fields(value), " "); value == "" || w.raw || w.out.Len() == from || value == w.sel.text(n) {
		return
	}
	w.out.WriteString(" (" + w.escape(value) + ")")
}

// text writes the text of a kept run.
func (w *flatWriter) text(t string) {
	for i := 0; ; i++ {
		part, rest, more := strings.Cut(t, "\n")
		if core := strings.Trim(part, " "); core != "" {
			w.space = w.space || part[0] == ' '
			w.start()
			w.out.WriteString(w.escape(core))
			w.space = part[len(part)-1] == ' '
		} else if part != "" {
			w.space = true
		}
		if !more {
			return
		}
		if w.cell {
			w.space = true
		} else {
			w.gap = max(w.gap, 1)
		}
		t = rest
	}
}

// start pays the line feeds, marks and spaces that are owed.
func (w *flatWriter) start() {
	if w.cell && w.gap > 0 {
		w.gap, w.space = 0, true
	}
	switch empty := w.out.Len() == 0; {
	case empty || w.gap > 0:
		for i := 0; i < w.gap && !empty; i++ {
			w.out.WriteByte('\n')
			if i+1 < w.gap {
				w.blankLine()
			}
		}
		for i := range w.frames {
			f := &w.frames[i]
			if f.used {
				w.out.WriteString(f.rest)
			} else {
				w.out.WriteString(f.first)
			}
			f.used = true
		}
	case w.space:
		w.out.WriteByte(' ')
	}
	w.gap, w.space = 0, false
	for ; w.open < len(w.marks); w.open++ {
		w.out.WriteString(w.marks[w.open])
	}
}

// blankLine writes what an empty line inside quotes needs.
func (w *flatWriter) blankLine() {
	for _, f := range w.frames {
		if f.used && f.rest == "> " {
			w.out.WriteByte('>')
		}
	}
}

// escape makes text that would be a tag or end a cell plain text in Markdown.
func (w *flatWriter) escape(t string) string {
	if !w.md || !strings.ContainsAny(t, "<|") {
		return t
	}
	var b strings.Builder
	for i := range len(t) {
		tag := t[i] == '<' && !w.raw && i+1 < len(t) && (strings.IndexByte("/!?", t[i+1]) >= 0 || isAlnum(rune(t[i+1])))
		if tag || t[i] == '|' && w.cell {
			b.WriteByte('\\')
		}
		b.WriteByte(t[i])
	}
	return b.String()
}

// trailingSpace is the white space that ends the text of a run left out: it
// parts its neighbours as it did before.
func trailingSpace(t string) string {
	return t[len(strings.TrimRight(t, " \n")):]
}
