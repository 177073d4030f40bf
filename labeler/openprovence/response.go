package openprovence

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// Document is what is left of a text.
type Document struct {
	// PrunedContext is what is kept of the text, without the title.
	PrunedContext string
	// RerankingScore is the relevance of the text, 0 to 1; Logit is it before
	// the sigmoid, also where RerankingScore is 0 because nothing is kept.
	RerankingScore, Logit float64
	// CompressionRate is the share of the text's characters that is gone, in
	// percent.
	CompressionRate float64
	// Title is what was read in front of the text. Empty if nothing was.
	Title string
	// KeptSentences and RemovedSentences are the sentences, title included.
	KeptSentences, RemovedSentences []string
	// SentenceProbabilities are the scores of all sentences, title included.
	SentenceProbabilities []float64
}

// Response has the texts of each question.
type Response struct {
	Documents [][]Document
	shape     shape
	// metrics and texts say what of the sentences the JSON shows.
	metrics, texts bool
}

// decide keeps the sentences whose score exceeds the threshold.
func (p *pending) decide(r *Request, sums []sum, logit float64) {
	d := Document{Logit: logit, RerankingScore: sigmoid(logit), KeptSentences: []string{}, RemovedSentences: []string{}}
	relevant := false
	for _, s := range sums {
		d.SentenceProbabilities = append(d.SentenceProbabilities, s.mean())
		relevant = relevant || s.mean() > *r.Threshold
	}
	var kept strings.Builder
	for i, s := range p.sentences {
		if d.SentenceProbabilities[i] > *r.Threshold || relevant && i == p.keepTitle {
			d.KeptSentences = append(d.KeptSentences, s)
			if i >= p.prefix {
				kept.WriteString(s)
			}
		} else {
			d.RemovedSentences = append(d.RemovedSentences, s)
		}
	}
	d.PrunedContext = kept.String()
	before := length(p.text)
	d.CompressionRate = float64(before-length(d.PrunedContext)) / float64(max(before, 1)) * 100
	if isTrue(r.ZeroScoreWhenEmpty) && isBlank(d.PrunedContext) {
		d.RerankingScore = 0
	}
	d.Title = strings.Join(p.title, "")
	*p.into = d
}

// reorder sorts documents by score, the best first, and keeps the first k.
func reorder(documents []Document, k *int) []Document {
	slices.SortStableFunc(documents, func(a, b Document) int { return cmp.Compare(b.RerankingScore, a.RerankingScore) })
	if k == nil {
		return documents
	}
	return documents[:min(max(*k, 0), len(documents))]
}

// MarshalJSON writes the answer as process() nests it: one value, a list, or a
// list of lists for each field. ranking_logit is not among its fields.
func (r *Response) MarshalJSON() ([]byte, error) {
	fields := map[string]any{
		"pruned_context":   r.field(func(d Document) any { return d.PrunedContext }),
		"reranking_score":  r.field(func(d Document) any { return d.RerankingScore }),
		"ranking_logit":    r.field(func(d Document) any { return d.Logit }),
		"compression_rate": r.field(func(d Document) any { return d.CompressionRate }),
		"title":            r.field(func(d Document) any { return d.title() }),
	}
	if r.texts {
		fields["kept_sentences"] = r.field(func(d Document) any { return d.KeptSentences })
		fields["removed_sentences"] = r.field(func(d Document) any { return d.RemovedSentences })
	}
	if r.metrics {
		fields["sentence_probabilities"] = r.field(func(d Document) any { return d.SentenceProbabilities })
	}
	return json.Marshal(fields)
}

func (d Document) title() any {
	if d.Title == "" {
		return nil
	}
	return d.Title
}

func (r *Response) field(get func(Document) any) any {
	all := make([]any, len(r.Documents))
	for i, documents := range r.Documents {
		group := make([]any, len(documents))
		for k, d := range documents {
			group[k] = get(d)
		}
		all[i] = group
		if (r.shape == shapeText || r.shape == shapeAligned) && len(group) > 0 {
			all[i] = group[0]
		}
	}
	if r.shape == shapeText || r.shape == shapeList {
		return all[0]
	}
	return all
}
