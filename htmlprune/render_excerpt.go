package htmlprune

import (
	"strings"
	"unicode"
)

// excerpt renders a text source as text: slices of it. Neighbouring units
// keep what stands between them; where units were left out stays the white
// space before the next one, at most one blank line. The marks of a block,
// such as a bullet or a code fence, come with the first and the last unit
// kept of it.
func (s *Selection) excerpt() string {
	e := excerpter{tree: s.tree, prev: -1}
	e.out.Grow(s.bytes())
	for u, kept := range s.kept {
		if kept {
			e.unit(u)
		}
	}
	if e.prev >= 0 {
		e.close(len(s.kept))
	}
	return e.out.String()
}

// bytes is about how many bytes of the source are kept.
func (s *Selection) bytes() int {
	size, last := 0, 0
	for u, kept := range s.kept {
		if p := s.tree.Units[u].Span; kept {
			size += p.End - p.Start + min(max(p.Start-last, 0), 2)
			last = p.End
		}
	}
	return size
}

// excerpter holds the state of one excerpt call.
type excerpter struct {
	tree *Tree
	out  strings.Builder
	prev int // the unit written last; -1 at first
}

// unit writes unit u with what goes before it.
func (e *excerpter) unit(u int) {
	unit := &e.tree.Units[u]
	switch {
	case u == 0:
		start := trimSpan(e.tree.Source, Span{0, unit.Span.Start}).Start
		e.write(start, unit.Span.Start)
	case e.prev == u-1:
		e.write(e.tree.Units[e.prev].Span.End, unit.Span.Start)
	case e.prev >= 0 && e.tree.Units[e.prev].Block == unit.Block:
		e.space(e.tree.Units[u-1].Span.End, unit.Span.Start, unit.Span.Start)
	default:
		e.close(u)
		first := e.first(u)
		lead := min(e.tree.leadStart(first), e.tree.Units[first].Span.Start)
		if e.prev >= 0 {
			e.space(e.tree.Units[e.prev].Span.End, min(e.parting(unit.Block), lead), lead)
		}
		e.write(lead, e.tree.Units[first].Span.Start)
	}
	e.write(unit.Span.Start, unit.Span.End)
	e.prev = u
}

// first is the first unit of u's block, which lies behind the unit written
// last.
func (e *excerpter) first(u int) int {
	block := e.tree.Units[u].Block
	for u > e.prev+1 && e.tree.Units[u-1].Block == block {
		u--
	}
	return u
}

// leadStart is where the marks before unit u, the first of its block, begin:
// those of the block and of the blocks that begin with it.
func (t *Tree) leadStart(u int) int {
	n := t.Units[u].Block
	start := n.Span.Start
	for n.Parent != nil && n.Parent.Kind != Document && n.Parent.Children[0] == n {
		n = n.Parent
		start = min(start, n.Span.Start)
	}
	return start
}

// close writes the marks that end the block of the unit written last, before
// unit next.
func (e *excerpter) close(next int) {
	if e.prev < 0 {
		return
	}
	block := e.tree.Units[e.prev].Block
	last := e.prev
	for last+1 < next && e.tree.Units[last+1].Block == block {
		last++
	}
	end := block.Span.End
	if last+1 == len(e.tree.Units) && !e.tree.Truncated {
		end = len(e.tree.Source)
	}
	trail := trimSpan(e.tree.Source, Span{e.tree.Units[last].Span.End, max(end, e.tree.Units[last].Span.End)})
	if trail.Start < trail.End {
		e.write(e.tree.Units[last].Span.End, trail.End)
	}
}

// parting is where the white space before a block ends that counts after the
// unit written last: before the largest block that holds it and not that
// unit, such as its list.
func (e *excerpter) parting(n *Node) int {
	prev := e.tree.Units[e.prev].Span.End
	for n.Parent != nil && n.Parent.Span.Start >= prev {
		n = n.Parent
	}
	return n.Span.Start
}

// space writes the white space that ends source[from:to], at most two line
// feeds of it, and behind a line feed the indentation that ends
// source[from:lead].
func (e *excerpter) space(from, to, lead int) {
	gap := e.tree.Source[from:to]
	gap = gap[len(strings.TrimRightFunc(gap, unicode.IsSpace)):]
	feeds := strings.Count(gap, "\n")
	if feeds == 0 {
		e.write(to-len(gap), to)
		return
	}
	e.out.WriteString("\n\n"[:min(feeds, 2)])
	line := e.tree.Source[from:lead]
	e.write(from+len(strings.TrimRight(line, " \t")), lead)
}

// write writes the visible characters of source[a:b].
func (e *excerpter) write(a, b int) {
	if a >= b {
		return
	}
	if s := e.tree.Source[a:b]; isPlain(s) {
		e.out.WriteString(s)
	} else {
		e.out.WriteString(visible(s))
	}
}

// isPlain reports whether s is printable ASCII, tabs and line feeds, so that
// every character of it is visible.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x7F || c < ' ' && c != '\n' && c != '\t' {
			return false
		}
	}
	return true
}
