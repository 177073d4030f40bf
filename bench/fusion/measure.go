package main

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/ragprune/ragprune/bench/eval/dataset"
	"github.com/ragprune/ragprune/bench/internal/engine"
	"github.com/ragprune/ragprune/bench/internal/report"
	"github.com/ragprune/ragprune/cache"
	"github.com/ragprune/ragprune/prune"
	"github.com/ragprune/ragprune/rerank"
)

// measurer asks one scorer.
type measurer struct {
	engine   *engine.Engine
	embedder *engine.Embedder
	scorer   prune.Scorer
}

// name is that of the scorer and of the embedder that it needs.
func (m measurer) name() string {
	if m.scorer == prune.ScorerBM25 || m.scorer == prune.ScorerLabel {
		return string(m.scorer)
	}
	return string(m.scorer) + ", " + m.embedder.Bundle.Name
}

// pass is what requests of one kind took: milliseconds and model tokens of a
// document, and the processor time of all of them.
type pass struct {
	times, tokens []float64
	processor     float64
}

// measure returns the cells of the scorer's row. queries has as many as there
// are rows twice: those of the second half are other queries.
func (m measurer) measure(ctx context.Context, rows []dataset.Row, queries []string, together int) (cells []string, err error) {
	store, err := cache.NewMemory(cache.Options{Bytes: 256 << 20})
	if err != nil {
		return nil, err
	}
	defer store.Close()
	p, err := m.pruner(store)
	if err != nil {
		return nil, err
	}
	half := len(queries) / 2
	for _, own := range [][]string{queries[:half], queries[half:], queries[half:]} {
		one, err := m.pass(ctx, p, rows, own, together)
		if err != nil {
			return nil, err
		}
		cells = append(cells,
			fmt.Sprintf("%.1f (%.1f to %.1f)", report.Median(one.times), report.Quantile(one.times, 0.25), report.Quantile(one.times, 0.75)),
			report.Number(one.processor, 1), report.Number(report.Mean(one.tokens), 0))
	}
	return cells, nil
}

// pass asks once for every document.
func (m measurer) pass(ctx context.Context, p *prune.Pruner, rows []dataset.Row, queries []string, together int) (one pass, err error) {
	before, asked := processorTime(), 0
	for start := 0; start+together <= len(rows); start += together {
		request := prune.Request{Query: queries[start], Scorer: m.scorer}
		for i := range together {
			request.Documents = append(request.Documents, prune.Document{Text: &rows[start+i].Text})
		}
		begin := time.Now()
		answer, err := p.Prune(ctx, request)
		if err != nil {
			return one, err
		}
		if d := answer.Results[0].Degraded; d != nil {
			return one, fmt.Errorf("degraded: %s", d.Reason)
		}
		one.times = append(one.times, report.Milliseconds(time.Since(begin))/float64(together))
		one.tokens = append(one.tokens, float64(answer.Usage.ModelTokens)/float64(together))
		asked += together
	}
	one.processor = report.Milliseconds(processorTime()-before) / float64(max(asked, 1))
	return one, nil
}

// processorTime is what this process has used of the cores.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (m measurer) pruner(store prune.Store) (*prune.Pruner, error) {
	embedding, err := m.embedder.Embedding(m.engine)
	if err != nil {
		return nil, err
	}
	bundle := m.engine.Bundle
	return prune.New(prune.Options{
		Labeler: m.engine.Labeler, Counter: m.engine.Tokenizer, Store: store, Model: bundle.ID(),
		Embedder: m.embedder, Embedding: embedding,
		Presets: bundle.Thresholds.Presets, DefaultPreset: bundle.Thresholds.Default,
		Calibration: rerank.Calibration(bundle.Calibration), Timeout: time.Hour,
	})
}
