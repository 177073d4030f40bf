package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/models/ort"
	"github.com/ragprune/ragprune/models/workers"
	"github.com/ragprune/ragprune/prune"
	"github.com/ragprune/ragprune/rerank"
)

// engine is everything between a request and the models, built once.
type engine struct {
	runtime  *ort.Runtime
	workers  *workers.Pool
	pruning  *pruningModel
	embedder *embeddingModel // nil: none
	// generator is nil if there is none.
	generator *generatingModel
	store     *store
	pruner    *prune.Pruner
}

// engineOptions gather the settings that serve and prune share.
type engineOptions struct {
	model    modelSettings
	limits   limitSettings
	counting tokenizerSettings
	cache    cacheSettings
	registry prometheus.Registerer // nil: none
	tracers  trace.TracerProvider  // nil: none
	logger   *slog.Logger
}

// newEngine opens, verifies and warms the models. Every error names the setting
// or the file that is wrong.
func newEngine(ctx context.Context, o engineOptions) (e *engine, err error) {
	e = &engine{}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.close())
			e = nil
		}
	}()
	pruning, err := openPruning(o.model.dir())
	if err != nil {
		return e, &settingError{"RAGPRUNE_MODEL", err}
	}
	var embedding *embeddingModel
	if dir := o.model.embedderDir(); dir != "" {
		if embedding, err = openEmbedding(dir); err != nil {
			return e, &settingError{"RAGPRUNE_EMBEDDER", err}
		}
	}
	var generating *generatingModel
	if dir := o.model.generatorDir(); dir != "" {
		if generating, err = openGenerating(dir); err != nil {
			return e, &settingError{"RAGPRUNE_GENERATOR", err}
		}
	}
	if err = e.startRuntime(o.model); err != nil {
		return e, err
	}
	e.pruning, e.embedder, e.generator = pruning, embedding, generating
	if err = e.pruning.start(ctx, e, o); err != nil {
		return e, err
	}
	if e.embedder != nil {
		if err = e.embedder.start(ctx, e, o); err != nil {
			return e, err
		}
	}
	if e.generator != nil {
		if err = e.generator.start(ctx, e, o); err != nil {
			return e, &settingError{"RAGPRUNE_GENERATOR", err}
		}
	}
	if e.store, err = openStore(ctx, o.cache, o.registry, o.logger); err != nil {
		return e, err
	}
	return e, e.startPruner(o)
}

// startRuntime loads ONNX Runtime and starts the workers that all models share.
func (e *engine) startRuntime(s modelSettings) error {
	library, err := ort.Locate(s.ORTLibrary)
	if err != nil {
		return &settingError{"RAGPRUNE_ORT_LIBRARY", err}
	}
	if e.runtime, err = ort.Start(library); err != nil {
		return &settingError{"RAGPRUNE_ORT_LIBRARY", err}
	}
	if e.workers, err = workers.New(s.Workers); err != nil {
		return &settingError{"RAGPRUNE_WORKERS", err}
	}
	return nil
}

func (e *engine) startPruner(o engineOptions) (err error) {
	counters, err := o.counting.counters()
	if err != nil {
		return err
	}
	bundle := e.pruning.bundle
	options := prune.Options{
		Labeler: e.pruning.labeler, Counter: e.pruning.tokenizer, Counters: counters, Store: e.store.Store,
		Model: bundle.ID(), ModelDigest: bundle.Digest(),
		Presets:       bundle.Thresholds.Presets,
		DefaultPreset: bundle.Thresholds.Default,
		Calibration:   rerank.Calibration(bundle.Calibration),
		Limits: prune.Limits{
			Documents: o.limits.MaxDocuments, DocumentBytes: o.limits.MaxDocumentBytes,
			CoarseTokens: o.limits.CoarseTokens,
		},
		Timeout: o.limits.Timeout, Fallback: prune.Fallback(o.model.Fallback),
		Registry: o.registry, Tracers: o.tracers, Logger: o.logger,
	}
	if e.embedder != nil {
		options.Embedder, options.Embedding = e.embedder.embedder, e.embedder.embedding(bundle.ID())
		if options.Embedding.Fusion == nil {
			o.logger.Warn("the scorer fused is not offered: the embedder has no weights for this model; fit them with models/export/fuse.py",
				"model", bundle.ID(), "embedder", e.embedder.bundle.ID())
		}
	}
	if e.generator != nil {
		options.Generator, options.Generation = e.generator.generator, e.generator.generation()
	}
	if e.pruner, err = prune.New(options); err != nil {
		return fmt.Errorf("the settings of the bundles: %w", err)
	}
	return nil
}

// info is what the service says about itself.
func (e *engine) info(limits limitSettings) api.Info {
	info := api.Info{
		Version:    version,
		Model:      modelInfo(e.pruning.bundle),
		Presets:    e.pruning.bundle.Thresholds.Presets,
		Scorers:    e.pruner.Scorers(),
		Tokenizers: e.pruner.Tokenizers(),
		Limits: api.InfoLimits{
			Documents: limits.MaxDocuments, DocumentBytes: limits.MaxDocumentBytes,
			CoarseTokens: limits.CoarseTokens,
		},
		ScorerPresets: make(map[prune.Scorer]map[string]float64),
	}
	for _, s := range info.Scorers {
		info.ScorerPresets[s] = e.pruner.Presets(s)
	}
	if e.embedder != nil {
		embedder := modelInfo(e.embedder.bundle)
		info.Embedder = &embedder
	}
	if e.generator != nil {
		generator := modelInfo(e.generator.bundle)
		info.Generator = &generator
	}
	return info
}

// close frees what was built, in the reverse order.
func (e *engine) close() error {
	var errs []error
	if e.store != nil {
		errs = append(errs, e.store.close())
	}
	if e.workers != nil {
		e.workers.Close()
	}
	if e.generator != nil {
		errs = append(errs, e.generator.close())
	}
	if e.embedder != nil {
		errs = append(errs, e.embedder.close())
	}
	if e.pruning != nil {
		errs = append(errs, e.pruning.close())
	}
	if e.runtime != nil {
		errs = append(errs, e.runtime.Close())
	}
	return errors.Join(errs...)
}
