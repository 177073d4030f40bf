package labeler

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	tokens  prometheus.Counter
	windows prometheus.Counter
	run     prometheus.Histogram
	wait    prometheus.Histogram
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		tokens: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ragprune_model_tokens_total",
			Help: "Tokens read by the model, query and special tokens included.",
		}),
		windows: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ragprune_model_windows_total",
			Help: "Windows read by the model.",
		}),
		run: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "ragprune_model_run_seconds",
			Help:    "Time of one run of the model over one window.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 12),
		}),
		wait: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "ragprune_model_wait_seconds",
			Help:    "Time a window waited for a free worker.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 16),
		}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.tokens, m.windows, m.run, m.wait} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
