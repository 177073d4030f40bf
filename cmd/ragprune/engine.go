package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/catalog"
	"github.com/ragprune/ragprune/models/ort"
	"github.com/ragprune/ragprune/models/workers"
	"github.com/ragprune/ragprune/prune"
)

// engine is everything between a request and the models. It is safe for
// concurrent use until close.
type engine struct {
	options engineOptions
	runtime *ort.Runtime
	workers *workers.Pool
	store   *store
	catalog *catalog.Catalog[*servedModel]
	// counters count tokens for other models than those here.
	counters map[string]prune.Counter
	// generator is nil if there is none. It is loaded once and for all models.
	generator *generatingModel

	// reloading is held during a reload, and guards closed.
	reloading sync.Mutex
	closed    bool
	mu        sync.Mutex
	embedder  *embeddingModel // nil: none
}

// engineOptions gather the settings that serve and prune share.
type engineOptions struct {
	model    modelSettings
	catalog  catalogSettings
	limits   limitSettings
	counting tokenizerSettings
	cache    cacheSettings
	units    int                   // that models score of a request; 0: the default
	registry prometheus.Registerer // nil: none
	tracers  trace.TracerProvider  // nil: none
	logger   *slog.Logger
}

// newEngine opens, verifies and warms the models. Every error names the setting
// or the file that is wrong.
func newEngine(ctx context.Context, o engineOptions) (e *engine, err error) {
	e = &engine{options: o}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.close())
			e = nil
		}
	}()
	// What is wrong with its manifest is told before anything is loaded.
	if _, err = o.usual(); err != nil {
		return e, err
	}
	embedder, err := openEmbedder(o.model)
	if err != nil {
		return e, err
	}
	generator, err := openGenerator(o.model)
	if err != nil {
		return e, err
	}
	if e.counters, err = o.counting.counters(); err != nil {
		return e, err
	}
	if err = e.startRuntime(o.model); err != nil {
		return e, err
	}
	if e.store, err = openStore(ctx, o.cache, o.registry, o.logger); err != nil {
		return e, err
	}
	if err = e.startShared(ctx, embedder, generator); err != nil {
		return e, err
	}
	return e, e.startCatalog(ctx)
}

// startRuntime loads ONNX Runtime and starts the workers that all models share.
func (e *engine) startRuntime(s modelSettings) error {
	library, err := ort.Locate(s.ORTLibrary)
	if err != nil {
		return &settingError{"RAGPRUNE_ORT_LIBRARY", err}
	}
	provider, err := s.provider(s.Workers)
	if err != nil {
		return err
	}
	if e.runtime, err = ort.Start(library, provider); errors.Is(err, ort.ErrNoProvider) {
		return &settingError{"RAGPRUNE_PROVIDER", err}
	} else if err != nil {
		return &settingError{"RAGPRUNE_ORT_LIBRARY", err}
	}
	if e.workers, err = workers.New(s.Workers); err != nil {
		return &settingError{"RAGPRUNE_WORKERS", err}
	}
	return nil
}

// startShared loads what all models use, each nil if there is none.
func (e *engine) startShared(ctx context.Context, embedder *embeddingModel, generator *generatingModel) error {
	if embedder != nil {
		e.embedder = embedder
		if err := embedder.start(ctx, e); err != nil {
			return &settingError{"RAGPRUNE_EMBEDDER", err}
		}
		embedder.series.Publish()
	}
	if generator != nil {
		e.generator = generator
		if err := generator.start(ctx, e); err != nil {
			return &settingError{"RAGPRUNE_GENERATOR", err}
		}
	}
	return nil
}

func (e *engine) startCatalog(ctx context.Context) (err error) {
	o := e.options
	e.catalog, err = catalog.New(ctx, catalog.Options[*servedModel]{
		Find: o.offers, Open: e.open,
		Preload: o.catalog.Preload, Bytes: o.catalog.ModelBytes,
		Registry: o.registry, Logger: o.logger,
	})
	setting, named := errors.AsType[*settingError](err)
	switch {
	case err == nil:
		return nil
	case named: // says more than that a model cannot be loaded
		return setting
	case errors.As(err, new(*catalog.UnknownError)):
		return &settingError{"RAGPRUNE_PRELOAD", err}
	case errors.As(err, new(*catalog.LoadError)):
		return &settingError{"RAGPRUNE_MODEL", err}
	}
	return &settingError{"RAGPRUNE_MODELS", err}
}

// pruneOptions are those of every model.
func (e *engine) pruneOptions() prune.Options {
	o := e.options
	options := prune.Options{
		Counters: e.counters, Store: e.store.Store,
		Limits: prune.Limits{
			Documents: o.limits.MaxDocuments, DocumentBytes: o.limits.MaxDocumentBytes, Nodes: o.limits.MaxNodes,
			CoarseTokens: o.limits.CoarseTokens, Units: o.units,
		},
		Timeout: o.limits.Timeout, Fallback: prune.Fallback(o.model.Fallback),
		Tracers: o.tracers, Logger: o.logger,
	}
	if e.generator != nil {
		options.Generator, options.Generation = e.generator.generator, e.generator.generation()
	}
	return options
}

// open makes a bundle ready to serve, with the embedder that there is now.
func (e *engine) open(ctx context.Context, b *models.Bundle) (m *servedModel, err error) {
	m = &servedModel{modelSeries: newModelSeries(e.options.registry, b.ID())}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.Close())
			m = nil
		}
	}()
	l, err := loadBundle(b, pruningKinds()...)
	if err != nil {
		return m, oneLine(err)
	}
	m.pruning = &pruningModel{loaded: l}
	if err = m.pruning.start(ctx, e, m.modelSeries); err != nil {
		return m, err
	}
	if m.reference, err = e.openProvence(m.pruning); err != nil {
		return m, err
	}
	m.embedder = e.useEmbedder()
	options := e.pruneOptions()
	m.configure(&options)
	if m.embedder != nil && options.Embedding.Fusion == nil {
		e.options.logger.Warn("the scorer fused is not offered: the embedder has no weights for this model; fit them with models/export/fuse.py",
			"model", b.ID(), "embedder", m.embedder.bundle.ID())
	}
	if m.pruner, err = prune.New(options); err != nil {
		err = fmt.Errorf("%s: the settings of the bundle: %w", b.Dir, err)
	}
	return m, err
}

// useEmbedder returns the embedder for a new user, nil if there is none.
func (e *engine) useEmbedder() *embeddingModel {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.embedder != nil {
		e.embedder.users.Add(1)
	}
	return e.embedder
}

// close frees what was built, in the reverse order.
func (e *engine) close() error {
	e.reloading.Lock()
	defer e.reloading.Unlock()
	e.closed = true
	var errs []error
	if e.store != nil {
		errs = append(errs, e.store.close())
	}
	if e.workers != nil {
		e.workers.Close()
	}
	if e.catalog != nil {
		errs = append(errs, e.catalog.Close())
	}
	if e.generator != nil {
		errs = append(errs, e.generator.close())
	}
	if e.embedder != nil {
		errs = append(errs, e.embedder.drop())
	}
	if e.runtime != nil {
		errs = append(errs, e.runtime.Close())
	}
	return errors.Join(errs...)
}
