package prune

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics count what the pruner did. Labels have few values, none of them from
// a request.
type metrics struct {
	requests  *prometheus.CounterVec // result: ok, invalid, canceled, unavailable
	documents prometheus.Counter
	before    prometheus.Counter
	after     prometheus.Counter
	stages    *prometheus.HistogramVec
	lookups   *prometheus.CounterVec // result: hit, miss
	labelled  prometheus.Counter
	embedded  prometheus.Counter
	generated prometheus.Counter
	degraded  *prometheus.CounterVec // reason, used
	// What drifts when the questions or the documents change.
	scores    *prometheus.HistogramVec // scorer
	relevance *prometheus.HistogramVec // scorer
	kept      *prometheus.CounterVec   // scorer
}

// newMetrics registers the metrics; a nil registry takes none.
func newMetrics(r prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "ragprune", Name: name, Help: help})
	}
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "ragprune", Name: name, Help: help}, labels)
	}
	m := &metrics{
		requests:  counters("requests_total", "Prune requests by result.", "result"),
		documents: counter("documents_total", "Documents of answered requests."),
		before:    counter("tokens_before_total", "Tokens of the documents as they came."),
		after:     counter("tokens_after_total", "Tokens of what was returned."),
		stages: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "ragprune", Name: "stage_seconds", Help: "Time of each stage of a request.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 4, 10),
		}, []string{"stage"}),
		lookups:   counters("score_lookups_total", "Documents whose scores were there, or had to be computed.", "result"),
		labelled:  counter("labeler_documents_total", "Documents given to the labeler."),
		embedded:  counter("embedder_documents_total", "Documents given to the embedder; those whose vectors were kept are not."),
		generated: counter("generator_documents_total", "Documents given to the generator."),
		degraded:  counters("degraded_documents_total", "Documents answered otherwise than asked.", "reason", "used"),
	}
	distribution := func(name, help string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "ragprune", Name: name, Help: help, Buckets: []float64{0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9},
		}, []string{"scorer"})
	}
	m.scores = distribution("unit_score", "Scores of sentences and other units; a drift alarm compares it over time.")
	m.relevance = distribution("document_score", "Scores of documents; a drift alarm compares it over time.")
	m.kept = counters("units_kept_total", "Units whose score exceeds the threshold; of how many, unit_score counts.", "scorer")
	if r == nil {
		return m, nil
	}
	var errs []error
	for _, c := range []prometheus.Collector{
		m.requests, m.documents, m.before, m.after, m.stages, m.lookups, m.labelled, m.embedded, m.generated, m.degraded,
		m.scores, m.relevance, m.kept,
	} {
		errs = append(errs, r.Register(c))
	}
	return m, errors.Join(errs...)
}

// count adds what one answered request did.
func (m *metrics) count(s *run, r *Response) {
	m.requests.WithLabelValues("ok").Inc()
	m.documents.Add(float64(r.Usage.Documents))
	m.before.Add(float64(r.Usage.TokensBefore))
	m.after.Add(float64(r.Usage.TokensAfter))
	for _, j := range s.jobs {
		if d := j.degraded; d != nil {
			m.degraded.WithLabelValues(d.Reason, d.Used).Inc()
		}
		m.distribute(j)
	}
	if s.keeps() && s.scorer.reads() {
		m.lookups.WithLabelValues("hit").Add(float64(r.Usage.CacheHits))
		m.lookups.WithLabelValues("miss").Add(float64(r.Usage.Documents - r.Usage.CacheHits))
	}
}

// distribute counts the scores of one document. What no model read has none.
func (m *metrics) distribute(j *job) {
	if j.broken || j.scores == nil {
		return
	}
	scores, kept := m.scores.WithLabelValues(string(j.used)), 0
	for u, v := range j.scores {
		if !j.reads(u) {
			continue
		}
		scores.Observe(float64(v))
		if float64(v) > j.threshold {
			kept++
		}
	}
	m.relevance.WithLabelValues(string(j.used)).Observe(j.score)
	m.kept.WithLabelValues(string(j.used)).Add(float64(kept))
}
