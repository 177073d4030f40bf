package prune

import (
	"cmp"
	"math"
	"runtime"
	"slices"

	"github.com/ragprune/ragprune/htmlprune"
)

// budget accepts wishes of documents until a limit.
//
// The tokens of an output are not the sum of those of its units, and rendering
// for every wish would be too slow. So if not everything fits, wishes are first
// accepted by an estimate, then the outputs are rendered and counted, the worst
// wishes are given back until the count fits, and what is left over is filled
// up, wish by wish. The count decides; the estimate only saves work. What is
// demoted goes the same way after the rest has had its turn.
type budget struct {
	run  *run
	jobs []*job
	// limit is the number of tokens of all outputs together.
	limit int
	needs needs
	// write renders and counts what is kept of a document.
	write func(*job, *htmlprune.Selection) output
	// counter is that of write.
	counter Counter
	// tries bounds how often fillUp renders.
	tries int

	plans map[*job]*plan
	// ranked are the wishes of all documents, best first; accepted says which
	// of them are kept.
	ranked   []wish
	accepted []bool
	// marks is what a token of text costs with the marks around it, on the
	// average of everything wished for.
	marks float64
	// spent is the estimate of all accepted wishes.
	spent float64
}

// fill accepts what fits of the wishes of the jobs. It reports whether that is
// not all of them.
func (b *budget) fill(wishes func(*job) []wish) (less bool) {
	b.rank(wishes)
	b.acceptAll()
	b.measure()
	if b.over() <= 0 {
		return false
	}
	b.estimate()
	b.takeAll()
	return true
}

// takeAll accepts what fits, the demoted wishes last.
func (b *budget) takeAll() {
	b.take(false)
	if n := len(b.ranked); n > 0 && b.ranked[n-1].class == demoted {
		b.again()
		b.take(true)
	}
}

// take accepts what fits of the demoted wishes, or of the others.
func (b *budget) take(last bool) {
	b.accept(last)
	b.measure()
	b.giveBack()
	b.fillUp(last)
}

// rank makes a plan for every job that has text, and an order of all wishes.
func (b *budget) rank(wishes func(*job) []wish) {
	b.plans, b.marks = make(map[*job]*plan), 1
	for _, j := range b.jobs {
		if !j.broken && len(j.texts) > 0 {
			b.plans[j] = &plan{job: j}
			b.ranked = append(b.ranked, wishes(j)...)
		}
	}
	b.order(byWeight)
}

// order sorts the wishes, of which none is accepted.
func (b *budget) order(compare func(x, y wish) int) {
	b.ranked = slices.SortedStableFunc(slices.Values(b.ranked), compare)
	b.accepted = make([]bool, len(b.ranked))
	for i, w := range b.ranked {
		p := b.plans[w.job]
		p.ranks = append(p.ranks, i)
	}
}

// byWeight puts pinned wishes first and boilerplate last, then the better
// score, the better document, the earlier document and the earlier place.
func byWeight(a, b wish) int {
	return cmp.Or(
		cmp.Compare(a.class, b.class),
		cmp.Compare(b.score, a.score),
		cmp.Compare(b.job.score, a.job.score),
		cmp.Compare(a.job.index, b.job.index),
		cmp.Compare(a.first, b.first),
	)
}

// plan is what is accepted of one document.
type plan struct {
	job *job
	// ranks are the places of its wishes in budget.ranked.
	ranks []int
	// costs are the tokens of the units' texts.
	costs []int
	// selection holds the units accepted by the estimate.
	selection *htmlprune.Selection
	// title says whether the page's title comes along.
	title bool
	// stale says that output is not that of the accepted wishes.
	stale  bool
	output output
	chosen *htmlprune.Selection
}

// acceptAll takes every wish.
func (b *budget) acceptAll() {
	for i := range b.accepted {
		b.accepted[i] = true
	}
	for _, p := range b.plans {
		p.stale, p.title = true, true
	}
}

// accept takes every wish, best first, that fits by the estimate, of the
// demoted ones or of the others.
func (b *budget) accept(last bool) {
	limit := float64(b.limit)
	for i, w := range b.ranked {
		if w.job.broken || (w.class == demoted) != last {
			continue
		}
		p := b.plans[w.job]
		units := missing(p.selection, w)
		cost := b.cost(p, units)
		if p.selection.Len() == 0 {
			titles := b.cost(p, b.needs.titles(w.job))
			if p.title = b.spent+cost+titles <= limit; p.title {
				cost += titles
			}
		}
		if b.spent+cost > limit {
			continue
		}
		b.accepted[i] = true
		b.spent += cost
		p.stale = true
		for _, u := range units {
			p.selection.Add(u)
		}
	}
}

// again starts the estimate from what is accepted so far.
func (b *budget) again() {
	b.spent = float64(b.over() + b.limit)
	b.each(func(p *plan) { p.selection = b.needs.selectUnits(p.job, b.of(p), p.title) })
}

// estimate takes all wishes back, counts all units, and learns from the
// outputs of all wishes what the marks cost.
func (b *budget) estimate() {
	b.count()
	b.begin()
	texts, outputs := 0, 0
	for _, p := range b.plans {
		if !p.job.broken {
			texts += p.texts(p.chosen.Units())
			outputs += p.output.tokens
		}
	}
	b.marks = float64(outputs) / float64(max(texts, 1))
}

// begin starts with nothing accepted.
func (b *budget) begin() {
	clear(b.accepted)
	b.each(func(p *plan) {
		p.selection = b.needs.selectUnits(p.job, nil, false)
		p.stale = true
	})
}

// count counts all units.
func (b *budget) count() {
	b.each(func(p *plan) {
		p.costs = make([]int, len(p.job.texts))
		for u, text := range p.job.texts {
			p.costs[u] = b.counter.Count(text)
		}
	})
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

// cost estimates the tokens of units with the marks around them.
func (b *budget) cost(p *plan, units []int) float64 { return b.marks * float64(p.texts(units)) }

// texts sums the tokens of units.
func (p *plan) texts(units []int) int {
	sum := 0
	for _, u := range units {
		sum += p.costs[u]
	}
	return sum
}

// each calls do for every plan whose document is not broken, on all cores.
func (b *budget) each(do func(*plan)) {
	b.run.spread(b.jobs, runtime.GOMAXPROCS(0), func(j *job) {
		if p := b.plans[j]; p != nil {
			do(p)
		}
	})
}

// measure renders and counts the documents whose plan has changed.
func (b *budget) measure() {
	b.each(func(p *plan) {
		if p.stale {
			b.render(p)
		}
	})
}

func (b *budget) render(p *plan) {
	p.chosen = b.needs.selectUnits(p.job, b.of(p), p.title)
	p.output = b.write(p.job, p.chosen)
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
	for _, j := range b.jobs {
		if p := b.plans[j]; p != nil && !j.broken {
			total += p.output.tokens
		}
	}
	return total - b.limit
}

// giveBack drops the worst wishes until the outputs fit. Each round drops what
// the estimate says is too much, and at least twice as many wishes as the round
// before, so that the rounds are few.
func (b *budget) giveBack() {
	last := len(b.ranked)
	for least := 1; last > 0 && b.over() > 0; least *= 2 {
		over, freed := float64(b.over()), 0.0
		for n := 0; last > 0 && (n < least || freed < over); {
			last--
			if !b.accepted[last] {
				continue
			}
			w := b.ranked[last]
			p := b.plans[w.job]
			b.accepted[last], p.stale = false, true
			if w.job.broken {
				continue
			}
			for u := w.first; u < w.last; u++ {
				freed += b.cost(p, []int{u})
			}
			n++
		}
		b.measure()
	}
}

// maxTries is budget.tries of a request.
const maxTries = 64

// fillUp accepts more wishes, best first, as far as the outputs still fit, of
// the demoted ones or of the others.
func (b *budget) fillUp(last bool) {
	tries := 0
	for i, w := range b.ranked {
		left := -b.over()
		if left <= 0 || tries == b.tries {
			return
		}
		p := b.plans[w.job]
		// A text never takes less than its own tokens.
		if b.accepted[i] || w.job.broken || (w.class == demoted) != last || p.texts(missing(p.chosen, w)) > left {
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
	worst := math.Inf(1) // score that was relevant and accepted
	for i, w := range b.ranked {
		switch {
		case w.class == relevant && b.accepted[i]:
			worst = min(worst, w.score)
		case w.class == demoted && !b.accepted[i] && w.score > worst && !w.job.broken:
			w.hold()
		case w.class == pinned && !b.accepted[i]:
			w.job.warn("budget_pinned", "Not everything that is never pruned fits into max_tokens.")
		}
	}
}

func (j *job) warnBudget() {
	j.warn("budget", "Nothing of the document fits into max_tokens.")
}
