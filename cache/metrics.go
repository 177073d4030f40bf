package cache

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics count what the store did.
type metrics struct {
	hits, misses, shared, evictions prometheus.Counter
}

func newMetrics() *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "ragprune", Subsystem: "cache", Name: name, Help: help, ConstLabels: tier()})
	}
	return &metrics{
		hits:      counter("hits_total", "Lookups that found a value."),
		misses:    counter("misses_total", "Lookups that found none."),
		shared:    counter("shared_total", "Computations that were waited for instead of run twice."),
		evictions: counter("evictions_total", "Values dropped for space or age."),
	}
}

// tier tells the metrics of the memory from those that other tiers have under
// the same names.
func tier() prometheus.Labels { return prometheus.Labels{"tier": "memory"} }

// register adds the metrics and the gauge of the size; a nil registry takes none.
func (m *metrics) register(r prometheus.Registerer, size func() int64) error {
	if r == nil {
		return nil
	}
	gauge := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "ragprune", Subsystem: "cache", Name: "bytes", Help: "Size of the values kept, with keys and bookkeeping.", ConstLabels: tier(),
	}, func() float64 { return float64(size()) })
	var errs []error
	for _, c := range []prometheus.Collector{m.hits, m.misses, m.shared, m.evictions, gauge} {
		errs = append(errs, r.Register(c))
	}
	return errors.Join(errs...)
}
