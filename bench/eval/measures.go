package eval

import "github.com/ragprune/ragprune/bench/eval/measure"

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
