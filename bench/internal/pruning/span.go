package pruning

import "github.com/ragprune/ragprune/prune"

// Span is a half-open range of code points.
type Span struct{ Start, End int }

// Kept are the ranges that a result kept of its document.
func Kept(r prune.Result) []Span {
	spans := make([]Span, len(r.Kept))
	for i, k := range r.Kept {
		spans[i] = Span{k.Start, k.End}
	}
	return spans
}

// Overlap is the number of code points of s in spans, which do not overlap
// each other.
func (s Span) Overlap(spans []Span) int {
	n := 0
	for _, o := range spans {
		n += max(0, min(s.End, o.End)-max(s.Start, o.Start))
	}
	return n
}

// Covered reports whether at least half of s is in spans.
func (s Span) Covered(spans []Span) bool {
	return s.End > s.Start && 2*s.Overlap(spans) >= s.End-s.Start
}
