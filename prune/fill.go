package prune

import "cmp"

// Fill says which wishes a budget takes.
type Fill string

const (
	// FillGreedy takes the best score first.
	FillGreedy Fill = "greedy"
	// FillKnapsack takes the most score for each token first, which prefers
	// many short wishes to few long ones, and keeps the result if its scores
	// sum up to more than those of FillGreedy: the usual approximation of a
	// knapsack. What is never pruned still comes first, boilerplate last.
	FillKnapsack Fill = "knapsack"
)

// fit accepts wishes of all documents that fit into the budget together, with
// the structure that they need.
func (s *run) fit() {
	best := s.newBudget()
	less := best.fill(func(j *job) []wish { return j.wishes })
	if less && s.request.Fill == FillKnapsack {
		dense := best.denser()
		if dense.worth().compare(best.worth()) > 0 {
			best = dense
		}
	}
	best.settle()
}

func (s *run) newBudget() *budget {
	return &budget{run: s, jobs: s.results, limit: s.request.MaxTokens, needs: s.needs(), write: s.render, counter: s.counter, tries: maxTries}
}

// worth is what is accepted, by class: the scores, and the number of wishes that
// are never pruned, as these count whatever their score.
type worth [demoted + 1]float64

func (b *budget) worth() (w worth) {
	for i, own := range b.ranked {
		switch {
		case !b.accepted[i] || own.job.broken:
		case own.class == pinned:
			w[pinned]++
		default:
			w[own.class] += own.score
		}
	}
	return w
}

// compare compares class by class.
func (w worth) compare(o worth) int {
	for c := range w {
		if d := cmp.Compare(w[c], o[c]); d != 0 {
			return d
		}
	}
	return 0
}

// denser fills a budget with the same wishes, those first that have more score
// for each token. What was rendered and counted for b is known.
func (b *budget) denser() *budget {
	d := b.run.newBudget()
	d.marks, d.ranked, d.plans = b.marks, b.ranked, make(map[*job]*plan)
	for j, p := range b.plans {
		d.plans[j] = &plan{job: j, costs: p.costs, title: true}
	}
	d.order(d.byDensity)
	d.begin()
	d.takeAll()
	return d
}

// byDensity puts the wish first that has more score for each token of its text,
// in the order of classes.
func (b *budget) byDensity(x, y wish) int {
	return cmp.Or(cmp.Compare(x.class, y.class), cmp.Compare(b.density(y), b.density(x)), byWeight(x, y))
}

func (b *budget) density(w wish) float64 {
	tokens := 0
	for _, n := range b.plans[w.job].costs[w.first:w.last] {
		tokens += n
	}
	return w.score / float64(max(tokens, 1))
}
