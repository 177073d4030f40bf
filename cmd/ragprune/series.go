package main

import (
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// modelSeries are the metrics of one loaded model. They carry its name, are
// shown while requests reach it and go with it; the counts of a model that took
// the place of another begin at 0.
type modelSeries struct {
	to  prometheus.Registerer // nil: shown nowhere
	mu  sync.Mutex
	own []prometheus.Collector
}

func newModelSeries(to prometheus.Registerer, model string) *modelSeries {
	if to == nil {
		return &modelSeries{}
	}
	return &modelSeries{to: prometheus.WrapRegistererWith(prometheus.Labels{"model": model}, to)}
}

// Register takes a collector that is shown later.
func (s *modelSeries) Register(c prometheus.Collector) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.own = append(s.own, c)
	return nil
}

// MustRegister is Register of several.
func (s *modelSeries) MustRegister(list ...prometheus.Collector) {
	for _, c := range list {
		_ = s.Register(c) // it always returns nil
	}
}

// Unregister forgets a collector.
func (s *modelSeries) Unregister(c prometheus.Collector) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.own, c)
	if i < 0 {
		return false
	}
	s.own = slices.Delete(s.own, i, i+1)
	return true
}

// Publish shows the metrics.
func (s *modelSeries) Publish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.to != nil {
		s.to.MustRegister(s.own...)
	}
}

// Withdraw hides them.
func (s *modelSeries) Withdraw() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.to != nil {
		for _, c := range s.own {
			s.to.Unregister(c)
		}
	}
}
