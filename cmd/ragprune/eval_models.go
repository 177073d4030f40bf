package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/ragprune/ragprune/bench/eval"
	"github.com/ragprune/ragprune/labeler"
	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/ort"
	"github.com/ragprune/ragprune/models/tokenizer"
	"github.com/ragprune/ragprune/models/workers"
	"github.com/ragprune/ragprune/rerank"
)

// evalModel is a system that a bundle makes.
type evalModel struct {
	system *eval.Shared
	bundle *models.Bundle
}

func systemsOf(list []evalModel) []eval.System {
	var out []eval.System
	for _, m := range list {
		out = append(out, m.system)
	}
	return out
}

// evalModels are the bundles of a run, which share the workers.
type evalModels struct {
	labels, embeds []evalModel
	counter        eval.Counter
	runtime        *ort.Runtime
	pool           *workers.Pool
	closers        []func() error // in the order of opening
}

// open starts the bundles that kinds need.
func (e *evalModels) open(c *evalCommand, kinds []string) error {
	label := slices.Contains(kinds, "label") || slices.Contains(kinds, "fused")
	embed := slices.Contains(kinds, "embed") || slices.Contains(kinds, "fused")
	// Tokens are counted by the first bundle, unless none is needed and the
	// default one is not there.
	if err := e.openCounter(c.bundles()[0].path); err != nil && (label || len(c.Model) > 0) {
		return &settingError{"--model", err}
	}
	if label {
		for _, m := range c.bundles() {
			if err := e.openLabel(m, c); err != nil {
				return &settingError{"--model", err}
			}
		}
	}
	if embed {
		for _, m := range c.embedders() {
			if err := e.openEmbedder(m, c); err != nil {
				return &settingError{"--embedder", err}
			}
		}
	}
	return nil
}

// bundles are those of --model, or the default one.
func (c *evalCommand) bundles() []namedPath {
	if len(c.Model) > 0 {
		return named(c.Model)
	}
	return named([]string{modelSettings{}.dir()})
}

// embedders are those of --embedder, or the default one if it is there.
func (c *evalCommand) embedders() []namedPath {
	var list []string
	for _, arg := range c.Embedder {
		if dir := (modelSettings{Embedder: arg}).embedderDir(); dir != "" {
			list = append(list, dir)
		}
	}
	return named(list)
}

func (e *evalModels) openCounter(dir string) error {
	b, err := models.Open(dir)
	if err != nil {
		return err
	}
	t, err := tokenizer.Load(b.TokenizerPath())
	if err != nil {
		return err
	}
	e.counter = t
	return nil
}

// start loads a bundle and its graph.
func (e *evalModels) start(m namedPath, c *evalCommand, kind models.Kind) (loaded, error) {
	l, err := load(m.path, kind)
	if err != nil {
		return l, err
	}
	if err := e.startRuntime(c); err != nil {
		return l, err
	}
	if err := l.open(e.runtime); err != nil {
		return l, err
	}
	e.closers = append(e.closers, l.close)
	return l, nil
}

// startRuntime loads ONNX Runtime and starts the workers, once.
func (e *evalModels) startRuntime(c *evalCommand) error {
	if e.pool != nil {
		return nil
	}
	library, err := ort.Locate(c.ORTLibrary)
	if err != nil {
		return err
	}
	provider, err := c.provider(c.Workers)
	if err != nil {
		return err
	}
	if e.runtime, err = ort.Start(library, provider); err != nil {
		return err
	}
	e.closers = append(e.closers, e.runtime.Close)
	e.pool, err = workers.New(c.Workers)
	return err
}

func (e *evalModels) openLabel(m namedPath, c *evalCommand) error {
	l, err := e.start(m, c, models.KindPruner)
	if err != nil {
		return err
	}
	model, err := labeler.New(labeler.Options{Runner: l.session, Tokenizer: l.tokenizer, Manifest: l.bundle.Manifest, Pool: e.pool})
	if err != nil {
		return err
	}
	s, err := eval.NewLabel(eval.LabelOptions{
		Name: m.name, Version: versionOf(l.bundle), Labeler: model,
		Calibration: rerank.Calibration(l.bundle.Calibration), Presets: l.bundle.Thresholds.Presets,
	})
	e.labels = append(e.labels, evalModel{eval.Once(s), l.bundle})
	return err
}

func versionOf(b *models.Bundle) string { return b.ID() + " " + b.Precision }

func (e *evalModels) openEmbedder(m namedPath, c *evalCommand) error {
	l, err := e.start(m, c, models.KindEmbedder)
	if err != nil {
		return err
	}
	model, err := rerank.NewEmbedder(rerank.EmbedderOptions{Runner: l.session, Tokenizer: l.tokenizer, Manifest: l.bundle.Manifest, Pool: e.pool})
	if err != nil {
		return err
	}
	s, err := eval.NewEmbed(eval.EmbedOptions{
		Name: m.name, Version: versionOf(l.bundle), Embedder: vectorsOf{model}, Presets: cosinePresets(l.bundle.Scorers),
	})
	e.embeds = append(e.embeds, evalModel{eval.Once(s), l.bundle})
	return err
}

// cosinePresets are the cosines whose probabilities are the presets of the
// scorer embed.
func cosinePresets(s *models.Scorers) map[string]float64 {
	if s == nil {
		return nil
	}
	out := make(map[string]float64)
	for name, p := range s.Embed.Presets {
		if p > 0 && p < 1 {
			out[name] = (math.Log(p/(1-p)) - s.Embed.Bias) / s.Embed.Scale
		}
	}
	return out
}

// fused joins every labeller with every embedder that was fitted to it.
func (e *evalModels) fused() ([]eval.System, error) {
	var out []eval.System
	for _, l := range e.labels {
		for _, m := range e.embeds {
			if m.bundle.Scorers == nil {
				continue
			}
			f, ok := m.bundle.Scorers.Fusion(l.bundle.ID())
			if !ok {
				continue
			}
			name := l.system.Info().Name + " + " + m.system.Info().Name
			s, err := eval.NewFused(eval.FusedOptions{
				Name: name, Label: l.system, Embed: m.system, Presets: f.Presets,
				Fusion: rerank.Fusion{Logit: f.Logit, Cosine: f.Cosine, Bias: f.Bias},
			})
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			out = append(out, s)
		}
	}
	return out, nil
}

// vectorsOf gives the evaluation the vectors of an embedder.
type vectorsOf struct{ model *rerank.Embedder }

// EmbedQuery returns the vectors of a query.
func (v vectorsOf) EmbedQuery(ctx context.Context, query string) (eval.Vectors, error) {
	e, err := v.model.EmbedQuery(ctx, query)
	if err != nil {
		return nil, err
	}
	return e.Of(0), nil
}

// Embed returns the vectors of each text.
func (v vectorsOf) Embed(ctx context.Context, texts []string) ([]eval.Vectors, error) {
	e, err := v.model.EmbedTexts(ctx, texts)
	if err != nil {
		return nil, err
	}
	out := make([]eval.Vectors, len(texts))
	for i := range out {
		out[i] = e.Of(i)
	}
	return out, nil
}

// close ends the workers, then frees what was opened, the last first.
func (e *evalModels) close() error {
	if e.pool != nil {
		e.pool.Close()
	}
	var errs []error
	for _, c := range slices.Backward(e.closers) {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}
