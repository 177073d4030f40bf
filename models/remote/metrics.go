package remote

import "github.com/prometheus/client_golang/prometheus"

// metrics have an endpoint as a label: there are as many as the settings name.
type metrics struct {
	requests *prometheus.CounterVec // endpoint, outcome
	seconds  *prometheus.HistogramVec
	up       *prometheus.GaugeVec
	retries  prometheus.Counter
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ragprune_engine_requests_total",
			Help: "Requests to the serving engine, each one window.",
		}, []string{"endpoint", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "ragprune_engine_request_seconds",
			Help:    "Time of a request to the serving engine that was answered.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
		}, []string{"endpoint"}),
		up: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "ragprune_engine_up",
			Help: "1 while the endpoint is asked, 0 while its breaker is open.",
		}, []string{"endpoint"}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ragprune_engine_retries_total",
			Help: "Requests that another endpoint was asked for after one failed.",
		}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.requests, m.seconds, m.up, m.retries} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
