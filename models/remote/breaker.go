package remote

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// tolerated is the number of failures in a row, one less than those that
	// open the breaker: a single one may be chance.
	tolerated = 2
	// probeEvery is the time between two probes while it is open.
	probeEvery = 500 * time.Millisecond
)

// breaker keeps requests away from an endpoint that fails. As that of
// cache/redis, it probes in a goroutine of its own while it is open, so no
// request pays for finding out.
type breaker struct {
	probe          func(context.Context) error
	opened, closed func()
	open           atomic.Bool

	mu       sync.Mutex
	failures int // in a row
	ended    bool
	stop     context.CancelFunc
	stopped  context.Context
	probing  sync.WaitGroup
}

// newBreaker returns a closed breaker. opened and closed are called after each
// change.
func newBreaker(probe func(context.Context) error, opened, closed func()) *breaker {
	b := &breaker{probe: probe, opened: opened, closed: closed}
	b.stopped, b.stop = context.WithCancel(context.Background())
	return b
}

// allows reports whether requests may be sent.
func (b *breaker) allows() bool { return !b.open.Load() }

func (b *breaker) succeeded() {
	b.mu.Lock()
	b.failures = 0
	b.mu.Unlock()
}

func (b *breaker) failed() {
	b.mu.Lock()
	b.failures++
	many := b.failures > tolerated
	b.mu.Unlock()
	if many {
		b.trip()
	}
}

// trip opens the breaker until a probe succeeds.
func (b *breaker) trip() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended || b.open.Load() {
		return
	}
	b.open.Store(true)
	b.opened()
	b.probing.Go(b.recover)
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
		if b.probe(b.stopped) != nil {
			continue
		}
		b.mu.Lock()
		b.failures = 0
		b.closed()
		b.open.Store(false)
		b.mu.Unlock()
		return
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
