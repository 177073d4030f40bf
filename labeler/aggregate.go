package labeler

import (
	"cmp"
	"math"
	"slices"

	"github.com/ragprune/ragprune/models"
)

// Aggregate gives the score of a unit from the keep probabilities of its
// tokens, so that for every threshold T the rule keeps the unit exactly if
// score > T. It may reorder probs. No tokens score 0.
//
// For Mean the score is the mean. For Majority more than half of the tokens
// exceed T exactly if the value at rank floor(n/2) from the top does. For Ratio
// the share of tokens above T falls while T rises, so they cross once, and the
// score is where: like an h-index.
func Aggregate(rule models.Aggregation, probs []float32) float32 {
	if len(probs) == 0 {
		return 0
	}
	switch rule {
	case models.Majority:
		sortDescending(probs)
		return probs[len(probs)/2]
	case models.Ratio:
		sortDescending(probs)
		return crossing(probs)
	default:
		var sum float64
		for _, p := range probs {
			sum += float64(p)
		}
		return float32(sum / float64(len(probs)))
	}
}

func sortDescending(probs []float32) {
	slices.SortFunc(probs, func(a, b float32) int { return cmp.Compare(b, a) })
}

// crossing is the least upper bound of the T with share(p > T) > T. On
// [probs[k], probs[k-1]) the share is k/n, so the bound there is the smaller of
// k/n and the right end.
func crossing(probs []float32) float32 {
	best, n := float32(0), float32(len(probs))
	for k := 1; k <= len(probs); k++ {
		best = max(best, min(float32(k)/n, probs[k-1]))
	}
	return best
}

// sigmoid maps a logit to a probability.
func sigmoid(x float32) float32 {
	return float32(1 / (1 + math.Exp(-float64(x))))
}
