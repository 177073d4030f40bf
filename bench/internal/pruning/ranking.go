package pruning

import (
	"cmp"
	"math"
	"slices"

	"github.com/ragprune/ragprune/bench/internal/devset"
	"github.com/ragprune/ragprune/prune"
)

// RankSentences is the average precision of the labelled sentences. The score
// of a sentence is the mean of the units it overlaps, weighted by how much.
func RankSentences(r devset.Row, units []prune.UnitScore) float64 {
	scores, relevant := make([]float64, len(r.Sentences)), make([]bool, len(r.Sentences))
	for i, s := range r.Sentences {
		weight := 0.0
		for _, u := range units {
			w := float64(Span{s[0], s[1]}.Overlap([]Span{{u.Start, u.End}}))
			scores[i] += w * u.Score
			weight += w
		}
		if weight > 0 {
			scores[i] /= weight
		}
		relevant[i] = slices.Contains(r.Relevant, i)
	}
	return AveragePrecision(scores, relevant)
}

// AveragePrecision of relevant items ranked by score, equal scores in their
// order. NaN if all or none are relevant: then there is nothing to rank.
func AveragePrecision(scores []float64, relevant []bool) float64 {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	sum, hits := 0.0, 0
	for at, i := range order {
		if relevant[i] {
			hits++
			sum += float64(hits) / float64(at+1)
		}
	}
	if hits == 0 || hits == len(scores) {
		return math.NaN()
	}
	return sum / float64(hits)
}
