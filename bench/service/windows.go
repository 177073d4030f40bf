package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ragprune/ragprune/bench/internal/engine"
	"github.com/ragprune/ragprune/labeler"
	"github.com/ragprune/ragprune/prune"
	"github.com/ragprune/ragprune/rerank"
)

// window is what the model reads in one run.
type window struct{ ids, types []int64 }

// recorder takes the place of the session and remembers what it was given.
type recorder struct {
	mu      sync.Mutex
	windows []window
}

// Run answers every token and the document with 0.
func (r *recorder) Run(ids, types []int64) ([][]float32, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.windows = append(r.windows, window{ids, types})
	return [][]float32{make([]float32, len(ids)), {0}}, nil
}

// windowsOf sends requests through the packages of the service, without its
// model, and returns the windows that would have run.
func windowsOf(ctx context.Context, e *engine.Engine, requests []prune.Request) ([]window, error) {
	r := &recorder{}
	l, err := labeler.New(labeler.Options{Runner: r, Tokenizer: e.Tokenizer, Manifest: e.Bundle.Manifest})
	if err != nil {
		return nil, err
	}
	defer l.Close()
	p, err := prune.New(prune.Options{
		Labeler: l, Counter: e.Tokenizer, Model: e.Bundle.ID(),
		Presets: e.Bundle.Thresholds.Presets, DefaultPreset: e.Bundle.Thresholds.Default,
		Calibration: rerank.Calibration(e.Bundle.Calibration), Timeout: time.Hour,
	})
	if err != nil {
		return nil, err
	}
	for _, request := range requests {
		if _, err := p.Prune(ctx, request); err != nil {
			return nil, fmt.Errorf("windows: %w", err)
		}
	}
	return r.windows, nil
}
