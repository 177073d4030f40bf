package measure

import (
	"cmp"
	"math"
	"slices"
)

// tie is a run of equal scores in a ranking: total items, relevant of them,
// after before items of which hits were relevant.
type tie struct{ before, hits, total, relevant int }

// ties cuts a ranking, best first, into runs of equal scores.
func ties(scores []float64, relevant []bool) []tie {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	var out []tie
	hits := 0
	for i := 0; i < len(order); {
		t := tie{before: i, hits: hits}
		for ; i < len(order) && scores[order[i]] == scores[order[t.before]]; i++ {
			t.total++
			if relevant[order[i]] {
				t.relevant++
			}
		}
		hits += t.relevant
		out = append(out, t)
	}
	return out
}

// AveragePrecision is the mean, over the relevant items, of the share of
// relevant items among those that rank as high or higher. NaN if all or none
// are relevant: then there is nothing to rank.
func AveragePrecision(scores []float64, relevant []bool) float64 {
	all := count(relevant)
	if all == 0 || all == len(relevant) {
		return math.NaN()
	}
	sum := 0.0
	for _, t := range ties(scores, relevant) {
		if t.relevant == 0 {
			continue
		}
		// An item of the run is relevant with probability share; given that,
		// each other item of the run is with probability others.
		share := float64(t.relevant) / float64(t.total)
		others := float64(t.relevant-1) / float64(max(t.total-1, 1))
		for i := range t.total {
			expected := float64(t.hits) + 1 + float64(i)*others
			sum += share * expected / float64(t.before+i+1)
		}
	}
	return sum / float64(all)
}

// ReciprocalRank is 1/r for the rank r of the first relevant item. NaN if all
// or none are relevant.
func ReciprocalRank(scores []float64, relevant []bool) float64 {
	all := count(relevant)
	if all == 0 || all == len(relevant) {
		return math.NaN()
	}
	for _, t := range ties(scores, relevant) {
		if t.relevant == 0 {
			continue
		}
		// none is the probability that no item before place i is relevant.
		sum, none := 0.0, 1.0
		for i := range t.total {
			left := float64(t.total - i)
			first := none * min(float64(t.relevant)/left, 1)
			sum += first / float64(t.before+i+1)
			none -= first
		}
		return sum
	}
	return math.NaN()
}

// NDCG is the normalised discounted cumulative gain of the first k items,
// with gain 1 for a relevant one. NaN if all or none are relevant.
func NDCG(scores []float64, relevant []bool, k int) float64 {
	all := count(relevant)
	if all == 0 || all == len(relevant) {
		return math.NaN()
	}
	gain, best := 0.0, 0.0
	for _, t := range ties(scores, relevant) {
		for i := t.before; i < min(t.before+t.total, k); i++ {
			gain += float64(t.relevant) / float64(t.total) / math.Log2(float64(i+2))
		}
	}
	for i := range min(all, k) {
		best += 1 / math.Log2(float64(i+2))
	}
	return gain / best
}

func count(relevant []bool) int {
	n := 0
	for _, r := range relevant {
		if r {
			n++
		}
	}
	return n
}
