package catalog

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	seconds prometheus.Histogram
	loads   *prometheus.CounterVec // result: ok, failed
	unloads prometheus.Counter
	reloads *prometheus.CounterVec // result: ok, partial, failed
}

// newMetrics registers the metrics; loaded counts the loaded models.
func newMetrics(r prometheus.Registerer, loaded func() (n int, bytes int64)) (*metrics, error) {
	m := &metrics{
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "ragprune_model_load_seconds",
			Help:    "Time to verify, load and warm a model.",
			Buckets: prometheus.ExponentialBuckets(0.01, 2, 14),
		}),
		loads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ragprune_model_loads_total", Help: "Models loaded, at the start, on first use and by reloads.",
		}, []string{"result"}),
		unloads: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ragprune_model_unloads_total", Help: "Models unloaded to make room for others.",
		}),
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ragprune_model_reloads_total",
			Help: "Reloads of the models; partial if a bundle was kept because what replaces it cannot be used.",
		}, []string{"result"}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{
		m.seconds, m.loads, m.unloads, m.reloads,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "ragprune_models_loaded", Help: "Models in memory.",
		}, func() float64 { n, _ := loaded(); return float64(n) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "ragprune_models_loaded_bytes", Help: "Size of the files of the models in memory.",
		}, func() float64 { _, bytes := loaded(); return float64(bytes) }),
	} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) load(took time.Duration, err error) {
	if err != nil {
		m.loads.WithLabelValues("failed").Inc()
		return
	}
	m.loads.WithLabelValues("ok").Inc()
	m.seconds.Observe(took.Seconds())
}

func (m *metrics) reload(result string) { m.reloads.WithLabelValues(result).Inc() }
