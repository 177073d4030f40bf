package generate

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics count what a generator read. A document whose scores came from a
// cache is not among it.
type metrics struct {
	blocks *prometheus.CounterVec // result: read, unread
	nodes  *prometheus.CounterVec // result: passed, skipped
	passes prometheus.Counter
	tokens prometheus.Counter
	run    prometheus.Histogram
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Namespace: "ragprune", Subsystem: "generator", Name: name, Help: help}
	}
	m := &metrics{
		blocks: prometheus.NewCounterVec(counter("blocks_total", "Blocks of documents, and those that did not fit into the window."), []string{"result"}),
		nodes:  prometheus.NewCounterVec(counter("nodes_total", "Tokens of block paths that a pass decided, and those that stood alone and needed none."), []string{"result"}),
		passes: prometheus.NewCounter(counter("passes_total", "Forward passes of the generator.")),
		tokens: prometheus.NewCounter(counter("tokens_total", "Tokens read by the generator.")),
		run: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "ragprune_generator_run_seconds",
			Help:    "Time of one forward pass of the generator.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 16),
		}),
	}
	if r == nil {
		return m, nil
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.blocks, m.nodes, m.passes, m.tokens, m.run} {
		errs = append(errs, r.Register(c))
	}
	return m, errors.Join(errs...)
}

// count adds the scores of a document of so many blocks.
func (m *metrics) count(s Scores, blocks int) {
	m.blocks.WithLabelValues("read").Add(float64(s.Read))
	m.blocks.WithLabelValues("unread").Add(float64(blocks - s.Read))
	m.nodes.WithLabelValues("passed").Add(float64(s.Stats.Nodes - s.Stats.Skipped))
	m.nodes.WithLabelValues("skipped").Add(float64(s.Stats.Skipped))
	m.passes.Add(float64(s.Stats.Passes))
	m.tokens.Add(float64(s.Stats.Tokens))
}
