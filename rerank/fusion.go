package rerank

import (
	"cmp"
	"slices"
)

// Fusion adds a cosine to the probability that a labeler gives: its logit, the
// cosine and a bias are summed up with weights fitted on development data.
type Fusion struct {
	// Logit and Cosine are the weights. Both are positive.
	Logit, Cosine float64
	// Bias is added.
	Bias float64
}

// Probability returns the fused probability, 0 to 1, of a unit that the labeler
// gives p and that is as near to the query as cosine says.
func (f Fusion) Probability(p, cosine float64) float64 {
	return Calibration{Scale: 1}.Probability(f.Logit*Logit(p) + f.Cosine*cosine + f.Bias)
}

// rankDamping is the constant k of reciprocal rank fusion.
const rankDamping = 60

// ReciprocalRanks joins rankings of the same units by reciprocal rank fusion:
// the sum of 1/(k + rank) with k = 60 (Cormack, Clarke and Buettcher 2009).
// Each ranking has a score per unit, the higher the better; equal scores share
// the best of their ranks. All rankings have the same length.
func ReciprocalRanks(rankings ...[]float64) []float64 {
	if len(rankings) == 0 {
		return nil
	}
	fused := make([]float64, len(rankings[0]))
	for _, scores := range rankings {
		order := Order(scores)
		place := 0
		for i, unit := range order {
			if i > 0 && scores[unit] != scores[order[i-1]] {
				place = i
			}
			fused[unit] += 1 / float64(rankDamping+1+place)
		}
	}
	return fused
}

// Shares turns scores into places: the share of all units that are not better
// than the unit, over 0 and up to 1. Units whose share exceeds T are all but the
// lowest share T of them.
func Shares(scores []float64) []float64 {
	sorted := slices.SortedFunc(slices.Values(scores), cmp.Compare[float64])
	shares := make([]float64, len(scores))
	for i, s := range scores {
		above, _ := slices.BinarySearchFunc(sorted, s, func(e, s float64) int {
			if cmp.Compare(e, s) <= 0 {
				return -1
			}
			return 1
		})
		shares[i] = float64(above) / float64(len(scores))
	}
	return shares
}
