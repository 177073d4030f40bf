package prune

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ragprune/ragprune/rerank"
)

// Embedder turns texts into vectors whose cosine says how near they are. It is
// safe for concurrent use. When ctx ends, both methods return its error. An
// error with a method Overloaded() bool that returns true says that it is full.
type Embedder interface {
	// EmbedQuery returns the vectors of a query: one as a rule.
	EmbedQuery(ctx context.Context, query string) (rerank.Embeddings, error)
	// EmbedTexts returns the vectors of texts, which depend on nothing else.
	EmbedTexts(ctx context.Context, texts []string) (rerank.Embeddings, error)
}

// Embedding says what the cosines of an Embedder mean, as fitted on development
// data; see models.Scorers.
type Embedding struct {
	// Model is "name@version"; it is in responses and in keys. Mandatory.
	Model string
	// ModelDigest is to Model what Options.ModelDigest is to Options.Model.
	ModelDigest string
	// Calibration turns a cosine into the score of ScorerEmbed: the
	// probability that the unit helps.
	Calibration rerank.Calibration
	// Presets are the thresholds of ScorerEmbed by name, 0 to 1. Mandatory,
	// with one called as DefaultPreset.
	Presets map[string]float64
	// HybridPresets are those of ScorerHybrid. Mandatory as Presets.
	HybridPresets map[string]float64
	// Fusion joins cosines with the scores of the Labeler in use. Nil means
	// that ScorerFused is not offered.
	Fusion *rerank.Fusion
	// FusedPresets are the thresholds of ScorerFused. Mandatory with a Fusion.
	FusedPresets map[string]float64
}

func (e Embedding) key() modelKey { return modelKey{e.Model, e.ModelDigest} }

// validate reports what is missing or out of range.
func (e Embedding) validate() error {
	var errs []error
	if e.Model == "" {
		errs = append(errs, errors.New("Embedding.Model is mandatory with an Embedder"))
	}
	all := map[string]map[string]float64{"Presets": e.Presets, "HybridPresets": e.HybridPresets}
	if e.Fusion != nil {
		all["FusedPresets"] = e.FusedPresets
		if e.Fusion.Logit <= 0 || e.Fusion.Cosine <= 0 {
			errs = append(errs, errors.New("Embedding.Fusion has a weight that is not positive"))
		}
	}
	for _, field := range slices.Sorted(maps.Keys(all)) {
		if !hasKey(all[field], DefaultPreset) {
			errs = append(errs, fmt.Errorf("Embedding.%s has no preset %q", field, DefaultPreset))
		}
		errs = append(errs, validateShares("Embedding."+field, all[field]))
	}
	return errors.Join(errs...)
}

// validateShares wants numbers from 0 to 1.
func validateShares(field string, values map[string]float64) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if v := values[name]; !isShare(v) {
			errs = append(errs, fmt.Errorf("%s[%q] is %v, want 0 to 1", field, name, v))
		}
	}
	return errors.Join(errs...)
}

// labels reports whether s needs the labeler.
func (s Scorer) labels() bool { return s == ScorerLabel || s == ScorerFused }

// embeds reports whether s needs the embedder.
func (s Scorer) embeds() bool { return s == ScorerEmbed || s == ScorerHybrid || s == ScorerFused }

// generates reports whether s needs the generator.
func (s Scorer) generates() bool { return s == ScorerGenerate }

// reads reports whether s needs any model.
func (s Scorer) reads() bool { return s.labels() || s.embeds() || s.generates() }

// offered lists the scorers that o has what is needed for.
func (o Options) offered() []Scorer {
	var scorers []Scorer
	if o.Labeler != nil {
		scorers = append(scorers, ScorerLabel)
	}
	scorers = append(scorers, ScorerBM25)
	if o.Embedder != nil {
		scorers = append(scorers, ScorerEmbed, ScorerHybrid)
	}
	if o.Embedder != nil && o.Labeler != nil && o.Embedding.Fusion != nil {
		scorers = append(scorers, ScorerFused)
	}
	if o.Generator != nil {
		scorers = append(scorers, ScorerGenerate)
	}
	return scorers
}

// Presets returns the thresholds by name that a request for s may name, nil if
// s is not offered. The caller must not change them.
func (p *Pruner) Presets(s Scorer) map[string]float64 {
	if !slices.Contains(p.scorers, s) {
		return nil
	}
	switch s {
	case ScorerBM25:
		return rerank.BM25Presets()
	case ScorerEmbed:
		return p.options.Embedding.Presets
	case ScorerHybrid:
		return p.options.Embedding.HybridPresets
	case ScorerFused:
		return p.options.Embedding.FusedPresets
	case ScorerGenerate:
		return p.options.Generation.Presets
	}
	return p.options.Presets
}

// modelOf is the name and version of what s reads texts with.
func (p *Pruner) modelOf(s Scorer) string {
	switch s {
	case ScorerEmbed, ScorerHybrid:
		return p.options.Embedding.Model
	case ScorerFused:
		return p.options.Model + "+" + p.options.Embedding.Model
	case ScorerGenerate:
		return p.options.Generation.Model
	}
	return p.options.Model
}
