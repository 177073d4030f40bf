package main

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/labeler"
	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/ort"
	"github.com/ragprune/ragprune/models/tokenizer"
	"github.com/ragprune/ragprune/prune"
	"github.com/ragprune/ragprune/rerank"
	"github.com/ragprune/ragprune/rerank/generate"
)

// loaded is a bundle that is what its manifest says, and its graph once started.
type loaded struct {
	bundle    *models.Bundle
	tokenizer *tokenizer.Tokenizer
	session   *ort.Session
	// provider is what computes the graph once it is open; see ort.Runtime.
	provider string
}

// load verifies the bundle in dir.
func load(dir string, kinds ...models.Kind) (loaded, error) {
	b, err := models.Open(dir)
	if err != nil {
		return loaded{}, err
	}
	return loadBundle(b, kinds...)
}

func loadBundle(b *models.Bundle, kinds ...models.Kind) (l loaded, err error) {
	l.bundle = b
	if err = wantKind(b, kinds...); err != nil {
		return l, err
	}
	if err = b.Verify(); err != nil {
		return l, err
	}
	l.tokenizer, err = tokenizer.Load(b.TokenizerPath())
	return l, err
}

func wantKind(b *models.Bundle, kinds ...models.Kind) error {
	if !slices.Contains(kinds, b.Kind) {
		return fmt.Errorf("%s is a bundle of kind %s, want %s", b.Dir, b.Kind, kinds[0])
	}
	return nil
}

// open loads the graph, with the outputs that a bundle of its kind has, and
// tries it.
func (l *loaded) open(r *ort.Runtime) (err error) {
	l.provider = r.Provider(&l.bundle.Manifest)
	l.session, err = r.Open(l.bundle.ModelPath(), ort.OptionsOf(&l.bundle.Manifest))
	if err == nil {
		err = l.try(r)
	}
	return oneLine(err)
}

// digest stands for what the scores depend on. Those of providers differ a
// little, so that replicas with another one keep them apart.
func (l *loaded) digest() string {
	if l.provider == ort.ProviderCPU {
		return l.bundle.Digest()
	}
	return l.bundle.Digest() + " " + l.provider
}

func (l *loaded) close() error {
	if l.session == nil {
		return nil
	}
	return l.session.Close()
}

// warm runs a model once, so that the first request does not pay for what ONNX
// Runtime sets up lazily, and a graph whose outputs are not those of its kind is
// refused.
func (l *loaded) warm(e *engine, run func() error) error {
	start := time.Now()
	if err := run(); err != nil {
		return oneLine(fmt.Errorf("the model %s does not run: %s: outputs: %w", l.bundle.ID(), l.bundle.ModelPath(), err))
	}
	e.options.logger.Info("model ready", "model", l.bundle.ID(), "kind", l.bundle.Kind, "precision", l.bundle.Precision,
		"onnxruntime", e.runtime.Version(), "provider", l.provider, "warm_up_ms", time.Since(start).Milliseconds())
	return nil
}

// warmText is what models read at the start.
const warmText = "One sentence to warm the model up."

// pruningModel is the bundle that labels: a pruner, or a reranker that scores
// units one by one.
type pruningModel struct {
	loaded
	modelHost
	labeler prune.Labeler
}

// pruningKinds are the kinds of bundle that can be a pruningModel.
func pruningKinds() []models.Kind { return []models.Kind{models.KindPruner, models.KindReranker} }

func (m *pruningModel) start(ctx context.Context, e *engine, registry prometheus.Registerer) (err error) {
	if err = m.connect(ctx, e, registry); err != nil {
		return err
	}
	m.labeler, err = newLabeler(labeler.Options{
		Runner: m.runner, Tokenizer: m.tokenizer, Manifest: m.bundle.Manifest,
		Pool: m.pool, Registry: registry,
	})
	if err != nil {
		return fmt.Errorf("%s: %w", m.bundle.Dir, err)
	}
	return m.warm(e, func() error {
		_, _, _, err := m.labeler.Label(ctx, "warm-up", "", []string{warmText})
		return err
	})
}

func newLabeler(o labeler.Options) (prune.Labeler, error) {
	if o.Manifest.Kind == models.KindReranker {
		return labeler.NewCross(o)
	}
	return labeler.New(o)
}

// embeddingModel is the bundle that embeds. The engine and every model that it
// serves share one; the last to drop it closes it.
type embeddingModel struct {
	loaded
	embedder *rerank.Embedder
	series   *modelSeries
	users    atomic.Int64
}

// openEmbedding opens the bundle in dir; its user is the caller.
func openEmbedding(dir string) (*embeddingModel, error) {
	l, err := load(dir, models.KindEmbedder)
	if err == nil && l.bundle.Scorers == nil {
		err = fmt.Errorf("%s has no presets yet; fit them with models/export/fuse.py", dir)
	}
	m := &embeddingModel{loaded: l}
	m.users.Store(1)
	return m, err
}

func (m *embeddingModel) start(ctx context.Context, e *engine) (err error) {
	m.series = newModelSeries(e.options.registry, m.bundle.ID())
	if err = m.open(e.runtime); err != nil {
		return err
	}
	m.embedder, err = rerank.NewEmbedder(rerank.EmbedderOptions{
		Runner: m.session, Tokenizer: m.tokenizer, Manifest: m.bundle.Manifest,
		Pool: e.workers, Registry: m.series,
	})
	if err != nil {
		return fmt.Errorf("%s: %w", m.bundle.Dir, err)
	}
	return m.warm(e, func() error {
		_, err := m.embedder.EmbedTexts(ctx, []string{warmText})
		return err
	})
}

// same reports whether m and other are one bundle in one state.
func (m *embeddingModel) same(other *embeddingModel) bool {
	return m.bundle.Dir == other.bundle.Dir && reflect.DeepEqual(m.bundle.Manifest, other.bundle.Manifest)
}

// drop ends a use.
func (m *embeddingModel) drop() error {
	if m.users.Add(-1) > 0 {
		return nil
	}
	return m.close()
}

// embedding is what the cosines mean beside the pruner of that name and version.
func (m *embeddingModel) embedding(pruner string) prune.Embedding {
	s := m.bundle.Scorers
	e := prune.Embedding{
		Model: m.bundle.ID(), ModelDigest: m.digest(), Calibration: rerank.Calibration(s.Embed.Calibration),
		Presets: s.Embed.Presets, HybridPresets: s.Hybrid.Presets,
	}
	if f, ok := s.Fusion(pruner); ok {
		e.Fusion = &rerank.Fusion{Logit: f.Logit, Cosine: f.Cosine, Bias: f.Bias}
		e.FusedPresets = f.Presets
	}
	return e
}

// generatingModel is the bundle that spells paths.
type generatingModel struct {
	loaded
	decoder   *ort.Decoder
	generator *generate.Generator
}

func openGenerating(dir string) (*generatingModel, error) {
	l, err := load(dir, models.KindGenerator)
	return &generatingModel{loaded: l}, err
}

func (m *generatingModel) start(ctx context.Context, e *engine) (err error) {
	m.provider = e.runtime.Provider(&m.bundle.Manifest)
	if m.decoder, err = e.runtime.OpenDecoder(m.bundle.ModelPath(), ort.DecoderOptionsOf(&m.bundle.Manifest)); err != nil {
		return err
	}
	m.generator, err = generate.New(generate.Options{
		Decoder: m.decoder, Tokenizer: m.tokenizer, Manifest: m.bundle.Manifest,
		Pool: e.workers, CacheBytes: e.options.model.GeneratorCacheBytes, Registry: e.options.registry,
	})
	if err != nil {
		return fmt.Errorf("%s: %w", m.bundle.Dir, err)
	}
	return m.warm(e, func() error {
		markup := "<html><p1>" + warmText + "</p1><p2>"
		first, second := len(markup)-len("</p1><p2>"), len(markup)+1
		_, err := m.generator.Score(ctx, "warm-up", generate.Document{Markup: markup + "2", Blocks: []generate.Block{
			{Path: "<html><p1>", Text: warmText, End: first}, {Path: "<html><p2>", Text: "2", End: second},
		}})
		return err
	})
}

func (m *generatingModel) close() error {
	if m.decoder == nil {
		return nil
	}
	return m.decoder.Close()
}

// generation is how the generator reads documents.
func (m *generatingModel) generation() prune.Generation {
	return prune.Generation{
		Model: m.bundle.ID(), ModelDigest: m.digest(), Presets: m.bundle.Thresholds.Presets,
		FirstIndex: m.bundle.Generation.FirstIndex, BlockWords: m.bundle.Generation.BlockWords,
	}
}

func modelInfo(b *models.Bundle) api.ModelInfo {
	return api.ModelInfo{
		Name: b.Name, Version: b.Version, Licence: b.License,
		Source: b.Source.BaseModel, MaxTokens: b.WindowTokens,
	}
}
