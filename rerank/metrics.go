package rerank

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// embedderMetrics count what an embedder read. A text whose vectors came from a
// cache is not among them.
type embedderMetrics struct {
	texts  *prometheus.CounterVec // kind: query, text
	tokens prometheus.Counter
	run    prometheus.Histogram
}

func newEmbedderMetrics(r prometheus.Registerer) (*embedderMetrics, error) {
	m := &embedderMetrics{
		texts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ragprune_embedder_texts_total",
			Help: "Queries and sentences that were embedded.",
		}, []string{"kind"}),
		tokens: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ragprune_embedder_tokens_total",
			Help: "Tokens read by the embedder, special tokens included.",
		}),
		run: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "ragprune_embedder_run_seconds",
			Help:    "Time of one run of the embedder over one window.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 12),
		}),
	}
	if r == nil {
		return m, nil
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.texts, m.tokens, m.run} {
		errs = append(errs, r.Register(c))
	}
	return m, errors.Join(errs...)
}
