package models

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Pooling says which vectors of the last layer stand for a text.
type Pooling string

// The ways to pool.
const (
	// PoolCLS takes the vector of [CLS].
	PoolCLS Pooling = "cls"
	// PoolMean takes the mean over all tokens, [CLS] and [SEP] included.
	PoolMean Pooling = "mean"
)

// leastTextTokens is the room that a window must have beside special tokens
// and overlap.
const leastTextTokens = 16

// Embedding is what the manifest of an embedder says about its vectors.
type Embedding struct {
	Pooling Pooling `json:"pooling"`
	// Normalize says that vectors are scaled to length 1 and compared by their
	// dot product, the cosine: true.
	Normalize bool `json:"normalize"`
	// Dimensions is the length of a vector.
	Dimensions int `json:"dimensions"`
	// QueryPrefix is put in front of queries; texts have none.
	QueryPrefix string `json:"query_prefix"`
}

// Scorers say what an embedder's cosines mean, as fitted on development data
// (models/export/fuse.py). Each has its own presets, none of which stands in
// for another's.
type Scorers struct {
	// Embed maps a cosine x to the probability sigmoid(Scale*x + Bias) that
	// the text helps.
	Embed CalibratedScorer `json:"embed"`
	// Hybrid is the reciprocal rank fusion with BM25; its scores are ranks.
	Hybrid RankScorer `json:"hybrid"`
	// Fused has an entry for each pruner that the cosine was fitted to.
	Fused []Fusion `json:"fused"`
}

// CalibratedScorer is a scorer whose scores are probabilities.
type CalibratedScorer struct {
	Calibration
	Presets map[string]float64 `json:"presets"`
}

// RankScorer is a scorer whose scores are shares of a ranking.
type RankScorer struct {
	Presets map[string]float64 `json:"presets"`
}

// Fusion adds a cosine to what a pruner says of a unit: the probability is
// sigmoid(Logit*logit(p) + Cosine*x + Bias) for the pruner's score p and the
// cosine x.
type Fusion struct {
	// Pruner is the "name@version" it was fitted to; another pruner's scores
	// mean something else.
	Pruner  string             `json:"pruner"`
	Logit   float64            `json:"logit"`
	Cosine  float64            `json:"cosine"`
	Bias    float64            `json:"bias"`
	Presets map[string]float64 `json:"presets"`
}

// Fusion returns the fit for a pruner.
func (s *Scorers) Fusion(pruner string) (f Fusion, ok bool) {
	for _, f := range s.Fused {
		if f.Pruner == pruner {
			return f, true
		}
	}
	return Fusion{}, false
}

func (m *Manifest) validateEmbedder() error {
	return errors.Join(m.validateEmbedding(), m.validateEmbedderWindows(), m.validateScorers())
}

func (m *Manifest) validateEmbedding() error {
	var errs []error
	if m.Inputs.IDs == "" || m.Inputs.Mask == "" {
		errs = append(errs, errors.New("inputs: ids and mask are mandatory"))
	}
	if m.Outputs.Hidden == "" {
		errs = append(errs, errors.New("outputs: hidden is mandatory"))
	}
	e := m.Embedding
	if e.Pooling != PoolCLS && e.Pooling != PoolMean {
		errs = append(errs, fmt.Errorf("embedding: pooling is %q, want cls or mean", e.Pooling))
	}
	if !e.Normalize {
		errs = append(errs, errors.New("embedding: normalize is false, this program compares vectors by their cosine"))
	}
	if e.Dimensions < 1 {
		errs = append(errs, fmt.Errorf("embedding: dimensions is %d, want 1 or more", e.Dimensions))
	}
	return errors.Join(errs...)
}

func (m *Manifest) validateEmbedderWindows() error {
	const specials = 2
	switch {
	case m.WindowTokens > m.MaxTokens:
		return fmt.Errorf("window_tokens %d exceeds max_tokens %d", m.WindowTokens, m.MaxTokens)
	case m.OverlapTokens < 0:
		return errors.New("overlap_tokens must not be negative")
	case m.WindowTokens-m.OverlapTokens-specials < leastTextTokens:
		return fmt.Errorf("window_tokens %d leaves fewer than %d tokens of text beside the overlap", m.WindowTokens, leastTextTokens)
	}
	return nil
}

func (m *Manifest) validateScorers() error {
	s := m.Scorers
	if s == nil {
		return nil
	}
	var errs []error
	if s.Embed.Scale <= 0 {
		errs = append(errs, errors.New("scorers: the scale of embed must be positive"))
	}
	errs = append(errs, validatePresets("scorers: embed", s.Embed.Presets), validatePresets("scorers: hybrid", s.Hybrid.Presets))
	for _, f := range s.Fused {
		name := "scorers: fused with " + f.Pruner
		if f.Pruner == "" || f.Logit <= 0 || f.Cosine <= 0 {
			errs = append(errs, fmt.Errorf("%s: pruner must be named, logit and cosine be positive", name))
		}
		errs = append(errs, validatePresets(name, f.Presets))
	}
	return errors.Join(errs...)
}

// validatePresets wants thresholds from 0 to 1, and at least one.
func validatePresets(where string, presets map[string]float64) error {
	if len(presets) == 0 {
		return fmt.Errorf("%s: presets are mandatory", where)
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(presets)) {
		if t := presets[name]; !(t >= 0 && t <= 1) {
			errs = append(errs, fmt.Errorf("%s: preset %s is %v, want 0 to 1", where, name, t))
		}
	}
	return errors.Join(errs...)
}
