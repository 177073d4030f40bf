package redis

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/ragprune/ragprune/cache"
)

// The bounds of what waits to be written, in values and bytes.
const (
	maxWaiting      = 4096
	maxWaitingBytes = 32 << 20
)

// write is a value to be written, or without one the end of a lease.
type write struct {
	key    cache.Key
	value  []byte
	leased bool
}

// writer writes behind: add never waits, and one goroutine sends what has come
// together since its last round trip. What is too much is dropped, and counted:
// a value that is not written is a miss later, no more.
type writer struct {
	store   *Store
	queue   chan write
	waiting atomic.Int64 // bytes
	mu      sync.RWMutex // held while adding, and to close
	closed  bool
	stop    chan struct{}
	done    chan struct{}
}

func newWriter(s *Store) *writer {
	w := &writer{store: s, queue: make(chan write, maxWaiting), stop: make(chan struct{}), done: make(chan struct{})}
	go w.run()
	return w
}

// add puts e into the queue, or drops it.
func (w *writer) add(e write) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	size := int64(len(e.value))
	switch {
	case w.closed:
		w.drop(e, "closed")
		return
	case len(e.value) > maxValue:
		w.drop(e, "too_large")
		e.value, size = nil, 0 // its lease still ends
	case !w.store.breaker.Allows():
		w.drop(e, "breaker_open")
		return
	}
	if w.waiting.Add(size) > maxWaitingBytes {
		w.waiting.Add(-size)
		w.drop(e, "queue_full")
		return
	}
	select {
	case w.queue <- e:
	default:
		w.waiting.Add(-size)
		w.drop(e, "queue_full")
	}
}

func (w *writer) drop(e write, reason string) {
	if e.value != nil {
		w.store.metrics.dropped.WithLabelValues(reason).Inc()
	}
}

// run writes until close, then what is left, as long as there is time.
func (w *writer) run() {
	defer close(w.done)
	for {
		select {
		case e := <-w.queue:
			w.flush(context.Background(), w.collect(e))
		case <-w.stop:
			ctx, cancel := context.WithTimeout(context.Background(), w.store.options.Flush)
			defer cancel()
			w.drain(ctx)
			return
		}
	}
}

func (w *writer) drain(ctx context.Context) {
	for {
		select {
		case e := <-w.queue:
			if batch := w.collect(e); ctx.Err() == nil {
				w.flush(ctx, batch)
			} else {
				for _, e := range batch {
					w.drop(e, "closed")
				}
			}
		default:
			return
		}
	}
}

// maxBatchBytes bounds the values of a round trip.
const maxBatchBytes = 2 << 20

// collect takes what waits beside e, up to the bounds of a round trip.
func (w *writer) collect(e write) []write {
	batch, size := []write{e}, len(e.value)
	for len(batch) < atOnce && size < maxBatchBytes {
		select {
		case e = <-w.queue:
			batch = append(batch, e)
			size += len(e.value)
		default:
			w.waiting.Add(int64(-size))
			return batch
		}
	}
	w.waiting.Add(int64(-size))
	return batch
}

// flush sends a batch in one round trip. A value goes before the end of its
// lease.
func (w *writer) flush(ctx context.Context, batch []write) {
	s := w.store
	if !s.breaker.Allows() {
		for _, e := range batch {
			w.drop(e, "breaker_open")
		}
		return
	}
	stored := make([][]byte, len(batch))
	for i, e := range batch {
		if e.value != nil {
			stored[i], _ = s.codec.encode(e.key, e.value) // add has looked at the size
		}
	}
	ctx, cancel := context.WithTimeout(ctx, s.options.background())
	defer cancel()
	replies := make([]*goredis.StatusCmd, len(batch))
	start := time.Now()
	sent, _ := s.client.Pipelined(ctx, func(p goredis.Pipeliner) error { // each reply has its own error
		for i, e := range batch {
			if stored[i] != nil {
				replies[i] = p.Set(ctx, s.name(e.key), stored[i], s.ttl())
			}
			if e.leased {
				p.Del(ctx, s.leaseName(e.key))
			}
		}
		return nil
	})
	s.observe("set", start)
	for i, reply := range replies {
		switch {
		case reply == nil:
		case reply.Err() != nil:
			w.drop(batch[i], "error")
		default:
			s.metrics.written.Inc()
			s.metrics.bytes.WithLabelValues("written").Add(float64(len(stored[i])))
		}
	}
	s.settleWrite("set", sent, batch[0].key)
}

// settleWrite tells the breaker how a round trip ended that wrote. A Redis that
// refuses to write, because it is full or a replica, is still read.
func (s *Store) settleWrite(op string, sent []goredis.Cmder, key cache.Key) {
	for _, cmd := range sent {
		err := cmd.Err()
		if err == nil || err == goredis.Nil { //nolint:errorlint // go-redis returns it as it is
			continue
		}
		s.fault(op, err)
		if !isReply(err) {
			s.relocate(err)
			s.breaker.Failed(s.probing([]cache.Key{key}))
		}
		return
	}
}

// ttl is the time to live of a value that is written now. It is relative, so no
// clock of ours matters.
func (s *Store) ttl() time.Duration {
	ttl := s.options.TTL
	if ttl == 0 {
		return 0
	}
	return max(ttl-rand.N(ttl/10+1), time.Millisecond).Round(time.Millisecond) //nolint:gosec // scatters times, keeps no secret
}

// close writes what is left and waits for that.
func (w *writer) close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	close(w.stop)
	<-w.done
}
