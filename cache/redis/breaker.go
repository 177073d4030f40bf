package redis

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ragprune/ragprune/cache"
)

const (
	// tolerated is the number of failures in a row, one less than those that
	// open the breaker: a single one may be chance.
	tolerated = 2
	// probeEvery is the time between two probes while it is open.
	probeEvery = 500 * time.Millisecond
)

// breaker keeps requests away from a Redis that fails. While it is open, a
// goroutine of its own probes; no request pays for finding out, as it would with
// a breaker that lets one through now and then.
type breaker struct {
	probe          func(context.Context, []cache.Key) error
	opened, closed func()
	open           atomic.Bool

	mu       sync.Mutex
	failures int // in a row
	keys     []cache.Key
	ended    bool
	stop     context.CancelFunc
	stopped  context.Context
	probing  sync.WaitGroup
}

// newBreaker returns a closed breaker. opened and closed are called after each
// change.
func newBreaker(probe func(context.Context, []cache.Key) error, opened, closed func()) *breaker {
	b := &breaker{probe: probe, opened: opened, closed: closed}
	b.stopped, b.stop = context.WithCancel(context.Background())
	return b
}

// allows reports whether requests may be sent.
func (b *breaker) allows() bool { return !b.open.Load() }

// calm reports whether the last request did not fail.
func (b *breaker) calm() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failures == 0 && b.allows()
}

func (b *breaker) succeeded() {
	b.mu.Lock()
	b.failures = 0
	b.mu.Unlock()
}

// failed counts a failure about keys.
func (b *breaker) failed(keys []cache.Key) {
	b.mu.Lock()
	b.failures++
	many := b.failures > tolerated
	b.mu.Unlock()
	if many {
		b.trip(keys)
	}
}

// trip opens the breaker until a probe of keys succeeds.
func (b *breaker) trip(keys []cache.Key) {
	b.mu.Lock()
	if b.ended || b.open.Load() {
		b.mu.Unlock()
		return
	}
	b.open.Store(true)
	b.keys = slices.Clone(keys)
	b.probing.Go(b.recover)
	b.mu.Unlock()
	b.opened()
}

// recover probes until that succeeds, and closes the breaker.
func (b *breaker) recover() {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		select {
		case <-b.stopped.Done():
			return
		case <-tick.C:
		}
		if b.probe(b.stopped, b.keys) == nil {
			b.mu.Lock()
			b.failures = 0
			b.open.Store(false)
			b.mu.Unlock()
			b.closed()
			return
		}
	}
}

// close ends probing.
func (b *breaker) close() {
	b.mu.Lock()
	b.ended = true
	b.mu.Unlock()
	b.stop()
	b.probing.Wait()
}
