package eval

import (
	"math"

	"github.com/ragprune/ragprune/bench/eval/measure"
)

// bins of a reliability diagram.
const bins = 10

// tally is what one system made of one set, ready to be weighed.
type tally struct {
	info              Info
	settings          []Setting
	counts            [][]counts // by setting, query
	precision         []float64  // average precision, by query
	reciprocal, gains []float64  // of the ranking of passages, by query
	curve             *measure.Curve
	documents         []measure.Case // sorted
	sentences         []measure.Case
	missing           int // positive passages without scores
}

func newTally(l *labels, scores [][]Scores, info Info, settings []Setting) *tally {
	n := len(l.rows)
	t := &tally{
		info: info, settings: settings, counts: make([][]counts, len(settings)),
		precision: make([]float64, n), reciprocal: make([]float64, n), gains: make([]float64, n),
	}
	pruned := make([]measure.Pruned, n)
	for i := range l.rows {
		row := &l.rows[i]
		pruned[i] = t.sentence(i, row, scores[i][0].Sentences)
		t.document(i, row, scores[i])
	}
	for s, setting := range settings {
		t.counts[s] = make([]counts, n)
		for i := range l.rows {
			t.counts[s][i] = l.rows[i].count(scores[i], setting.Threshold)
		}
	}
	t.curve = measure.NewCurve(pruned)
	measure.Sort(t.documents)
	return t
}

// sentence reads the scores of the own passage of query i.
func (t *tally) sentence(i int, row *labelled, scores []float32) measure.Pruned {
	t.precision[i] = math.NaN()
	if !row.positive() {
		return measure.Pruned{}
	}
	if len(scores) == 0 {
		t.missing++
		return measure.Pruned{}
	}
	values := make([]float64, len(scores))
	for s, v := range scores {
		values[s] = float64(v)
		t.sentences = append(t.sentences, measure.Case{Score: values[s], Positive: row.relevant[s], Unit: i})
	}
	t.precision[i] = measure.AveragePrecision(values, row.relevant)
	return measure.Pruned{Scores: scores, Sizes: row.characters[0], Level: row.level(scores)}
}

// document reads the scores of the passages of query i.
func (t *tally) document(i int, row *labelled, scores []Scores) {
	var values []float64
	var positive []bool
	for p, s := range scores {
		if math.IsNaN(s.Passage) {
			continue
		}
		values, positive = append(values, s.Passage), append(positive, p == 0 && row.positive())
		t.documents = append(t.documents, measure.Case{Score: s.Passage, Positive: positive[len(positive)-1], Unit: i})
	}
	t.reciprocal[i] = measure.ReciprocalRank(values, positive)
	t.gains[i] = measure.NDCG(values, positive, 10)
}

// statistics are all figures with the queries weighed: first those of ranked,
// then those of thresholded for every setting.
func (t *tally) statistics(weights []float64) []float64 {
	removed := make([]float64, len(keptAt))
	for i, k := range keptAt {
		removed[i] = k.removed
	}
	kept, area := t.curve.At(removed, weights)
	documents, sentences := math.NaN(), math.NaN()
	if t.info.Probability {
		documents = measure.CalibrationError(measure.Reliability(t.documents, weights, bins, true))
		sentences = measure.CalibrationError(measure.Reliability(t.sentences, weights, bins, false))
	}
	out := append([]float64{
		weightedMean(t.precision, weights), area,
		measure.AUC(t.documents, weights), weightedMean(t.reciprocal, weights), weightedMean(t.gains, weights),
		documents, sentences,
	}, kept...)
	for s := range t.settings {
		out = append(out, sum(t.counts[s], weights).figures()...)
	}
	return out
}

// sum adds the counts of all queries; no weights mean that each counts once.
func sum(queries []counts, weights []float64) *counts {
	var c counts
	for i := range queries {
		switch {
		case weights == nil:
			c.add(1, &queries[i])
		case weights[i] != 0:
			c.add(weights[i], &queries[i])
		}
	}
	return &c
}

// weightedMean leaves out what is NaN.
func weightedMean(values, weights []float64) float64 {
	total, all := 0.0, 0.0
	for i, v := range values {
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		if !math.IsNaN(v) {
			total += w * v
			all += w
		}
	}
	return total / all // NaN without values
}
