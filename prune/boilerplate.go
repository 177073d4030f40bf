package prune

import (
	"context"
	"fmt"
	"time"
)

// Boilerplate says what becomes of what a page says around its content: its
// navigation, footer, cookie banner, share bar and related links. It concerns
// HTML documents. What a selector or pattern pins is never treated as such.
type Boilerplate string

const (
	// BoilerplateDemote prunes it first. In a budget it comes after everything
	// else that is wanted; without one its score must also exceed the preset
	// "aggressive" of the scorer. A threshold of 0 asks for everything and
	// demotes nothing.
	BoilerplateDemote Boilerplate = "demote"
	// BoilerplateKeep treats it like the rest.
	BoilerplateKeep Boilerplate = "keep"
	// BoilerplateDrop neither scores nor returns it, unless OnEmptyOriginal or
	// a fault returns the whole document, or a kept unit requires it.
	BoilerplateDrop Boilerplate = "drop"
)

// strictPreset is the one whose threshold demoted units must exceed.
const strictPreset = "aggressive"

// boilerplate is what the request asks for.
func (s *run) boilerplate() Boilerplate {
	if s.request.Boilerplate == "" {
		return BoilerplateDemote
	}
	return s.request.Boilerplate
}

// dropBoilerplate leaves out of j.scored what is not to be scored.
func (s *run) dropBoilerplate(ctx context.Context, j *job) {
	until := matchUntil(ctx)
	j.leave(func(unit int) reason {
		if u := &j.tree.Units[unit]; u.Boilerplate && !u.Pinned && !s.matches(j, u.Text, until) {
			return isBoilerplate
		}
		return isRead
	})
}

// unitScores gives the scores of j.scored to the units; what no model reads has
// none, which is 0.
func (j *job) unitScores(scores []float32) []float32 {
	if j.unread == nil || len(scores) != len(j.scored) {
		return scores // of all units, or of a document that failed
	}
	out := make([]float32, len(j.texts))
	for u := range out {
		if j.reads(u) {
			out[u], scores = scores[0], scores[1:]
		}
	}
	return out
}

// demotes reports whether a unit is to be treated as boilerplate.
func (s *run) demotes(j *job, unit int) bool {
	switch s.boilerplate() {
	case BoilerplateKeep:
		return false
	case BoilerplateDrop:
		return j.unreadFor(isBoilerplate, unit)
	}
	u := &j.tree.Units[unit]
	return u.Boilerplate && !u.Pinned
}

// homogeneous cuts a group where boilerplate begins or ends.
func (s *run) homogeneous(g wish) []wish {
	var out []wish
	for u := g.first; u < g.last; u++ {
		is := s.demotes(g.job, u)
		if n := len(out); n > 0 && out[n-1].boilerplate == is {
			out[n-1].last = u + 1
		} else {
			out = append(out, wish{job: g.job, first: u, last: u + 1, boilerplate: is})
		}
	}
	return out
}

// limit is what the score of g must exceed.
func (s *run) limit(g *wish) float64 {
	t := g.job.threshold
	if !g.boilerplate || s.request.MaxTokens > 0 || t == 0 {
		return t
	}
	return max(t, s.pruner.Presets(g.job.used)[strictPreset])
}

// hold notes that g would be wanted if it were not boilerplate.
func (g *wish) hold() {
	j := g.job
	if j.held == nil {
		j.held = make([]bool, len(j.texts))
	}
	for u := g.first; u < g.last; u++ {
		j.held[u] = float64(j.scores[u]) > j.threshold
	}
}

// tellBoilerplate warns of what is not returned because it is boilerplate.
func (j *job) tellBoilerplate() {
	if n := j.leftOut(func(u int) bool { return j.held != nil && j.held[u] }); n > 0 {
		j.warn("boilerplate_demoted", fmt.Sprintf("Units left out only because they are boilerplate of the page: %d.", n))
	}
	if n := j.leftOut(func(u int) bool { return j.unreadFor(isBoilerplate, u) }); n > 0 {
		j.warn("boilerplate_dropped", fmt.Sprintf("Units neither scored nor returned because they are boilerplate of the page: %d.", n))
	}
}

// leftOut counts the units that are not returned and that marked says yes to.
func (j *job) leftOut(marked func(unit int) bool) int {
	n := 0
	for u := range j.texts {
		if marked(u) && !j.selection.Has(u) {
			n++
		}
	}
	return n
}

// matchUntil is how long patterns may be matched.
func matchUntil(ctx context.Context) time.Time {
	until := time.Now().Add(shortestMatch)
	if end, ok := ctx.Deadline(); ok && end.After(until) {
		until = end
	}
	return until
}
