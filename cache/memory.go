package cache

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/prometheus/client_golang/prometheus"
)

// Key names a value.
type Key = [32]byte

// overhead is what an entry costs beside its value: the key, the nodes of the
// hash table and of the policy.
const overhead = 160

// maxValue is the largest value that is kept, in bytes.
const maxValue = 1 << 30

// Options of a Memory.
type Options struct {
	// Bytes bound the values, their keys and the bookkeeping. Mandatory. With
	// 1, nothing is kept, and computations are still shared.
	Bytes int64
	// TTL is how long a value stays after it was computed. 0 means until it is
	// evicted.
	TTL time.Duration
	// Registry receives the metrics. Nil means none.
	Registry prometheus.Registerer
}

// Validate reports what is missing or out of range.
func (o Options) Validate() error {
	switch {
	case o.Bytes <= 0:
		return fmt.Errorf("cache: Bytes is %d, want more than 0", o.Bytes)
	case o.TTL < 0:
		return fmt.Errorf("cache: TTL is %v, want 0 or more", o.TTL)
	}
	return nil
}

// Memory keeps values in this process. It is safe for concurrent use.
type Memory struct {
	values  *otter.Cache[Key, []byte]
	flights flights
	metrics *metrics
}

// NewMemory returns an empty store.
func NewMemory(o Options) (*Memory, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	m := &Memory{metrics: newMetrics()}
	options := &otter.Options[Key, []byte]{
		MaximumWeight: uint64(o.Bytes), //nolint:gosec // checked to be positive
		Weigher:       func(_ Key, value []byte) uint32 { return uint32(min(len(value), maxValue)) + overhead },
		OnDeletion:    m.deleted,
		Logger:        &otter.NoopLogger{},
	}
	if o.TTL > 0 {
		options.ExpiryCalculator = otter.ExpiryWriting[Key, []byte](o.TTL)
	}
	values, err := otter.New(options)
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	m.values = values
	if err := m.metrics.register(o.Registry, m.Size); err != nil {
		return nil, errors.Join(fmt.Errorf("cache: metrics: %w", err), m.Close())
	}
	return m, nil
}

// Close ends the housekeeping. The store must not be used afterwards.
func (m *Memory) Close() error {
	m.values.StopAllGoroutines()
	return nil
}

// Size is what the values take, in bytes as Options.Bytes counts them.
func (m *Memory) Size() int64 { return int64(m.values.WeightedSize()) } //nolint:gosec // at most Options.Bytes

// Get returns the values of keys, nil where there is none. The values must not
// be changed.
func (m *Memory) Get(_ context.Context, keys []Key) [][]byte {
	values := make([][]byte, len(keys))
	hits := 0
	for i, key := range keys {
		if value, ok := m.values.GetIfPresent(key); ok {
			values[i] = value
			hits++
		}
	}
	m.metrics.hits.Add(float64(hits))
	m.metrics.misses.Add(float64(len(keys) - hits))
	return values
}

// Compute returns the value of key, and runs compute if there is none.
//
// Callers of one key at the same time share one run; shared is false only for
// the caller whose compute ran. The run has the values of the first caller's
// context but outlives it: whoever leaves gets ctx.Err(), the others and the
// store get the value. It ends when the last caller was canceled, as nobody
// wants the value then. An error is given to all who wait, and is not kept. A
// panic of compute becomes a *PanicError.
func (m *Memory) Compute(ctx context.Context, key Key, compute func(context.Context) ([]byte, error)) (value []byte, shared bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	f, flying, first := m.flights.join(ctx, key)
	if first {
		if value, ok := m.values.GetIfPresent(key); ok {
			m.flights.land(key, f, value, nil)
			return value, true, nil
		}
		go m.fly(flying, key, f, compute)
	} else {
		m.metrics.shared.Inc()
	}
	select {
	case <-f.done:
		return f.value, !first, f.err
	case <-ctx.Done():
		m.flights.leave(ctx, key, f)
		return nil, !first, ctx.Err()
	}
}

// fly computes, keeps and hands out the value of key. It lands even if compute
// ends the goroutine, so that nobody waits forever.
func (m *Memory) fly(ctx context.Context, key Key, f *flight, compute func(context.Context) ([]byte, error)) {
	value, err := []byte(nil), errExited
	defer func() {
		if err == nil {
			m.values.Set(key, value)
		}
		m.flights.land(key, f, value, err)
	}()
	value, err = protect(ctx, compute)
}

func (m *Memory) deleted(e otter.DeletionEvent[Key, []byte]) {
	if e.WasEvicted() {
		m.metrics.evictions.Inc()
	}
}
