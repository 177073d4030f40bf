package faults

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ragprune/ragprune/prune"
)

// stream is callers who ask one request after another, each with the cache and
// without.
type stream struct {
	runner  *Runner
	pruner  *prune.Pruner
	next    atomic.Int64
	over    context.CancelFunc
	callers sync.WaitGroup

	mu sync.Mutex
	Row
	with, without, waited []time.Duration
	late                  []time.Duration
}

// stream starts the callers.
func (r *Runner) stream(ctx context.Context, p *prune.Pruner) *stream {
	s := &stream{runner: r, pruner: p}
	over, stop := context.WithCancel(ctx)
	s.over = stop
	for range r.options.Callers {
		s.callers.Go(func() {
			for over.Err() == nil {
				s.pair(ctx, int(s.next.Add(1)))
			}
		})
	}
	s.callers.Go(func() { s.rest(over) })
	return s
}

// nap is what rest sleeps at a time.
const nap = 5 * time.Millisecond

// rest notes how late it wakes up: whoever waits for Redis on a busy machine
// wakes up as late, and Redis is not to blame for that.
func (s *stream) rest(over context.Context) {
	for over.Err() == nil {
		start := time.Now()
		time.Sleep(nap)
		s.late = append(s.late, time.Since(start)-nap) // nobody else until all have stopped
	}
}

// pair asks one request both ways, now the one and now the other first.
func (s *stream) pair(ctx context.Context, n int) {
	i := n % len(s.runner.requests)
	var with, without answer
	var err error
	if n%2 == 0 {
		without, _ = s.runner.ask(ctx, s.runner.bare, i)
	}
	with, err = s.runner.ask(ctx, s.pruner, i)
	if n%2 != 0 {
		without, _ = s.runner.ask(ctx, s.runner.bare, i)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Requests++
	switch {
	case err != nil || with.degraded:
		s.Failed++
	case !bytes.Equal(with.body, s.runner.answers[i]):
		s.Wrong++
	}
	s.with = append(s.with, with.took)
	s.without = append(s.without, without.took)
	s.waited = append(s.waited, with.waited)
}

// stop lets the callers finish their requests.
func (s *stream) stop() {
	s.over()
	s.callers.Wait()
}

// row sums up.
func (s *stream) row() Row {
	row := s.Row
	row.With, row.Without, row.Waited, row.Late = timesOf(s.with), timesOf(s.without), timesOf(s.waited), timesOf(s.late)
	return row
}
