package htmlprune

import "slices"

// Selection is a set of units to keep. It is closed: with a unit come the
// units that it Requires, and the headings above it when asked for. A
// Selection is not safe for concurrent use; different Selections of one Tree
// are.
type Selection struct {
	tree     *Tree
	headings bool
	kept     []bool
	size     int
	// seen[u] == round marks the units that the current walk has met.
	seen  []uint32
	round uint32
}

// Piece is a kept stretch of the source.
type Piece struct {
	// Span is the range in Tree.Source.
	Span Span
	// Path is the DOM path of the block that holds it; empty for text sources.
	Path string
}

// NewSelection returns an empty selection of t's units. With headings set,
// adding a unit adds the headings above it.
func (t *Tree) NewSelection(headings bool) *Selection {
	return &Selection{
		tree: t, headings: headings,
		kept: make([]bool, len(t.Units)), seen: make([]uint32, len(t.Units)),
	}
}

// Add keeps unit and what it needs, and returns the units that were not kept
// before, ascending. An index that is not a unit's adds nothing.
func (s *Selection) Add(unit int) (added []int) {
	added = s.Missing(unit)
	for _, u := range added {
		s.kept[u] = true
	}
	s.size += len(added)
	return added
}

// Missing returns what Add would add, without adding it.
func (s *Selection) Missing(unit int) []int {
	if unit < 0 || unit >= len(s.kept) || s.kept[unit] {
		return nil
	}
	s.round++
	s.seen[unit] = s.round
	missing := []int{unit}
	for i := 0; i < len(missing); i++ {
		u := &s.tree.Units[missing[i]]
		missing = s.need(missing, u.Requires)
		if s.headings {
			missing = s.need(missing, u.Headings)
		}
	}
	slices.Sort(missing)
	return missing
}

// need appends those of units that are neither kept nor met before.
func (s *Selection) need(missing, units []int) []int {
	for _, u := range units {
		if u >= 0 && u < len(s.kept) && !s.kept[u] && s.seen[u] != s.round {
			s.seen[u] = s.round
			missing = append(missing, u)
		}
	}
	return missing
}

// Has reports whether unit is kept.
func (s *Selection) Has(unit int) bool {
	return unit >= 0 && unit < len(s.kept) && s.kept[unit]
}

// Len is the number of kept units.
func (s *Selection) Len() int { return s.size }

// Clone returns an independent copy.
func (s *Selection) Clone() *Selection {
	c := *s
	c.kept = slices.Clone(s.kept)
	c.seen = make([]uint32, len(s.seen))
	c.round = 0
	return &c
}

// Units returns the kept units, ascending.
func (s *Selection) Units() []int {
	units := make([]int, 0, s.size)
	for u, kept := range s.kept {
		if kept {
			units = append(units, u)
		}
	}
	return units
}

// Kept returns the kept stretches of the source, ascending: adjacent kept
// units of one block are one Piece. In a text source the piece takes in the
// marks of its block, such as "## " or a code fence, that border on it.
func (s *Selection) Kept() []Piece {
	var pieces []Piece
	last := -2
	for u, kept := range s.kept {
		if !kept {
			continue
		}
		unit := &s.tree.Units[u]
		span := s.tree.marked(u)
		if last == u-1 && s.tree.Units[last].Block == unit.Block {
			pieces[len(pieces)-1].Span.End = span.End
		} else {
			pieces = append(pieces, Piece{Span: span, Path: unit.Block.Path})
		}
		last = u
	}
	return pieces
}

// marked is the span of unit u, widened in a text source by the marks of its
// block before its first and behind its last unit.
func (t *Tree) marked(u int) Span {
	unit := &t.Units[u]
	span := unit.Span
	if t.Format != Text || unit.Block == nil {
		return span
	}
	if u == 0 || t.Units[u-1].Block != unit.Block {
		span.Start = min(span.Start, t.leadStart(u))
	}
	if u+1 == len(t.Units) || t.Units[u+1].Block != unit.Block {
		if end := unit.Block.Span.End; u+1 == len(t.Units) || end <= t.Units[u+1].Span.Start {
			span.End = max(span.End, end)
		}
	}
	return span
}
