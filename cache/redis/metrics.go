package redis

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics count what the store did. Those that every tier has are called as in
// package cache, with another tier.
type metrics struct {
	hits, misses prometheus.Counter
	faults       *prometheus.CounterVec   // op, kind
	seconds      *prometheus.HistogramVec // op
	opened       prometheus.Counter
	written      prometheus.Counter
	dropped      *prometheus.CounterVec // reason
	bytes        *prometheus.CounterVec // direction
	leases       *prometheus.CounterVec // result
	dials        prometheus.Counter
}

func newMetrics() *metrics {
	options := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Namespace: "ragprune", Subsystem: "cache", Name: name, Help: help, ConstLabels: tier()}
	}
	counter := func(name, help string) prometheus.Counter { return prometheus.NewCounter(options(name, help)) }
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(options(name, help), labels)
	}
	return &metrics{
		hits:   counter("hits_total", "Lookups that found a value."),
		misses: counter("misses_total", "Lookups that found none."),
		faults: counters("errors_total", "Faults by operation and kind; each is a miss or a lost write.", "op", "kind"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "ragprune", Subsystem: "cache", Name: "seconds", ConstLabels: tier(),
			Help:    "Time of a round trip.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1},
		}, []string{"op"}),
		opened:  counter("breaker_opened_total", "Times that requests were kept away."),
		written: counter("writes_total", "Values written."),
		dropped: counters("dropped_writes_total", "Values that were not written, by reason.", "reason"),
		bytes:   counters("transferred_bytes_total", "Bytes of values read and written.", "direction"),
		leases:  counters("leases_total", "Computations by what became of their lease.", "result"),
		dials:   counter("dials_total", "Connections begun."),
	}
}

func tier() prometheus.Labels { return prometheus.Labels{"tier": "redis"} }

// register adds the metrics and the gauges of s; a nil registry takes none.
func (m *metrics) register(r prometheus.Registerer, s *Store) error {
	if r == nil {
		return nil
	}
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: "ragprune", Subsystem: "cache", Name: name, Help: help, ConstLabels: tier(),
		}, value)
	}
	collectors := []prometheus.Collector{
		m.hits, m.misses, m.faults, m.seconds, m.opened, m.written, m.dropped, m.bytes, m.leases, m.dials,
		gauge("breaker_open", "1 while requests are kept away.", func() float64 {
			if s.breaker.Allows() {
				return 0
			}
			return 1
		}),
		gauge("connections", "Open connections.", func() float64 { return float64(s.client.PoolStats().TotalConns) }),
		gauge("queued_bytes", "Bytes of values that wait to be written.", func() float64 { return float64(s.writer.waiting.Load()) }),
	}
	var errs []error
	for _, c := range collectors {
		errs = append(errs, r.Register(c))
	}
	return errors.Join(errs...)
}
