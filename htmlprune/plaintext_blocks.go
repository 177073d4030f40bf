package htmlprune

import "strings"

const (
	// maxTextNest bounds how deep lists in a text source nest.
	maxTextNest = 32
	// maxTextCells bounds the cells of a table row in a text source; the last one
	// takes the text of those behind.
	maxTextCells = 1000
)

// block adds a block with marks to the document, outside of lists.
func (b *textBuilder) block(n *Node, span Span, text ...Span) {
	b.flush()
	b.lists = nil
	if b.text(n, text...) {
		b.mark(n, span)
		b.attach(b.root, n)
	}
}

// heading reads "## Heading ##".
func (b *textBuilder) heading(l textLine) bool {
	level := len(l.text) - len(strings.TrimLeft(l.text, "#"))
	if level == 0 || level > 6 || l.indent > 3 || level == len(l.text) || l.text[level] != ' ' && l.text[level] != '\t' {
		return false
	}
	end := l.end
	if t := strings.TrimRight(l.text, "#"); strings.HasSuffix(t, " ") {
		end = l.start + len(t)
	}
	n := &Node{Kind: Heading, Level: uint8(level), Unit: -1} //nolint:gosec // 1 to 6
	b.block(n, Span{l.start, l.end}, trimSpan(b.src, Span{l.start + level, end}))
	return true
}

// underline reads the line of "===" or "---" that makes the line before it a
// heading.
func (b *textBuilder) underline(l textLine) bool {
	if b.paraLines != 1 || len(l.text) < 3 || len(b.lists) > 0 || strings.Trim(l.text, "=") != "" && strings.Trim(l.text, "-") != "" {
		return false
	}
	level := uint8(1)
	if l.text[0] == '-' {
		level = 2
	}
	p := b.para
	b.paraLines = 0
	b.block(&Node{Kind: Heading, Level: level, Unit: -1}, Span{p.Start, l.end}, p)
	return true
}

// isRule reports whether line is a thematic break: "---", "* * *", "====".
func isRule(line string) bool {
	if len(line) < 3 || !strings.ContainsRune("-*_=~+", rune(line[0])) {
		return false
	}
	return strings.Trim(line, line[:1]+" ") == ""
}

// fence reads fenced code up to its closing fence. Without one the code ends
// at the next blank line, because a passage may have been cut anywhere.
func (b *textBuilder) fence(l textLine) bool {
	c := l.text[0]
	if c != '`' && c != '~' {
		return false
	}
	width := len(l.text) - len(strings.TrimLeft(l.text, string(c)))
	if width < 3 || c == '`' && strings.Contains(l.text[width:], "`") {
		return false
	}
	code, end := b.fenced(l, c, width)
	b.block(&Node{Kind: Code, Unit: -1}, Span{l.start, end}, code)
	return true
}

// fenced moves behind the code that begins with the fence open, and returns
// the range of the code and the end of its closing fence, or of the code if
// there is none.
func (b *textBuilder) fenced(open textLine, c byte, width int) (code Span, end int) {
	kind := 0
	if c == '~' {
		kind = 1
	}
	code = Span{open.next, open.next}
	gap, gapNext := -1, 0
	for b.pos = open.next; b.pos < len(b.src) && (gap < 0 || !b.noFence[kind]); {
		l := b.line(b.pos)
		b.pos = l.next
		switch {
		case len(l.text) >= width && strings.Trim(l.text, string(c)) == "":
			return code, l.end
		case l.text != "":
			code.End = l.end
		case gap < 0:
			gap, gapNext = code.End, l.next
		}
	}
	b.noFence[kind] = true
	if gap >= 0 {
		code.End, b.pos = gap, gapNext
	}
	return code, code.End
}

// quote reads a run of lines that begin with ">".
func (b *textBuilder) quote(l textLine) bool {
	if l.text[0] != '>' {
		return false
	}
	b.flush()
	b.lists = nil
	quote := &Node{Kind: Quote, Unit: -1}
	span := Span{l.start, l.end}
	var lines []Span
	for {
		if s := trimSpan(b.src, Span{l.end - len(strings.TrimLeft(l.text, "> \t")), l.end}); s.Start < s.End {
			lines = append(lines, s)
		} else {
			b.quoted(quote, lines)
			lines = nil
		}
		span.End = l.end
		l = b.line(b.pos)
		if b.pos >= len(b.src) || !strings.HasPrefix(l.text, ">") {
			break
		}
		b.pos = l.next
	}
	b.quoted(quote, lines)
	if len(quote.Children) > 0 {
		b.mark(quote, span)
		b.attach(b.root, quote)
	}
	return true
}

// quoted adds a paragraph of quoted lines to quote.
func (b *textBuilder) quoted(quote *Node, lines []Span) {
	n := &Node{Kind: Paragraph, Unit: -1}
	if len(lines) == 0 || !b.text(n, lines...) {
		return
	}
	start := strings.LastIndexByte(b.src[:lines[0].Start], '\n') + 1
	b.mark(n, trimSpan(b.src, Span{start, lines[len(lines)-1].End}))
	b.attach(quote, n)
}

// item begins a list item, in the list that its indentation points to.
func (b *textBuilder) item(l textLine) {
	b.flush()
	ordered := isAlnum(rune(l.text[0])) || l.text[0] == '(' || l.text[0] == '['
	for n := len(b.lists); n > 0 && (l.indent < b.lists[n-1].indent ||
		l.indent < b.lists[n-1].indent+2 && ordered != b.lists[n-1].ordered); n-- {
		b.lists = b.lists[:n-1]
	}
	n := len(b.lists)
	if n == 0 || l.indent >= b.lists[n-1].indent+2 && n < maxTextNest {
		list := &Node{Kind: List, Unit: -1}
		parent := b.root
		if n > 0 {
			parent = b.lists[n-1].item
			wrapText(parent)
		}
		b.attach(parent, list)
		b.lists = append(b.lists, openList{indent: l.indent, ordered: ordered, list: list})
	}
	top := &b.lists[len(b.lists)-1]
	top.item = &Node{Kind: Item, Unit: -1}
	b.attach(top.list, top.item)
	b.mark(top.item, Span{l.start, l.end})
	l.start += markerLen(l.text)
	b.para, b.paraLines = Span{l.start, l.end}, 1
}

// table reads a pipe table that begins at l: a header row, the line of
// dashes under it, which belongs to the header, and rows.
func (b *textBuilder) table(l textLine) bool {
	if b.pos >= len(b.src) || !strings.Contains(l.text, "|") {
		return false
	}
	under := b.line(b.pos)
	if !isTableRule(under.text) {
		return false
	}
	b.pos = under.next
	b.flush()
	b.lists = nil
	table := &Node{Kind: Table, Unit: -1}
	b.row(table, Span{l.start, l.end}, Span{l.start, under.end}, true)
	for b.pos < len(b.src) && !b.full {
		l = b.line(b.pos)
		if !strings.Contains(l.text, "|") {
			break
		}
		b.pos = l.next
		b.row(table, Span{l.start, l.end}, Span{l.start, l.end}, false)
	}
	if len(table.Children) > 0 {
		b.attach(b.root, table)
	}
	return true
}

// row adds a row with one cell for each part between pipes, unless all are
// empty.
func (b *textBuilder) row(table *Node, text, span Span, header bool) {
	row := &Node{Kind: Row, Unit: -1, Header: header}
	empty := true
	b.w.begin()
	for _, c := range rowCells(b.src, text) {
		cell := &Node{Kind: Cell, Unit: -1, Header: header, Parent: row}
		if len(row.Children) > 0 {
			b.w.put(" | ")
		}
		from := b.w.len()
		b.w.write(c.Start, c.End, prose)
		empty = empty && strings.TrimSpace(b.w.since(from)) == ""
		cell.Children = []*Node{{Kind: Run, Unit: -1, Span: Span{from, b.w.len()}, Parent: cell}}
		row.Children = append(row.Children, cell)
	}
	if !empty {
		b.mark(row, span)
		b.left -= len(row.Children)
		b.attach(table, row)
	}
}

// rowCells are the ranges of the cells of a table line, at most maxTextCells.
func rowCells(src string, line Span) []Span {
	var cells []Span
	if src[line.Start] == '|' {
		line.Start++
	}
	if line.End > line.Start && src[line.End-1] == '|' {
		line.End--
	}
	from := line.Start
	for i := line.Start; i <= line.End; i++ {
		if i == line.End || src[i] == '|' && (i == 0 || src[i-1] != '\\') && len(cells) < maxTextCells-1 {
			cells = append(cells, trimSpan(src, Span{from, i}))
			from = i + 1
		}
	}
	return cells
}

// isTableRule reports whether line is the line of dashes under a table's
// header: "|---|:-:|".
func isTableRule(line string) bool {
	return strings.Contains(line, "|") && strings.Contains(line, "-") && strings.Trim(line, "|-: \t") == ""
}
