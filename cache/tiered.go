package cache

import (
	"context"
	"sync/atomic"
)

// Remote is a store that several processes share. A fault of it is a miss. It
// is safe for concurrent use.
type Remote interface {
	// Get returns the values of keys, nil where there is none.
	Get(ctx context.Context, keys []Key) [][]byte
	// Compute returns the value of key: that of another process, if one has
	// made it or is making it now, and else that of compute, which it keeps.
	// ran reports whether compute ran.
	Compute(ctx context.Context, key Key, compute func(context.Context) ([]byte, error)) (value []byte, ran bool, err error)
}

// Tiered is a Memory in front of a Remote. What is found in the Remote is put
// into the Memory, where it stays for the time to live of the Memory: counted
// from when it was computed, a value may be given for the time to live of both
// together. It is safe for concurrent use.
type Tiered struct {
	memory *Memory
	remote Remote
}

// NewTiered returns memory in front of remote. The caller closes both.
func NewTiered(memory *Memory, remote Remote) *Tiered { return &Tiered{memory, remote} }

// Get returns the values of keys, nil where there is none. The remote is asked
// at most once, for what is not in memory. The values must not be changed.
func (t *Tiered) Get(ctx context.Context, keys []Key) [][]byte {
	values := t.memory.Get(ctx, keys)
	var missing []Key
	var places []int
	for i, v := range values {
		if v == nil {
			missing = append(missing, keys[i])
			places = append(places, i)
		}
	}
	if len(missing) == 0 {
		return values
	}
	for i, v := range t.remote.Get(ctx, missing) {
		if v != nil {
			values[places[i]] = v
			t.memory.values.Set(missing[i], v)
		}
	}
	return values
}

// Compute is that of Memory, with the remote between it and compute: shared is
// also true if the value came from there.
func (t *Tiered) Compute(ctx context.Context, key Key, compute func(context.Context) ([]byte, error)) (value []byte, shared bool, err error) {
	var foreign atomic.Bool
	value, shared, err = t.memory.Compute(ctx, key, func(ctx context.Context) ([]byte, error) {
		value, ran, err := t.remote.Compute(ctx, key, compute)
		foreign.Store(!ran)
		return value, err
	})
	return value, shared || foreign.Load(), err
}
