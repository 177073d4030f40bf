package measure

import (
	"cmp"
	"math"
	"slices"
)

// Case is something that was scored, and what it is.
type Case struct {
	Score    float64
	Positive bool
	// Unit is the index of its weight.
	Unit int
}

// Sort puts cases into ascending order of score, as AUC needs them.
func Sort(cases []Case) {
	slices.SortStableFunc(cases, func(a, b Case) int { return cmp.Compare(a.Score, b.Score) })
}

// weight of unit i; no weights mean that each counts once.
func weight(weights []float64, i int) float64 {
	if weights == nil {
		return 1
	}
	return weights[i]
}

// AUC is the probability that a positive scores above a negative; a tie counts
// half. Cases must be sorted. NaN without one of both.
func AUC(cases []Case, weights []float64) float64 {
	var wins, positives, negatives float64
	for i := 0; i < len(cases); {
		var up, down float64 // of this run of equal scores
		for score := cases[i].Score; i < len(cases) && cases[i].Score == score; i++ {
			if w := weight(weights, cases[i].Unit); cases[i].Positive {
				up += w
			} else {
				down += w
			}
		}
		wins += up * (negatives + down/2)
		positives += up
		negatives += down
	}
	if positives == 0 || negatives == 0 {
		return math.NaN()
	}
	return wins / (positives * negatives)
}

// Bin is what is known of the cases whose score lies in one of several equal
// parts of the range from 0 to 1.
type Bin struct {
	// Weight is the share of all cases, 0 to 1.
	Weight float64 `json:"weight"`
	// Score is their mean score.
	Score float64 `json:"score"`
	// Positive is the share of them that is positive.
	Positive float64 `json:"positive"`
}

// Reliability sorts cases with scores from 0 to 1 into n bins of equal width.
// If balanced, positives and negatives weigh the same together, however many
// there are. A bin without cases is zero; so are all if one class is missing
// where balance is asked for.
func Reliability(cases []Case, weights []float64, n int, balanced bool) []Bin {
	up, down := classWeights(cases, weights, balanced)
	bins := make([]Bin, n)
	for _, c := range cases {
		w := weight(weights, c.Unit)
		b := &bins[min(max(int(c.Score*float64(n)), 0), n-1)]
		if c.Positive {
			w *= up
			b.Positive += w
		} else {
			w *= down
		}
		b.Weight += w
		b.Score += w * c.Score
	}
	for i := range bins {
		if b := &bins[i]; b.Weight > 0 {
			b.Score /= b.Weight
			b.Positive /= b.Weight
		}
	}
	return bins
}

// classWeights are the factors by which positives and negatives count, so that
// all weights add up to 1.
func classWeights(cases []Case, weights []float64, balanced bool) (up, down float64) {
	var positives, negatives float64
	for _, c := range cases {
		if w := weight(weights, c.Unit); c.Positive {
			positives += w
		} else {
			negatives += w
		}
	}
	switch {
	case !balanced && positives+negatives > 0:
		all := 1 / (positives + negatives)
		return all, all
	case balanced && positives > 0 && negatives > 0:
		return 1 / (2 * positives), 1 / (2 * negatives)
	}
	return 0, 0
}

// CalibrationError is the expected calibration error (ECE; Guo et al. 2017):
// the mean distance of score and share of positives over bins. NaN if they are
// empty.
func CalibrationError(bins []Bin) float64 {
	sum, all := 0.0, 0.0
	for _, b := range bins {
		sum += b.Weight * math.Abs(b.Score-b.Positive)
		all += b.Weight
	}
	if all == 0 {
		return math.NaN()
	}
	return sum / all
}
