package pruning

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ragprune/ragprune/bench/internal/engine"
	"github.com/ragprune/ragprune/cache"
	"github.com/ragprune/ragprune/prune"
	"github.com/ragprune/ragprune/rerank"
)

// Pruner prunes one document at a time with the model of an engine. The model
// runs once for a document and query: other settings take its scores from a
// cache. It is safe for concurrent use.
type Pruner struct {
	// Model is "name@version".
	Model  string
	pruner *prune.Pruner
	named  map[string]float64
}

// New returns a Pruner; the engine must stay open while it is used.
func New(e *engine.Engine) (*Pruner, error) {
	store, err := cache.NewMemory(cache.Options{Bytes: 256 << 20})
	if err != nil {
		return nil, err
	}
	p := &Pruner{Model: e.Bundle.ID(), named: e.Bundle.Thresholds.Presets}
	p.pruner, err = prune.New(prune.Options{
		Labeler: e.Labeler, Counter: e.Tokenizer, Store: store, Model: p.Model,
		Presets: p.named, DefaultPreset: e.Bundle.Thresholds.Default,
		Calibration: rerank.Calibration(e.Bundle.Calibration), Timeout: time.Hour,
	})
	return p, err
}

// Presets lists the thresholds behind the names, for a report.
func (p *Pruner) Presets() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(p.named)) {
		parts = append(parts, fmt.Sprintf("%s %g", name, p.named[name]))
	}
	return strings.Join(parts, ", ")
}

// Prune answers a request for one document, which must not name a threshold.
// The setting is a threshold or the name of a preset. A result that is not the
// model's own is an error.
func (p *Pruner) Prune(ctx context.Context, r prune.Request, setting string) (prune.Result, error) {
	if t, err := strconv.ParseFloat(setting, 64); err == nil {
		r.Threshold = &t
	} else {
		r.Preset = setting
	}
	response, err := p.pruner.Prune(ctx, r)
	if err != nil {
		return prune.Result{}, err
	}
	got := response.Results[0]
	if got.Degraded != nil {
		return got, fmt.Errorf("degraded: %s", got.Degraded.Reason)
	}
	return got, nil
}
