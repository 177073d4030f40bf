package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/cache"
	"github.com/ragprune/ragprune/labeler"
	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/ort"
	"github.com/ragprune/ragprune/models/tokenizer"
	"github.com/ragprune/ragprune/prune"
	"github.com/ragprune/ragprune/rerank"
)

// engine is everything between a request and the model, built once.
type engine struct {
	bundle  *models.Bundle
	runtime *ort.Runtime
	session *ort.Session
	labeler *labeler.Labeler
	store   *cache.Memory // nil: no cache
	pruner  *prune.Pruner
}

// engineOptions gather the settings that serve and prune share.
type engineOptions struct {
	model    modelSettings
	limits   limitSettings
	cache    cacheSettings
	registry prometheus.Registerer // nil: none
	logger   *slog.Logger
}

// newEngine opens, verifies and warms the model. Every error names the setting
// or the file that is wrong.
func newEngine(ctx context.Context, o engineOptions) (e *engine, err error) {
	e = &engine{}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.close())
			e = nil
		}
	}()
	if e.bundle, err = models.Open(o.model.dir()); err != nil {
		return e, &settingError{"RAGPRUNE_MODEL", err}
	}
	if err = e.bundle.Verify(); err != nil {
		return e, &settingError{"RAGPRUNE_MODEL", err}
	}
	tok, err := tokenizer.Load(e.bundle.TokenizerPath())
	if err != nil {
		return e, &settingError{"RAGPRUNE_MODEL", err}
	}
	if err = e.openSession(o.model); err != nil {
		return e, err
	}
	if err = e.startLabeler(ctx, tok, o); err != nil {
		return e, err
	}
	return e, e.startPruner(tok, o)
}

func (e *engine) openSession(s modelSettings) error {
	library, err := ort.Locate(s.ORTLibrary)
	if err != nil {
		return &settingError{"RAGPRUNE_ORT_LIBRARY", err}
	}
	if e.runtime, err = ort.Start(library); err != nil {
		return &settingError{"RAGPRUNE_ORT_LIBRARY", err}
	}
	e.session, err = e.runtime.Open(e.bundle.ModelPath(), ort.Options{
		IDs: e.bundle.Inputs.IDs, Mask: e.bundle.Inputs.Mask, Types: e.bundle.Inputs.Types,
		Outputs: []string{e.bundle.Outputs.Keep, e.bundle.Outputs.Rank},
	})
	return err
}

// startLabeler runs the model once, so that the first request does not pay for
// what ONNX Runtime sets up lazily, and a graph that cannot run stops the start.
func (e *engine) startLabeler(ctx context.Context, tok *tokenizer.Tokenizer, o engineOptions) error {
	l, err := labeler.New(labeler.Options{
		Runner: e.session, Tokenizer: tok, Manifest: e.bundle.Manifest,
		Workers: o.model.Workers, Registry: o.registry,
	})
	if err != nil {
		return err
	}
	e.labeler = l
	start := time.Now()
	if _, _, _, err := l.Label(ctx, "warm-up", "", []string{"One sentence to warm the model up."}); err != nil {
		return fmt.Errorf("the model does not run: %w", err)
	}
	o.logger.Info("model ready", "model", e.bundle.ID(), "precision", e.bundle.Precision,
		"onnxruntime", e.runtime.Version(), "warm_up_ms", time.Since(start).Milliseconds())
	return nil
}

func (e *engine) startPruner(tok *tokenizer.Tokenizer, o engineOptions) (err error) {
	var store prune.Store // an interface that holds a nil pointer is not nil
	if o.cache.CacheBytes > 0 {
		e.store, err = cache.NewMemory(cache.Options{
			Bytes: o.cache.CacheBytes, TTL: o.cache.CacheTTL, Registry: o.registry,
		})
		if err != nil {
			return &settingError{"RAGPRUNE_CACHE_BYTES", err}
		}
		store = e.store
	}
	e.pruner, err = prune.New(prune.Options{
		Labeler: e.labeler, Counter: tok, Store: store, Model: e.bundle.ID(),
		Presets:       e.bundle.Thresholds.Presets,
		DefaultPreset: e.bundle.Thresholds.Default,
		Calibration:   rerank.Calibration(e.bundle.Calibration),
		Limits: prune.Limits{
			Documents: o.limits.MaxDocuments, DocumentBytes: o.limits.MaxDocumentBytes,
		},
		Timeout: o.limits.Timeout, Fallback: prune.Fallback(o.model.Fallback),
		Registry: o.registry, Logger: o.logger,
	})
	return err
}

// info is what the service says about itself.
func (e *engine) info(limits limitSettings) api.Info {
	return api.Info{
		Version: version,
		Model: api.ModelInfo{
			Name: e.bundle.Name, Version: e.bundle.Version, Licence: e.bundle.License,
			Source: e.bundle.Source.BaseModel, MaxTokens: e.bundle.WindowTokens,
		},
		Presets: e.bundle.Thresholds.Presets,
		Scorers: e.pruner.Scorers(),
		Limits: api.InfoLimits{
			Documents: limits.MaxDocuments, DocumentBytes: limits.MaxDocumentBytes,
		},
	}
}

// close frees what was built, in the reverse order.
func (e *engine) close() error {
	var errs []error
	if e.store != nil {
		errs = append(errs, e.store.Close())
	}
	if e.labeler != nil {
		e.labeler.Close()
	}
	if e.session != nil {
		errs = append(errs, e.session.Close())
	}
	if e.runtime != nil {
		errs = append(errs, e.runtime.Close())
	}
	return errors.Join(errs...)
}
