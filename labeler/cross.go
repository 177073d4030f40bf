package labeler

import (
	"context"
	"errors"

	"github.com/ragprune/ragprune/models"
)

// Cross scores units with a cross-encoder that says one thing about a text as a
// whole (kind reranker). Each unit is read by itself beside the query, so it
// costs a run per unit and one per window of the document, and no unit is read
// with its neighbours. It is safe for concurrent use.
type Cross struct{ reader }

// NewCross starts the workers; Close ends them.
func NewCross(o Options) (*Cross, error) {
	if err := o.needs(models.KindReranker); err != nil {
		return nil, err
	}
	r, err := newReader(o)
	if err != nil {
		return nil, err
	}
	r.check = func(outputs [][]float32, _ int) error {
		if len(outputs) != 1 || len(outputs[0]) != 1 {
			return errors.New("labeler: the graph's output is not one rank logit")
		}
		return nil
	}
	return &Cross{reader: *r}, nil
}

// Label returns one score per unit, the document's raw relevance logit and the
// number of tokens the model read. The score of a unit is the probability by
// the manifest's calibration that it is relevant, 0 for a unit without tokens;
// that of a text longer than a window is the best of its windows. title, query
// and ctx are used as by Labeler.Label.
func (c *Cross) Label(ctx context.Context, query, title string, units []string) (scores []float32, logit float32, tokens int, err error) {
	if len(units) == 0 {
		return nil, 0, 0, ErrNoUnits
	}
	whole := c.encode(query, title, units)
	texts := []encoded{whole}
	if len(units) > 1 {
		texts = append(texts, whole.alone()...)
	}
	logits, tokens, err := c.rank(ctx, texts)
	if err != nil {
		return nil, 0, 0, err
	}
	scores = make([]float32, len(units))
	start := 0
	for i, x := range logits[len(logits)-len(units):] {
		if whole.ends[i] > start {
			scores[i] = c.probability(x)
		}
		start = whole.ends[i]
	}
	return scores, logits[0], tokens, nil
}

// rank returns the logit of each text: the largest of its windows.
func (c *Cross) rank(ctx context.Context, texts []encoded) (logits []float32, tokens int, err error) {
	readings := make([]reading, len(texts))
	for i, text := range texts {
		if readings[i], err = c.read(ctx, text); err != nil {
			return nil, 0, err
		}
		tokens += readings[i].tokens
	}
	logits = make([]float32, len(texts))
	for i, d := range readings {
		for w, answer := range d.answers {
			outputs, err := wait(ctx, answer)
			if err != nil {
				return nil, 0, err
			}
			if x := outputs[0][0]; w == 0 || x > logits[i] {
				logits[i] = x
			}
		}
	}
	return logits, tokens, nil
}

func (c *Cross) probability(logit float32) float32 {
	k := c.manifest.Calibration
	return sigmoid(float32(k.Scale*float64(logit) + k.Bias))
}

// alone returns the units as texts of their own, with the same query and title.
func (e encoded) alone() []encoded {
	units := make([]encoded, len(e.ends))
	start := 0
	for i, end := range e.ends {
		units[i] = encoded{prefix: e.prefix, types: e.types, ids: e.ids[start:end], ends: []int{end - start}}
		start = end
	}
	return units
}
