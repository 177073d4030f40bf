package prune

import (
	"regexp"
	"slices"

	"github.com/ragprune/ragprune/htmlprune"
)

// The reasons of UnitScore.Why.
const (
	whyThreshold = "threshold"
	whyPinned    = "pinned"
	whyPattern   = "pattern"
	whyTitle     = "title"
	whyHeading   = "heading"
	whyStructure = "structure"
	whyAround    = "around"
	whyBlock     = "block"
	whyBest      = "best"
	whyOriginal  = "original"
	whyBelow     = "below_threshold"
	whyBudget    = "budget"
	// whyBoilerplate is that of a unit that is left out only because it is
	// boilerplate, or was not scored for that reason.
	whyBoilerplate = "boilerplate"
	// whyCoarse is that of a unit that the coarse step kept from the model.
	whyCoarse = "coarse"
	whyEmpty  = "empty"
)

// units explains j.
func (s *run) units(j *job) []UnitScore {
	out := make([]UnitScore, len(j.texts))
	if len(out) == 0 {
		return nil
	}
	spans := make([]htmlprune.Span, len(out))
	for i := range j.tree.Units {
		spans[i] = j.tree.Units[i].Span
	}
	spans = convert(j.tree.Source, spans, s.request.Offsets)
	for i, why := range s.explain(j) {
		u := &j.tree.Units[i]
		out[i] = UnitScore{
			Start: spans[i].Start, End: spans[i].End, Path: u.Block.Path, Kind: kindName(u.Kind),
			Text: u.Text, Score: float64(j.scores[i]), Kept: j.selection.Has(i), Why: why,
			Boilerplate: u.Boilerplate,
		}
	}
	return out
}

// kindName is a kind of unit on the wire.
func kindName(k htmlprune.Kind) string {
	switch k {
	case htmlprune.Heading:
		return "heading"
	case htmlprune.Item:
		return "item"
	case htmlprune.Row:
		return "row"
	case htmlprune.Code:
		return "code"
	case htmlprune.Title:
		return "title"
	case htmlprune.Quote:
		return "quote"
	}
	return "sentence"
}

// explain says for every unit of j what was decided and why.
func (s *run) explain(j *job) []string {
	why := make([]string, len(j.texts))
	for _, w := range j.accepted {
		for u := w.first; u < w.last; u++ {
			why[u] = s.whyUnit(j, w, u)
		}
	}
	wished := make([]bool, len(why))
	for _, w := range j.wishes {
		for u := w.first; u < w.last; u++ {
			wished[u] = true
		}
	}
	titles := s.needs().titles(j)
	for u := range why {
		switch kind := j.tree.Units[u].Kind; {
		case why[u] != "":
		case j.selection.Has(u) && kind == htmlprune.Title:
			why[u] = whyTitle
		case j.selection.Has(u) && kind == htmlprune.Heading:
			why[u] = whyHeading
		case j.selection.Has(u):
			why[u] = whyStructure
		case j.held != nil && j.held[u], j.unreadFor(isBoilerplate, u):
			why[u] = whyBoilerplate
		case j.unreadFor(isCoarse, u):
			why[u] = whyCoarse
		case wished[u] || slices.Contains(titles, u) && j.selection.Len() > 0:
			why[u] = whyBudget
		case slices.Contains(titles, u):
			why[u] = whyEmpty
		default:
			why[u] = whyBelow
		}
	}
	return why
}

// whyUnit is the reason of one unit of an accepted wish: that of the wish, if
// it is the unit's own, or that it shares a block with such a unit.
func (s *run) whyUnit(j *job, w wish, u int) string {
	if w.last-w.first == 1 {
		return w.why
	}
	own := true
	switch w.why {
	case whyThreshold:
		own = float64(j.scores[u]) > j.threshold
	case whyPinned:
		own = j.tree.Units[u].Pinned
	case whyPattern:
		own = slices.ContainsFunc(s.checked.patterns, func(p *regexp.Regexp) bool { return p.MatchString(j.texts[u]) })
	case whyBest:
		own = float64(j.scores[u]) == w.score
	}
	if own {
		return w.why
	}
	return whyBlock
}
