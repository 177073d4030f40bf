package breaker

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

// Probe asks the server something. nil means that it answers again.
type Probe func(context.Context) error

// Breaker keeps requests away from a server that fails. It is safe for
// concurrent use.
type Breaker struct {
	opened, closed func()
	open           atomic.Bool

	mu       sync.Mutex
	failures int // in a row
	ended    bool
	stop     context.CancelFunc
	stopped  context.Context
	probing  sync.WaitGroup
}

// New returns a closed Breaker. opened and closed are called with each change,
// one at a time, and must not use the Breaker.
func New(opened, closed func()) *Breaker {
	b := &Breaker{opened: opened, closed: closed}
	b.stopped, b.stop = context.WithCancel(context.Background())
	return b
}

// Allows reports whether requests may be sent.
func (b *Breaker) Allows() bool { return !b.open.Load() }

// Calm reports whether the last request did not fail.
func (b *Breaker) Calm() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failures == 0 && b.Allows()
}

// Succeeded counts a request that was answered.
func (b *Breaker) Succeeded() {
	b.mu.Lock()
	b.failures = 0
	b.mu.Unlock()
}

// Failed counts a failure, and after several in a row opens the breaker as Trip
// does.
func (b *Breaker) Failed(p Probe) {
	b.mu.Lock()
	b.failures++
	many := b.failures > tolerated
	b.mu.Unlock()
	if many {
		b.Trip(p)
	}
}

// Trip opens the breaker until p succeeds.
func (b *Breaker) Trip(p Probe) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended || b.open.Load() {
		return
	}
	b.open.Store(true)
	b.opened()
	b.probing.Go(func() { b.recover(p) })
}

// recover probes until that succeeds, and closes the breaker.
func (b *Breaker) recover(p Probe) {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		select {
		case <-b.stopped.Done():
			return
		case <-tick.C:
		}
		if p(b.stopped) != nil {
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

// Close ends probing.
func (b *Breaker) Close() {
	b.mu.Lock()
	b.ended = true
	b.mu.Unlock()
	b.stop()
	b.probing.Wait()
}
