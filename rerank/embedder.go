package rerank

import (
	"context"
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/tokenizer"
	"github.com/ragprune/ragprune/models/workers"
)

// Runner runs the graph of an embedder over one sequence; the only output is
// the last layer, row by row. See ort.Session.
type Runner interface {
	Run(ids, types []int64) (outputs [][]float32, err error)
}

// EmbedderOptions are the options of an Embedder.
type EmbedderOptions struct {
	// Runner holds the graph. Mandatory, safe for concurrent use.
	Runner Runner
	// Tokenizer belongs to the graph. Mandatory.
	Tokenizer *tokenizer.Tokenizer
	// Manifest is that of the bundle, of kind embedder. Mandatory, valid.
	Manifest models.Manifest
	// Pool runs the windows, beside those of other models. Mandatory; who made
	// it closes it, after the last call.
	Pool *workers.Pool
	// Registry receives the metrics. Nil means none.
	Registry prometheus.Registerer
}

// Validate reports what is missing.
func (o EmbedderOptions) Validate() error {
	switch {
	case o.Runner == nil:
		return errors.New("embedder: Runner is mandatory")
	case o.Tokenizer == nil:
		return errors.New("embedder: Tokenizer is mandatory")
	case o.Pool == nil:
		return errors.New("embedder: Pool is mandatory")
	}
	if err := o.Manifest.Validate(); err != nil {
		return fmt.Errorf("embedder: manifest: %w", err)
	}
	if o.Manifest.Kind != models.KindEmbedder {
		return fmt.Errorf("embedder: the bundle is of kind %q, want %q", o.Manifest.Kind, models.KindEmbedder)
	}
	return nil
}

// Embedder turns texts into vectors with a bi-encoder: each text is read by
// itself, so its vector depends on nothing else. It is safe for concurrent use.
type Embedder struct {
	runner    Runner
	tokenizer *tokenizer.Tokenizer
	manifest  models.Manifest
	cls, sep  int32
	pool      *workers.Pool
	metrics   *embedderMetrics
}

// NewEmbedder returns an Embedder.
func NewEmbedder(o EmbedderOptions) (*Embedder, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	cls, sep, err := o.Tokenizer.Markers()
	if err != nil {
		return nil, fmt.Errorf("embedder: %w", err)
	}
	m, err := newEmbedderMetrics(o.Registry)
	if err != nil {
		return nil, fmt.Errorf("embedder: metrics: %w", err)
	}
	return &Embedder{
		runner: o.Runner, tokenizer: o.Tokenizer, manifest: o.Manifest,
		cls: cls, sep: sep, pool: o.Pool, metrics: m,
	}, nil
}

// EmbedQuery returns the vectors of a query, which the manifest's prefix marks
// as one: a single one unless the query is longer than a window.
func (e *Embedder) EmbedQuery(ctx context.Context, query string) (Embeddings, error) {
	return e.embed(ctx, []string{e.manifest.Embedding.QueryPrefix + query}, "query")
}

// EmbedTexts returns the vectors of texts. A text longer than a window is read
// in several and has a vector for each; one without tokens has none. Equal
// texts are read once.
//
// The context is looked at before each window; when it ends, EmbedTexts returns
// its error.
func (e *Embedder) EmbedTexts(ctx context.Context, texts []string) (Embeddings, error) {
	return e.embed(ctx, texts, "text")
}

func (e *Embedder) embed(ctx context.Context, texts []string, kind string) (Embeddings, error) {
	plan := e.plan(texts)
	vectors, err := e.runAll(ctx, plan.windows)
	if err != nil {
		return Embeddings{}, err
	}
	out := Embeddings{Ends: make([]int, len(texts))}
	for i, own := range plan.texts {
		out.Vectors = append(out.Vectors, vectors[own.first:own.last]...)
		out.Ends[i] = len(out.Vectors)
	}
	for _, w := range plan.windows {
		out.Tokens += len(w.ids)
	}
	e.metrics.texts.WithLabelValues(kind).Add(float64(len(texts)))
	return out, nil
}
