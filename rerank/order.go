package rerank

import (
	"cmp"
	"math"
	"slices"
)

// Order returns the indices of scores, best first. Equal scores keep their
// order, and NaN comes last.
func Order(scores []float64) []int {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(rank(scores[b]), rank(scores[a]))
	})
	return order
}

// TopN returns the indices of the n best scores, best first; all of them if n
// is 0 or less, or larger than their number.
func TopN(scores []float64, n int) []int {
	order := Order(scores)
	if n > 0 && n < len(order) {
		order = order[:n]
	}
	return order
}

// rank is score with NaN below everything.
func rank(score float64) float64 {
	if math.IsNaN(score) {
		return math.Inf(-1)
	}
	return score
}
