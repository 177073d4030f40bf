package pruning

import (
	"slices"

	"github.com/ragprune/ragprune/bench/eval/measure"
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
	return measure.AveragePrecision(scores, relevant)
}
