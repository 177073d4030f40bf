package api

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// errFull is returned by gate.enter when as many wait as may.
var errFull = errors.New("api: the queue is full")

// gate lets a number of requests be worked on and a number wait, and refuses
// the rest at once. It is passed after the body was read, so that slow senders
// hold no place in it.
type gate struct {
	places  *semaphore.Weighted // those who work and those who wait
	workers *semaphore.Weighted // those who work
	size    int                 // number of workers
	waiting atomic.Int64

	mu      sync.Mutex
	service time.Duration // moving average of the time a worker is held
}

// serviceWeight is the share of the newest observation in the average.
const serviceWeight = 0.2

func newGate(workers, queue int) *gate {
	return &gate{
		places:  semaphore.NewWeighted(int64(workers + queue)),
		workers: semaphore.NewWeighted(int64(workers)),
		size:    workers,
	}
}

// enter returns once a worker is free, errFull at once if too many wait, or
// the error of ctx. leave must be called when the work is done.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	if !g.places.TryAcquire(1) {
		return nil, errFull
	}
	g.waiting.Add(1)
	err = g.workers.Acquire(ctx, 1)
	g.waiting.Add(-1)
	if err != nil {
		g.places.Release(1)
		return nil, err
	}
	start := time.Now()
	return func() {
		g.observe(time.Since(start))
		g.workers.Release(1)
		g.places.Release(1)
	}, nil
}

// observe adds the time of one request to the average.
func (g *gate) observe(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.service == 0 {
		g.service = d
		return
	}
	g.service += time.Duration(serviceWeight * float64(d-g.service))
}

// Bounds of what a caller is told to wait.
const (
	minRetry = time.Second
	maxRetry = time.Minute
)

// retryAfter estimates when the queue of now will have been served.
func (g *gate) retryAfter() time.Duration {
	g.mu.Lock()
	service := g.service
	g.mu.Unlock()
	queue := float64(g.waiting.Load()+1) / float64(g.size)
	return min(max(time.Duration(queue*float64(service)), minRetry), maxRetry)
}

// budget bounds a sum of bytes held at a time.
type budget struct {
	limit int64
	held  atomic.Int64
}

// take adds n bytes, or refuses.
func (b *budget) take(n int64) bool {
	if b.held.Add(n) > b.limit {
		b.held.Add(-n)
		return false
	}
	return true
}

// give returns n bytes.
func (b *budget) give(n int64) { b.held.Add(-n) }
