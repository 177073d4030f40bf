package htmlprune

import (
	"slices"
	"strconv"
	"strings"
)

// maxSpan bounds the columns that one cell is taken to fill.
const maxSpan = 64

// gridCell is a place in a row of a table: a cell of the row, or a column
// that a cell of a row above fills by its rowspan.
type gridCell struct {
	cell  *Node // nil for a column filled from above
	width int   // columns
	rows  int   // kept rows that the cell reaches over, at least 1
	shown bool  // filled from above by a kept row
}

// spanning is a cell that reaches into rows to come.
type spanning struct {
	left  int // rows
	width int
	kept  bool
}

// grid lays out the rows of a table that have a kept unit. The rows left out
// count for the cells that reach over several rows, so that every cell stays
// in its column.
func (s *Selection) grid(table *Node) (rows []*Node, cells [][]gridCell) {
	all := make([]*Node, 0, len(table.Children))
	keeps := make([]int, 1, len(table.Children)+1) // kept rows before each row
	for _, c := range table.Children {
		if c.Kind == Row {
			n := 0
			if s.keepsAny(c) {
				n = 1
			}
			all = append(all, c)
			keeps = append(keeps, keeps[len(keeps)-1]+n)
		}
	}
	carry := map[int]spanning{}
	for i, row := range all {
		line := layRow(row, carry, keeps[i+1] > keeps[i], func(n int) int {
			return keeps[min(i+n, len(all))] - keeps[i]
		})
		if keeps[i+1] > keeps[i] {
			rows, cells = append(rows, row), append(cells, line)
		}
	}
	return rows, cells
}

// layRow lays out one row, taking carry into account and updating it. keptIn
// says how many of the next n rows, this one included, are kept.
func layRow(row *Node, carry map[int]spanning, kept bool, keptIn func(n int) int) []gridCell {
	var line []gridCell
	col := 0
	above := func() {
		for c, ok := carry[col]; ok; c, ok = carry[col] {
			line = append(line, gridCell{width: c.width, shown: c.kept})
			if c.left--; c.left <= 0 {
				delete(carry, col)
			} else {
				carry[col] = c
			}
			col += c.width
		}
	}
	for _, cell := range row.Children {
		above()
		width, height := spanOf(cell, "colspan", maxSpan), spanOf(cell, "rowspan", 1<<16)
		line = append(line, gridCell{cell: cell, width: width, rows: max(1, keptIn(height))})
		if height > 1 {
			defer func(col int) { carry[col] = spanning{left: height - 1, width: width, kept: kept} }(col)
		}
		col += width
	}
	above()
	return line
}

// spanOf reads a colspan or rowspan; 0, "to the end", counts as the largest.
func spanOf(cell *Node, name string, most int) int {
	v := attr(cell, name)
	if v == "" {
		return 1
	}
	n, err := strconv.Atoi(v)
	switch {
	case err != nil || n < 0:
		return 1
	case n == 0 && name == "colspan":
		return 1
	case n == 0 || n > most:
		return most
	}
	return n
}

// keepsAny reports whether a unit below n is kept.
func (s *Selection) keepsAny(n *Node) bool {
	if n.Kind == Run {
		return s.Has(n.Unit)
	}
	return slices.ContainsFunc(n.Children, s.keepsAny)
}

// table writes a table line by line. In Markdown it gets the header that the
// notation asks for, an empty one if the table has none.
func (w *flatWriter) table(n *Node) {
	w.sep(2)
	for _, c := range n.Children {
		if c.Kind != Row {
			w.node(c)
			w.sep(2)
		}
	}
	rows, cells := w.sel.grid(n)
	for i, row := range rows {
		w.sep(1)
		if w.md && i == 0 && !w.cell {
			width := 0
			for _, c := range cells[0] {
				width += c.width
			}
			if !row.Header {
				w.line(strings.Repeat("| ", width) + "|")
				w.line(strings.Repeat("|---", width) + "|")
				w.cells(cells[0])
				continue
			}
			w.cells(cells[0])
			w.sep(1)
			w.line(strings.Repeat("|---", width) + "|")
			continue
		}
		w.cells(cells[i])
	}
	w.sep(2)
}

// row writes a row that is in no table.
func (w *flatWriter) row(cells []*Node) {
	line := make([]gridCell, len(cells))
	for i, c := range cells {
		line[i] = gridCell{cell: c, width: 1}
	}
	if slices.ContainsFunc(cells, w.sel.keepsAny) {
		w.cells(line)
	}
}

// cells writes one row: its cells between pipes in Markdown, joined by pipes
// in text.
func (w *flatWriter) cells(line []gridCell) {
	if w.cell { // a table in a cell
		for _, c := range line {
			if c.cell != nil {
				w.children(c.cell)
				w.space = true
			}
		}
		return
	}
	w.start()
	w.cell = true
	if w.md {
		w.out.WriteByte('|')
	}
	for i, c := range line {
		if i > 0 && !w.md {
			w.out.WriteString(" |")
		}
		w.gap, w.space = 0, i > 0 || w.md
		if c.cell != nil {
			w.children(c.cell)
		}
		if w.gap, w.space = 0, false; w.md {
			w.out.WriteString(strings.Repeat(" |", c.width))
		}
	}
	w.cell = false
	w.gap = max(w.gap, 1)
}
