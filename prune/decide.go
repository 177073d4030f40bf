package prune

import (
	"cmp"
	"context"
	"regexp"
	"runtime"
	"slices"
	"time"

	"github.com/ragprune/ragprune/htmlprune"
)

// class says how much a wish weighs, the most important first.
type class uint8

const (
	pinned   class = iota // a selector or a pattern says so
	relevant              // the score exceeds the threshold
	around                // a neighbour of one of these
	spare                 // nothing is relevant, and something is asked for then
	demoted               // relevant, but boilerplate
)

// wish is a run of units that should be kept, as one.
type wish struct {
	job         *job
	first, last int // half-open
	class       class
	score       float64
	why         string
	// boilerplate says that all of its units are treated as such.
	boilerplate bool
}

// decide finds what every document should keep, and makes it fit.
func (s *run) decide(ctx context.Context) {
	until := matchUntil(ctx)
	s.choose()
	words := s.blockWords()
	s.spread(s.results, runtime.GOMAXPROCS(0), func(j *job) { s.wish(j, words, until) })
	if s.request.MaxTokens > 0 {
		s.fit()
	} else {
		s.spread(s.results, runtime.GOMAXPROCS(0), s.accept)
	}
	for _, j := range s.results {
		s.tellLeftOut(j)
	}
}

// wish finds what j should keep, in blocks of so many words.
func (s *run) wish(j *job, words int, until time.Time) {
	if len(j.texts) > 0 {
		j.wishes = s.wishes(j, words, until)
	}
}

// accept keeps all that j should keep.
func (s *run) accept(j *job) {
	j.accepted = j.wishes
	j.selection = s.needs().selectUnits(j, j.accepted, true)
}

// tellLeftOut warns of what j does not keep only for what it is, or because no
// model read it.
func (s *run) tellLeftOut(j *job) {
	if j.broken || j.selection == nil {
		return
	}
	j.tellCoarse()
	j.tellBoilerplate()
}

// shortestMatch is the time that patterns get when the request has none left.
const shortestMatch = time.Second

// wishes lists what j should keep, in blocks of so many words, in document order
// within each class.
func (s *run) wishes(j *job, words int, until time.Time) []wish {
	groups := s.groups(j, words)
	if j.untouched {
		return original(groups)
	}
	all := groups
	if s.boilerplate() == BoilerplateDrop {
		groups = slices.DeleteFunc(slices.Clone(all), func(g wish) bool { return g.boilerplate })
	}
	var out []wish
	kept := make([]bool, len(groups))
	for i, g := range groups {
		if kept[i] = s.judge(&g, until); kept[i] {
			out = append(out, g)
		}
	}
	if len(out) > 0 {
		return append(out, neighbours(groups, kept, s.request.Keep.Around)...)
	}
	switch s.request.OnEmpty {
	case OnEmptyBest:
		if len(groups) == 0 {
			return nil
		}
		best := slices.MaxFunc(groups, func(a, b wish) int { return cmp.Compare(a.score, b.score) })
		best.class, best.why = spare, whyBest
		return []wish{best}
	case OnEmptyOriginal:
		return original(all)
	}
	return nil
}

// groups cuts j into what is kept or dropped together: units, or blocks of so
// many words. A group has the score of its best unit.
func (s *run) groups(j *job, words int) []wish {
	groups := s.cut(j, words)
	for i := range groups {
		g := &groups[i]
		for _, score := range j.scores[g.first:g.last] {
			g.score = max(g.score, float64(score))
		}
	}
	return groups
}

// cut cuts j into units, or into blocks of so many words, in which boilerplate
// is apart.
func (s *run) cut(j *job, words int) []wish {
	var groups []wish
	if words <= 0 {
		groups = make([]wish, len(j.texts))
		for i := range groups {
			groups[i] = wish{job: j, first: i, last: i + 1, boilerplate: s.demotes(j, i)}
		}
		return groups
	}
	for _, b := range j.tree.Blocks(words) {
		groups = append(groups, s.homogeneous(wish{job: j, first: b.First, last: b.Last})...)
	}
	return groups
}

// original wishes for every group.
func original(groups []wish) []wish {
	for i := range groups {
		groups[i].class, groups[i].why = spare, whyOriginal
	}
	return groups
}

// judge reports whether g is to be kept for its own sake, and sets why.
func (s *run) judge(g *wish, until time.Time) bool {
	units := g.job.tree.Units[g.first:g.last]
	switch {
	case slices.ContainsFunc(units, func(u htmlprune.Unit) bool { return u.Pinned }):
		g.class, g.why = pinned, whyPinned
	case slices.ContainsFunc(units, func(u htmlprune.Unit) bool { return s.matches(g.job, u.Text, until) }):
		g.class, g.why = pinned, whyPattern
	case g.score > s.limit(g):
		g.class, g.why = relevant, whyThreshold
		if g.boilerplate {
			g.class = demoted
		}
	case g.score > g.job.threshold:
		g.hold()
		return false
	default:
		return false
	}
	return true
}

// matches reports whether one of the patterns matches text. When the time is
// over it says yes: what might be protected is kept.
func (s *run) matches(j *job, text string, until time.Time) bool {
	return slices.ContainsFunc(s.checked.patterns, func(p *regexp.Regexp) bool {
		if time.Now().After(until) {
			j.warn("pattern_time", "There was no time to match all patterns; what was not compared is kept.")
			return true
		}
		return p.MatchString(text)
	})
}

// neighbours lists the groups that are not kept but at most n groups away from
// a kept one, ranked by the better of the nearest kept groups on either side.
func neighbours(groups []wish, kept []bool, n int) []wish {
	near := make([]bool, len(groups))
	scores := make([]float64, len(groups))
	from := -1 // the nearest kept group on the side the sweep comes from
	sweep := func(i int) {
		switch {
		case kept[i]:
			from = i
		case from >= 0 && max(i-from, from-i) <= n:
			near[i], scores[i] = true, max(scores[i], groups[from].score)
		}
	}
	for i := range groups {
		sweep(i)
	}
	from = -1
	for i := range slices.Backward(groups) {
		sweep(i)
	}
	var out []wish
	for i, g := range groups {
		if near[i] && !g.boilerplate {
			g.class, g.why, g.score = around, whyAround, scores[i]
			out = append(out, g)
		}
	}
	return out
}

// needs says what comes along with kept units, beside what they require.
type needs struct{ title, headings bool }

// needs is what the request wants to come along.
func (s *run) needs() needs {
	return needs{title: isTrue(s.request.Keep.Title), headings: isTrue(s.request.Keep.Headings)}
}

// selectUnits closes the accepted wishes over the structure that they need.
func (n needs) selectUnits(j *job, accepted []wish, title bool) *htmlprune.Selection {
	sel := j.tree.NewSelection(n.headings)
	for _, w := range accepted {
		for u := w.first; u < w.last; u++ {
			sel.Add(u)
		}
	}
	if title && sel.Len() > 0 {
		for _, u := range n.titles(j) {
			sel.Add(u)
		}
	}
	return sel
}

// titles are the units of the page's own title, if that is to be kept.
func (n needs) titles(j *job) []int {
	if !n.title {
		return nil
	}
	return j.titles
}

// isTrue reads a switch that is on when it is not set.
func isTrue(b *bool) bool { return b == nil || *b }
