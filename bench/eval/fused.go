package eval

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Fusion joins the probability of a labeller with the cosine of an embedder.
// See rerank.Fusion.
type Fusion interface {
	Probability(p, cosine float64) float64
}

// FusedOptions of a system that is two.
type FusedOptions struct {
	// Name of the system. Mandatory.
	Name string
	// Label and Embed score sentences, by probability and by cosine. Mandatory.
	// With Once around them, what they scored before costs nothing.
	Label, Embed System
	// Fusion joins both. Mandatory.
	Fusion Fusion
	// Presets are the thresholds of what comes of it, by name.
	Presets map[string]float64
}

// Validate reports what is missing.
func (o FusedOptions) Validate() error {
	if o.Name == "" || o.Label == nil || o.Embed == nil || o.Fusion == nil {
		return errors.New("eval: Name, Label, Embed and Fusion are mandatory")
	}
	return nil
}

// Fused is a labeller with an embedder beside it. A passage has the score that
// the labeller gives it.
type Fused struct{ options FusedOptions }

// NewFused joins two systems.
func NewFused(o FusedOptions) (*Fused, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	return &Fused{o}, nil
}

// Info names both; the scores are probabilities.
func (f *Fused) Info() Info {
	label, embed := f.options.Label.Info(), f.options.Embed.Info()
	return Info{
		Name: f.options.Name, Version: label.Version + " with " + embed.Version,
		Absolute: true, Probability: true, Presets: f.options.Presets, Shares: []string{label.Name, embed.Name},
	}
}

// Score asks both.
func (f *Fused) Score(ctx context.Context, r Request) ([]Scores, error) {
	labels, err := f.options.Label.Score(ctx, r)
	if err != nil {
		return nil, err
	}
	cosines, err := f.options.Embed.Score(ctx, r)
	if err != nil {
		return nil, err
	}
	out := make([]Scores, len(labels))
	for i, l := range labels {
		if len(l.Sentences) != len(cosines[i].Sentences) {
			return nil, fmt.Errorf("passage %s: %d probabilities and %d cosines", r.Passages[i].ID, len(l.Sentences), len(cosines[i].Sentences))
		}
		out[i] = Scores{Sentences: make([]float32, len(l.Sentences)), Passage: l.Passage}
		for s, p := range l.Sentences {
			out[i].Sentences[s] = float32(f.options.Fusion.Probability(float64(p), float64(cosines[i].Sentences[s])))
		}
	}
	return out, nil
}

// Shared is a system that remembers its scores of the set it is at, so that
// others can build on them at no cost. See Once.
type Shared struct {
	System
	mu     sync.Mutex
	set    string
	scores map[string][]Scores // by the id of the row
}

// Once makes a system score every request of a set once, however often it is
// asked: Run goes through the data set by set.
func Once(s System) *Shared { return &Shared{System: s} }

// Score returns what is remembered, or asks the system. The caller must not
// change it.
func (s *Shared) Score(ctx context.Context, r Request) ([]Scores, error) {
	if known := s.known(r); known != nil {
		return known, nil
	}
	scores, err := s.System.Score(ctx, r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.set == r.Set {
		s.scores[r.ID] = scores
	}
	return scores, nil
}

// known looks r up, and forgets other sets.
func (s *Shared) known(r Request) []Scores {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.set != r.Set || s.scores == nil {
		s.set, s.scores = r.Set, map[string][]Scores{}
	}
	return s.scores[r.ID]
}
