package htmlprune

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	// maxCell is the length in bytes from which the content of a cell is
	// prose, about 60 words: a table with prose is a layout.
	maxCell = 400
	// maxHeaders is the number of rows that may be the header of a table.
	maxHeaders = 8
)

// tableShape is what decides whether a table holds data.
type tableShape struct {
	rows, widest int
	layout       bool
	blocks, size int // of the cell at hand
}

// isDataTable reports whether a table holds data, so that a row is one thing
// to say. Otherwise the table arranges the page: some cell holds prose,
// headings or another table, or there is a single row or column.
func isDataTable(table *html.Node, s *stream) bool {
	if role := domAttr(table, "role"); role == "presentation" || role == "none" {
		return false
	}
	var shape tableShape
	shape.sections(table, s)
	return !shape.layout && shape.rows > 1 && shape.widest > 1
}

func (t *tableShape) sections(n *html.Node, s *stream) {
	for c := n.FirstChild; c != nil && !t.layout; c = c.NextSibling {
		switch c.DataAtom {
		case atom.Thead, atom.Tbody, atom.Tfoot:
			t.sections(c, s)
		case atom.Tr:
			t.row(c, s)
		}
	}
}

func (t *tableShape) row(tr *html.Node, s *stream) {
	t.rows++
	cells := 0
	for c := tr.FirstChild; c != nil && !t.layout; c = c.NextSibling {
		if c.DataAtom != atom.Td && c.DataAtom != atom.Th {
			continue
		}
		cells++
		t.blocks, t.size = 0, 0
		t.content(c, s)
	}
	t.widest = max(t.widest, cells)
}

// content looks at what a cell holds. Short lists and paragraphs are data.
func (t *tableShape) content(n *html.Node, s *stream) {
	for c := n.FirstChild; c != nil && !t.layout; c = c.NextSibling {
		switch c.DataAtom {
		case atom.Table, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Pre, atom.Form, atom.Article, atom.Section, atom.Blockquote:
			t.layout = true
			return
		}
		if c.Type == html.TextNode {
			t.size += textSize(c.Data, s)
		} else if !isInvisible(c.DataAtom) {
			t.content(c, s)
		}
		t.layout = t.layout || t.size > maxCell
	}
}

// textSize is the length in the source of the texts that a DOM text marks.
func textSize(data string, s *stream) int {
	size := 0
	for i := 0; i < len(data); i++ {
		if k, n := marker(data[i:]); n > 0 {
			i += n - 1
			if k < len(s.tokens) {
				size += int(s.tokens[k].end - s.tokens[k].start)
			}
		}
	}
	return size
}

// table builds a data table: a Table with its caption and Rows of Cells.
func (b *builder) table(n *html.Node) {
	b.endText()
	node := b.node(n, Table)
	outer, base := b.cur, b.base
	b.cur, b.base = node, len(b.inlines)
	b.children(n, visitTable)
	b.cur, b.base = outer, base
	markHeaders(node)
	b.add(node)
}

// visitTable handles the parts of a data table.
func visitTable(b *builder, n *html.Node) {
	switch n.DataAtom {
	case atom.Caption:
		b.leafNode(n, Paragraph, prose)
	case atom.Thead:
		from := len(b.cur.Children)
		b.children(n, visitTable)
		for _, row := range b.cur.Children[from:] {
			row.Header = row.Kind == Row
		}
	case atom.Tbody, atom.Tfoot:
		b.children(n, visitTable)
	case atom.Tr:
		b.row(n)
	}
}

// row builds one Row. Its cells are neighbours in the transcript, with a bar
// between them.
func (b *builder) row(n *html.Node) {
	row := b.node(n, Row)
	outer := b.cur
	b.cur = row
	b.w.begin()
	start := b.w.len()
	b.children(n, visitRow)
	b.cur = outer
	if b.w.len() > start && len(appendRuns(nil, row)) > 0 {
		b.cur.Children = append(b.cur.Children, row)
	}
}

// visitRow handles the cells of a row.
func visitRow(b *builder, n *html.Node) {
	if n.DataAtom != atom.Td && n.DataAtom != atom.Th {
		return
	}
	cell := b.node(n, Cell)
	cell.Header = n.DataAtom == atom.Th
	if len(b.cur.Children) > 0 {
		b.w.bar()
	}
	b.cur.Children = append(b.cur.Children, cell)
	base := b.base
	b.base, b.block = len(b.inlines), cell
	b.flat++
	b.children(n, visitFlow)
	b.flat--
	b.base, b.block = base, nil
}

// bar puts " | " between two cells.
func (w *transcript) bar() {
	if strings.HasSuffix(w.since(w.start), " ") {
		w.put("| ")
	} else {
		w.put(" | ")
	}
}

// markHeaders decides which rows are the header of a table: those of thead,
// or else the first if all its cells are th. A table that is all header has
// none but its first.
func markHeaders(table *Node) {
	headers, first := 0, (*Node)(nil)
	rows := 0
	for _, c := range table.Children {
		if c.Kind != Row {
			continue
		}
		if rows++; rows == 1 {
			first = c
		}
		if c.Header {
			headers++
		}
	}
	switch {
	case first == nil:
	case headers == 0:
		first.Header = allHeaders(first)
	case headers == rows || headers > maxHeaders:
		for _, c := range table.Children {
			c.Header = c == first
		}
	}
}

func allHeaders(row *Node) bool {
	for _, c := range row.Children {
		if !c.Header {
			return false
		}
	}
	return len(row.Children) > 0
}
