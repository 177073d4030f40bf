package htmlprune

import (
	"strings"
	"unicode/utf8"
)

// textBuilder builds the node tree of a text source from its lines: headings,
// lists, tables, quotes and code as Markdown writes them, and paragraphs. It
// never fails: what is not one of these is a paragraph.
//
// The marks themselves (hash signs, bullets, "> ", the line under a table's
// header) are in no run, so that a model does not read them, but in the Span
// of their block, so that rendering returns them.
type textBuilder struct {
	src  string
	w    *transcript
	root *Node
	pos  int
	// para is the range of the paragraph being read; empty when there is none.
	para      Span
	paraLines int
	afterGap  bool // the line before was blank
	lists     []openList
	noFence   [2]bool // no closing fence of backticks, of tildes, lies ahead
	blocks    []markedBlock
	// left is how many blocks the limit still allows; full is set when it allows no
	// more.
	left int
	full bool
}

// openList is a list whose items may still come.
type openList struct {
	indent  int
	ordered bool
	list    *Node
	item    *Node
}

// markedBlock remembers the span of a block with its marks until assemble has
// settled the spans of the text.
type markedBlock struct {
	node *Node
	span Span
}

// textLine is a line of the source: its text without the line end, its
// indentation in columns, and where the next line begins.
type textLine struct {
	start, end, next int
	indent           int
	text             string // trimmed
}

// line reads the line at offset at.
func (b *textBuilder) line(at int) textLine {
	l := textLine{start: at, end: len(b.src), next: len(b.src)}
	if i := strings.IndexByte(b.src[at:], '\n'); i >= 0 {
		l.end, l.next = at+i, at+i+1
	}
	raw := b.src[at:l.end]
	for i := 0; i < len(raw) && (raw[i] == ' ' || raw[i] == '\t'); i++ {
		l.indent++
		if raw[i] == '\t' {
			l.indent = (l.indent + 3) &^ 3
		}
	}
	s := trimSpan(b.src, Span{l.start, l.end})
	l.start, l.end, l.text = s.Start, s.End, b.src[s.Start:s.End]
	return l
}

// build reads the whole source.
func (b *textBuilder) build() {
	for b.pos < len(b.src) && !b.full {
		l := b.line(b.pos)
		b.pos = l.next
		if l.text == "" {
			b.flush()
			b.afterGap = true
			continue
		}
		b.read(l)
		b.afterGap = false
	}
	b.flush()
}

// read handles one line that is not blank; it may take in lines behind it.
func (b *textBuilder) read(l textLine) {
	if l.text[0] >= utf8.RuneSelf || isAlnum(rune(l.text[0])) && markerLen(l.text) == 0 {
		if markerLen(l.text) > 0 {
			b.item(l)
		} else if !b.table(l) {
			b.prose(l)
		}
		return
	}
	switch {
	case b.fence(l), b.underline(l), b.heading(l), b.quote(l), b.table(l):
	case isRule(l.text):
		b.flush()
		b.lists = nil
	case markerLen(l.text) > 0:
		b.item(l)
	default:
		b.prose(l)
	}
}

// prose adds a line to the paragraph being read, or begins one.
func (b *textBuilder) prose(l textLine) {
	if b.paraLines == 0 {
		if b.afterGap {
			b.closeLists(l.indent)
		}
		b.para.Start = l.start
	}
	b.para.End = l.end
	b.paraLines++
}

// closeLists ends the lists that a line after a gap, indented by indent, does
// not belong to.
func (b *textBuilder) closeLists(indent int) {
	for n := len(b.lists); n > 0 && indent < b.lists[n-1].indent+2; n-- {
		b.lists = b.lists[:n-1]
	}
}

// flush ends the paragraph being read.
func (b *textBuilder) flush() {
	if b.paraLines == 0 {
		return
	}
	p := b.para
	b.para, b.paraLines = Span{}, 0
	parent := b.root
	if n := len(b.lists); n > 0 {
		parent = b.lists[n-1].item
		if len(parent.Children) == 0 && b.text(parent, p) {
			return
		}
	}
	b.paragraph(parent, p)
}

// paragraph adds a paragraph to parent, whose own text becomes one first.
func (b *textBuilder) paragraph(parent *Node, p Span) {
	wrapText(parent)
	n := &Node{Kind: Paragraph, Unit: -1, Span: p}
	if b.text(n, p) {
		b.attach(parent, n)
	}
}

// wrapText moves the runs of a block into a paragraph of their own, because a
// block holds either text or blocks.
func wrapText(n *Node) {
	if !holdsText(n) {
		return
	}
	p := &Node{Kind: Paragraph, Path: n.Path, Unit: -1, Span: n.Span, Parent: n, Children: n.Children}
	for _, c := range p.Children {
		c.Parent = p
	}
	n.Children = []*Node{p}
}

// attach makes n the last child of parent and counts it.
func (b *textBuilder) attach(parent, n *Node) {
	n.Parent = parent
	parent.Children = append(parent.Children, n)
	if b.left--; b.left <= 0 {
		b.full = true
	}
}

// text gives n a run with the visible text of the source ranges, and reports
// whether there is any.
func (b *textBuilder) text(n *Node, ranges ...Span) bool {
	b.w.begin()
	from := b.w.len()
	for i, r := range ranges {
		if i > 0 {
			b.w.put("\n")
		}
		b.w.write(r.Start, r.End, verbatim)
	}
	if strings.TrimSpace(b.w.since(from)) == "" {
		return false
	}
	n.Children = append(n.Children, &Node{Kind: Run, Unit: -1, Span: Span{from, b.w.len()}, Parent: n})
	return true
}

// mark remembers that n reaches over span with its marks.
func (b *textBuilder) mark(n *Node, span Span) {
	n.Span = span
	b.blocks = append(grow(b.blocks, 1), markedBlock{n, span})
}

// parseText reads a text source, which may hold Markdown. It stops, and says so,
// when the document would have more blocks or units than the limits allow.
func parseText(source string, o Options) *Tree {
	t := &Tree{Source: source, Format: Text, Root: &Node{Kind: Document, Unit: -1}}
	w := newTranscript(source, len(source), 0)
	b := textBuilder{src: source, w: w, root: t.Root, left: o.Limits.blocks()}
	b.build()
	b.promoteTitle()
	t.assemble(w, o.Limits.units())
	for i := range t.Units {
		u := &t.Units[i]
		if u.Kind != Code && (strings.ContainsAny(u.Text, "\t\n") || strings.Contains(u.Text, "  ")) {
			u.Text = strings.Join(strings.Fields(u.Text), " ")
		}
	}
	b.spans()
	if len(t.Units) > 0 && t.Units[0].Kind == Heading {
		t.Title = t.Units[0].Text
	}
	if b.full {
		t.warnUnits()
	}
	return t
}

// spans widens blocks and their ancestors by their marks.
func (b *textBuilder) spans() {
	for _, m := range b.blocks {
		if len(m.node.Children) == 0 {
			continue
		}
		for n := m.node; n != nil; n = n.Parent {
			if n.Span.Start <= m.span.Start && n.Span.End >= m.span.End && n != m.node {
				break
			}
			n.Span = Span{min(n.Span.Start, m.span.Start), max(n.Span.End, m.span.End)}
		}
	}
}

// promoteTitle makes a heading of a first line that can only be a title: a
// short line of its own without an end mark, before a paragraph that is
// longer and has one.
func (b *textBuilder) promoteTitle() {
	if len(b.root.Children) < 2 {
		return
	}
	first, second := b.root.Children[0], b.root.Children[1]
	if first.Kind != Paragraph || second.Kind != Paragraph || len(first.Children) != 1 || len(second.Children) != 1 {
		return
	}
	title, body := b.written(first), b.written(second)
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(title, closing))
	if len(title) <= 100 && len(body) > len(title) && !strings.Contains(title, "\n") &&
		!isEndMark(last) && !strings.ContainsRune(":;,-–—", last) && strings.ContainsFunc(body, isEndMark) {
		first.Kind, first.Level = Heading, 1
	}
}

// written is the visible text of a block with one run.
func (b *textBuilder) written(n *Node) string {
	run := n.Children[0].Span
	return strings.TrimSpace(b.w.text.String()[run.Start:min(run.End, run.Start+1024)])
}
