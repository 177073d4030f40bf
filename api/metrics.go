package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/ragprune/ragprune/api/admission"
)

// metrics are labelled by route pattern, method and status only, so that
// callers cannot make new series.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
	queued   prometheus.Histogram
	refused  *prometheus.CounterVec
	panics   prometheus.Counter
	items    *prometheus.CounterVec
}

// seconds are the bounds of histograms of time: from a cache hit to a batch of
// long pages on a small machine.
func seconds() []float64 {
	return []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
}

// newMetrics registers the metrics of the API and those of q and b.
func newMetrics(r prometheus.Registerer, q *admission.Queue, b *budget) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ragprune_http_requests_total",
			Help: "Requests answered, by route, method and status; 499 is a client that left.",
		}, []string{"route", "method", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "ragprune_http_request_duration_seconds",
			Help:    "Time from the header of a request to the end of its answer.",
			Buckets: seconds(),
		}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "ragprune_http_requests_in_flight",
			Help: "Requests that are being read, waiting or worked on.",
		}),
		queued: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "ragprune_http_queue_seconds",
			Help:    "Time that prune requests waited for a worker.",
			Buckets: seconds(),
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ragprune_http_refused_total",
			Help: "Requests answered with 429 at once, by what kept them out: queue, rate or concurrency.",
		}, []string{"reason"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ragprune_http_panics_total",
			Help: "Handlers that panicked and were answered with 500.",
		}),
	}
	m.items = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ragprune_http_batch_items_total",
		Help: "Items of batches, by the code of their problem; ok is an answer.",
	}, []string{"code"})
	waiting := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "ragprune_http_queue_length",
		Help: "Prune requests that wait for a worker.",
	}, func() float64 { return float64(q.Waiting()) })
	held := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "ragprune_http_body_bytes_held",
		Help: "Bytes of request bodies in memory.",
	}, func() float64 { return float64(b.held.Load()) })
	for _, c := range []prometheus.Collector{m.requests, m.duration, m.inFlight, m.queued, m.refused, m.panics, m.items, waiting, held} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// count adds one finished request; a trace of it becomes an exemplar.
func (m *metrics) count(route, method string, status int, took time.Duration, trace trace.SpanContext) {
	m.requests.WithLabelValues(route, knownMethod(method), strconv.Itoa(status)).Inc()
	duration := m.duration.WithLabelValues(route)
	if e, ok := duration.(prometheus.ExemplarObserver); ok && trace.IsSampled() {
		e.ObserveWithExemplar(took.Seconds(), prometheus.Labels{"trace_id": trace.TraceID().String()})
		return
	}
	duration.Observe(took.Seconds())
}

// knownMethod bounds the values of a label that callers choose.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodOptions, http.MethodConnect, http.MethodTrace:
		return method
	}
	return "other"
}
