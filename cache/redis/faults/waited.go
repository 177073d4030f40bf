package faults

import (
	"context"
	"sync"
	"time"

	"github.com/ragprune/ragprune/cache"
)

// waited is the time that one request spent on Redis.
type waited struct {
	mu      sync.Mutex
	lookups time.Duration
	longest time.Duration // of its documents, which are computed side by side
}

// total is what the request would have had less without Redis.
func (w *waited) total() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lookups + w.longest
}

// waitedKey is the key of the *waited in a context.
type waitedKey struct{}

// timed is a store that tells a request how long it took.
type timed struct{ cache.Remote }

// Get is that of the store.
func (t timed) Get(ctx context.Context, keys []cache.Key) [][]byte {
	start := time.Now()
	values := t.Remote.Get(ctx, keys)
	if w, ok := ctx.Value(waitedKey{}).(*waited); ok {
		w.mu.Lock()
		w.lookups += time.Since(start)
		w.mu.Unlock()
	}
	return values
}

// Compute is that of the store; the time of compute itself does not count.
func (t timed) Compute(ctx context.Context, key cache.Key, compute func(context.Context) ([]byte, error)) ([]byte, bool, error) {
	var own time.Duration
	start := time.Now()
	value, ran, err := t.Remote.Compute(ctx, key, func(ctx context.Context) ([]byte, error) {
		begin := time.Now()
		defer func() { own = time.Since(begin) }()
		return compute(ctx)
	})
	if w, ok := ctx.Value(waitedKey{}).(*waited); ok {
		w.mu.Lock()
		w.longest = max(w.longest, time.Since(start)-own)
		w.mu.Unlock()
	}
	return value, ran, err
}
