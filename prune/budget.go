package prune

import (
	"cmp"
	"math"
	"runtime"
	"slices"

	"github.com/ragprune/ragprune/htmlprune"
)

// fit accepts the best wishes of all documents that fit into the budget
// together, with the structure that they need.
//
// The tokens of an output are not the sum of those of its units, and rendering
// for every wish would be too slow. So wishes are first accepted by an
// estimate, then the outputs are rendered and counted, the worst wishes are
// given back until the count fits, and what is left over is filled up, wish by
// wish. The count decides; the estimate only saves work.
func (s *run) fit() {
	b := &budget{run: s, plans: make(map[*job]*plan)}
	for _, j := range s.results {
		if !j.broken && len(j.texts) > 0 {
			b.plans[j] = &plan{job: j, costs: make([]int32, len(j.texts)), title: true, stale: true}
			b.ranked = append(b.ranked, j.wishes...)
		}
	}
	slices.SortStableFunc(b.ranked, byWeight)
	b.accepted = make([]bool, len(b.ranked))
	for i, w := range b.ranked {
		p := b.plans[w.job]
		p.ranks = append(p.ranks, i)
	}
	b.accept()
	b.measure()
	b.giveBack()
	b.fillUp()
	b.settle()
}

// byWeight puts pinned wishes first, then the better score, the better
// document, the earlier document and the earlier place.
func byWeight(a, b wish) int {
	return cmp.Or(
		cmp.Compare(a.class, b.class),
		cmp.Compare(b.score, a.score),
		cmp.Compare(b.job.score, a.job.score),
		cmp.Compare(a.job.index, b.job.index),
		cmp.Compare(a.first, b.first),
	)
}

// budget is the state of fit.
type budget struct {
	run   *run
	plans map[*job]*plan
	// ranked are the wishes of all documents, best first; accepted says which
	// of them are kept.
	ranked   []wish
	accepted []bool
	// spent is the estimate of all accepted wishes.
	spent int
}

// plan is what is accepted of one document.
type plan struct {
	job *job
	// ranks are the places of its wishes in budget.ranked.
	ranks []int
	// costs are the estimated tokens of units, plus 1; 0 is not known yet.
	costs []int32
	// selection holds the accepted units while they are estimated.
	selection *htmlprune.Selection
	// title says whether the page's title comes along.
	title bool
	// stale says that output is not that of the accepted wishes.
	stale  bool
	output output
	chosen *htmlprune.Selection
}

// accept takes every wish, best first, that fits by the estimate.
func (b *budget) accept() {
	for i, w := range b.ranked {
		p := b.plans[w.job]
		if p.selection == nil {
			p.selection = b.run.selectUnits(w.job, nil, false)
		}
		units := missing(p.selection, w)
		cost := b.cost(p, units)
		if p.selection.Len() == 0 {
			titles := b.cost(p, b.run.titles(w.job))
			if p.title = b.spent+cost+titles <= b.run.request.MaxTokens; p.title {
				cost += titles
			}
		}
		if b.spent+cost > b.run.request.MaxTokens {
			continue
		}
		b.spent += cost
		b.accepted[i], p.stale = true, true
		for _, u := range units {
			p.selection.Add(u)
		}
	}
}

// missing lists the units that w would add to sel.
func missing(sel *htmlprune.Selection, w wish) []int {
	if w.last-w.first == 1 {
		return sel.Missing(w.first)
	}
	var units []int
	for u := w.first; u < w.last; u++ {
		units = append(units, sel.Missing(u)...)
	}
	slices.Sort(units)
	return slices.Compact(units)
}

// cost estimates the tokens of units and of the marks around them.
func (b *budget) cost(p *plan, units []int) int {
	sum := 0
	for _, u := range units {
		if p.costs[u] == 0 {
			unit := &p.job.tree.Units[u]
			n := b.run.pruner.options.Counter.Count(unit.Text) + marks(unit.Kind)
			p.costs[u] = int32(min(n, math.MaxInt32-1)) + 1
		}
		sum += int(p.costs[u]) - 1
	}
	return sum
}

// marks is about what the notation of a unit costs in tokens.
func marks(k htmlprune.Kind) int {
	switch k {
	case htmlprune.Heading, htmlprune.Item, htmlprune.Quote:
		return 1
	case htmlprune.Row:
		return 2
	}
	return 0
}

// measure renders and counts the documents whose plan has changed.
func (b *budget) measure() {
	var stale []*job
	for _, j := range b.run.results {
		if p := b.plans[j]; p != nil && p.stale {
			stale = append(stale, j)
		}
	}
	b.run.spread(stale, runtime.GOMAXPROCS(0), func(j *job) { b.render(b.plans[j]) })
}

func (b *budget) render(p *plan) {
	p.chosen = b.run.selectUnits(p.job, b.of(p), p.title)
	p.output = b.run.render(p.job, p.chosen)
	p.stale = false
}

// of lists the accepted wishes of p.
func (b *budget) of(p *plan) []wish {
	var out []wish
	for _, i := range p.ranks {
		if b.accepted[i] {
			out = append(out, b.ranked[i])
		}
	}
	return out
}

// over is what the outputs take too much; negative is what is left.
func (b *budget) over() int {
	total := 0
	for _, j := range b.run.results {
		if p := b.plans[j]; p != nil && !j.broken {
			total += p.output.tokens
		}
	}
	return total - b.run.request.MaxTokens
}

// giveBack drops the worst wishes until the outputs fit. Each round drops what
// the estimate, corrected by what it was wrong in all, says is too much, and
// twice as many wishes as the round before at least, so that the rounds are
// few.
func (b *budget) giveBack() {
	last := len(b.ranked)
	for least := 1; last > 0 && b.over() > 0; least *= 2 {
		over := b.over()
		wrong := float64(over+b.run.request.MaxTokens) / float64(max(b.spent, 1))
		freed := 0.0
		for n := 0; last > 0 && (n < least || freed < float64(over)); {
			last--
			if !b.accepted[last] {
				continue
			}
			w := b.ranked[last]
			p := b.plans[w.job]
			b.accepted[last], p.stale = false, true
			for u := w.first; u < w.last; u++ {
				cost := b.cost(p, []int{u})
				freed += float64(cost) * wrong
				b.spent -= min(cost, b.spent)
			}
			n++
		}
		b.measure()
	}
}

// maxTries bounds how often fillUp renders.
const maxTries = 64

// fillUp accepts more wishes, best first, as far as the outputs still fit.
func (b *budget) fillUp() {
	tries := 0
	for i, w := range b.ranked {
		left := -b.over()
		if left <= 0 || tries == maxTries {
			return
		}
		p := b.plans[w.job]
		if b.accepted[i] || w.job.broken || b.cost(p, missing(p.chosen, w)) > left {
			continue
		}
		tries++
		before := *p
		b.accepted[i] = true
		b.run.guard(w.job, func(*job) { b.render(p) })
		if w.job.broken || b.over() > 0 {
			b.accepted[i] = false
			p.output, p.chosen = before.output, before.chosen
		}
	}
}

// settle hands the plans over to the jobs, and says what did not fit.
func (b *budget) settle() {
	for _, p := range b.plans {
		j := p.job
		if j.broken {
			continue
		}
		j.accepted, j.selection, j.output = b.of(p), p.chosen, p.output
		if len(j.wishes) > 0 && len(j.accepted) == 0 {
			j.warnBudget()
		}
	}
	for i, w := range b.ranked {
		if w.class == pinned && !b.accepted[i] {
			w.job.warn("budget_pinned", "Not everything that is never pruned fits into max_tokens.")
		}
	}
}

func (j *job) warnBudget() {
	j.warn("budget", "Nothing of the document fits into max_tokens.")
}
