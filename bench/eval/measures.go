package eval

import (
	"math"

	"github.com/ragprune/ragprune/bench/eval/measure"
)

// Measure names a figure. All are shares or means from 0 to 1.
type Measure string

// The measures that need no threshold.
const (
	// AveragePrecision of the relevant sentences of a passage, mean over
	// passages of which some sentences are relevant and some not.
	AveragePrecision Measure = "average_precision"
	// Area under the curve of AnswerKept against CharactersRemoved.
	Area Measure = "area"
	// DocumentAUC is the probability that a positive passage scores above a
	// negative, over all queries of a set.
	DocumentAUC Measure = "document_auc"
	// DocumentMRR is the mean reciprocal rank of the positive passage of a
	// query among its negatives, and DocumentNDCG its nDCG at 10.
	DocumentMRR  Measure = "document_mrr"
	DocumentNDCG Measure = "document_ndcg_10"
	// DocumentECE and SentenceECE are the expected calibration errors, over
	// ten bins, of the scores of passages, positives and negatives weighing
	// the same, and of the sentences of positive passages.
	DocumentECE Measure = "document_ece"
	SentenceECE Measure = "sentence_ece"
)

// The measures at a threshold.
const (
	// AnswerKept is the share of positive passages whose answer is kept: an
	// answer that the passage holds, or, where it holds none literally, one
	// relevant sentence.
	AnswerKept Measure = "answer_kept"
	// RelevantKept is the share of them of which a relevant sentence is kept.
	RelevantKept Measure = "relevant_kept"
	// Emptied is the share of them of which nothing is kept.
	Emptied Measure = "emptied"
	// CharactersRemoved and TokensRemoved of the sentences of positives.
	CharactersRemoved Measure = "characters_removed"
	TokensRemoved     Measure = "tokens_removed"
	// NegativesRemoved is the share of characters of negatives.
	NegativesRemoved Measure = "negatives_removed"
	// Precision, Recall and F2 of the kept sentences of positives, counted over
	// the whole set.
	Precision Measure = "precision"
	Recall    Measure = "recall"
	F2        Measure = "f2"
)

// keptAt are the shares of removed characters at which AnswerKept is measured.
var keptAt = [...]struct {
	removed float64
	measure Measure
}{
	{0.3, "answer_kept_at_30"},
	{0.5, "answer_kept_at_50"},
	{0.6, "answer_kept_at_60"},
	{0.7, "answer_kept_at_70"},
	{0.8, "answer_kept_at_80"},
	{0.9, "answer_kept_at_90"},
}

// ranked are the measures without a threshold, in the order of tally.overall.
func ranked() []Measure {
	m := []Measure{AveragePrecision, Area, DocumentAUC, DocumentMRR, DocumentNDCG, DocumentECE, SentenceECE}
	for _, k := range keptAt {
		m = append(m, k.measure)
	}
	return m
}

// thresholded are the measures at a threshold, in the order of counts.figures.
func thresholded() []Measure {
	return []Measure{
		AnswerKept, RelevantKept, Emptied, CharactersRemoved, TokensRemoved, NegativesRemoved, Precision, Recall, F2,
	}
}

func (c *counts) figures() []float64 {
	precision, recall := 0.0, c.relevantKept/c.relevant
	if c.kept > 0 {
		precision = c.relevantKept / c.kept
	}
	return []float64{
		c.answers / c.rows, c.gold / c.rows, c.emptied / c.rows,
		1 - c.charactersKept/c.characters, 1 - c.tokensKept/c.tokens, 1 - c.negativeKept/c.negative,
		precision, recall, measure.F(2, precision, recall),
	}
}

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
