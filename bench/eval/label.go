package eval

import (
	"context"
	"errors"
	"fmt"

	"github.com/ragprune/ragprune/rerank"
)

// Labeler is a model that reads a query with a text. See labeler.Labeler.
type Labeler interface {
	Label(ctx context.Context, query, title string, units []string) (scores []float32, logit float32, tokens int, err error)
}

// LabelOptions of a labelling system.
type LabelOptions struct {
	// Name of the system. Mandatory.
	Name string
	// Version of the model, as "name@version".
	Version string
	// Labeler is the model. Mandatory.
	Labeler Labeler
	// Calibration turns its logit into the score of a passage.
	Calibration rerank.Calibration
	// Presets are its thresholds by name.
	Presets map[string]float64
}

// Validate reports what is missing.
func (o LabelOptions) Validate() error {
	if o.Name == "" || o.Labeler == nil {
		return errors.New("eval: Name and Labeler are mandatory")
	}
	return nil
}

// Label is the system that is measured: the labeller of a model bundle.
type Label struct{ options LabelOptions }

// NewLabel makes a system of a labeller.
func NewLabel(o LabelOptions) (*Label, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	return &Label{o}, nil
}

// Info describes the model; its scores are probabilities.
func (l *Label) Info() Info {
	return Info{
		Name: l.options.Name, Version: l.options.Version, Absolute: true, Probability: true,
		Presets: l.options.Presets,
	}
}

// Score reads every passage by itself.
func (l *Label) Score(ctx context.Context, r Request) ([]Scores, error) {
	out := make([]Scores, len(r.Passages))
	for i, p := range r.Passages {
		scores, logit, _, err := l.options.Labeler.Label(ctx, r.Query, p.Title, p.Sentences)
		if err != nil {
			return nil, fmt.Errorf("passage %s: %w", p.ID, err)
		}
		out[i] = Scores{Sentences: scores, Passage: l.options.Calibration.Probability(float64(logit))}
	}
	return out, nil
}
