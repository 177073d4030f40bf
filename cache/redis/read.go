package redis

import (
	"context"
	"slices"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/ragprune/ragprune/cache"
	"github.com/ragprune/ragprune/internal/breaker"
)

// atOnce is the number of keys of a round trip at most.
const atOnce = 64

// maxStored is the largest stored value, and maxStored the last byte asked for:
// one more than there may be, so that a longer one is noticed but not fetched.
const maxStored = headerBytes + maxValue + sumBytes

// Get returns the values of keys, nil where there is none. It asks for up to 64
// keys in one round trip. What takes longer than Options.Timeout, and whatever
// else goes wrong, is a miss.
func (s *Store) Get(ctx context.Context, keys []cache.Key) [][]byte {
	values := make([][]byte, len(keys))
	for first := 0; first < len(keys) && s.breaker.Allows(); first += atOnce {
		last := min(first+atOnce, len(keys))
		if s.read(ctx, "get", keys[first:last], values[first:last]) != nil {
			break
		}
	}
	hits := 0
	for _, v := range values {
		if v != nil {
			hits++
		}
	}
	s.metrics.hits.Add(float64(hits))
	s.metrics.misses.Add(float64(len(keys) - hits))
	return values
}

// read fills values; an error means that Redis did not do what it was asked.
//
// It sends a GETRANGE per key and not one MGET. Both are one round trip; but a
// GETRANGE is bounded, whatever lies under the key, it is refused by itself
// where the type is wrong, and in a Cluster, where MGET needs keys of one slot,
// go-redis sends each node its own part.
func (s *Store) read(ctx context.Context, op string, keys []cache.Key, values [][]byte) error {
	bounded, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	replies := make([]*goredis.StringCmd, len(keys))
	start := time.Now()
	_, _ = s.client.Pipelined(bounded, func(p goredis.Pipeliner) error { // each reply has its own error
		for i, key := range keys {
			replies[i] = p.GetRange(bounded, s.name(key), 0, maxStored)
		}
		return nil
	})
	s.observe(op, start)
	if ctx.Err() != nil {
		return ctx.Err() // the caller's time is over; that is no fault of Redis
	}
	var failure error
	for i, reply := range replies {
		var err error
		if values[i], err = s.take(op, keys[i], reply); err != nil && failure == nil {
			failure = err
		}
	}
	s.settle(op, failure, keys)
	return failure
}

// take returns the value in reply, nil if there is none or a wrong one. An
// error means that Redis failed.
func (s *Store) take(op string, key cache.Key, reply *goredis.StringCmd) ([]byte, error) {
	stored, err := reply.Bytes()
	if isWrongType(err) {
		s.fault(op, err)
		return nil, nil
	}
	if err != nil || len(stored) == 0 {
		return nil, err
	}
	s.metrics.bytes.WithLabelValues("read").Add(float64(len(stored)))
	value, err := s.codec.decode(key, stored)
	if err != nil {
		s.fault(op, err)
		return nil, nil
	}
	return value, nil
}

// settle tells the breaker how a round trip ended.
func (s *Store) settle(op string, failure error, keys []cache.Key) {
	if failure == nil {
		s.breaker.Succeeded()
		return
	}
	s.fault(op, failure)
	s.relocate(failure)
	s.breaker.Failed(s.probing(keys))
}

// relocate asks a Cluster who has which slots after a fault of one of its nodes.
// By itself go-redis does so when a node says that a slot has moved, which a
// dead one does not, and else once a minute.
func (s *Store) relocate(fault error) {
	if c, ok := s.client.(*goredis.ClusterClient); ok && !isReply(fault) {
		c.ReloadState(context.Background()) // returns at once
	}
}

// probing is a probe of keys, which the caller may use again.
func (s *Store) probing(keys []cache.Key) breaker.Probe {
	keys = slices.Clone(keys)
	return func(ctx context.Context) error { return s.probe(ctx, keys) }
}

// probe reads keys, those of a round trip that failed, to see whether Redis
// answers again: in a Cluster that is about their nodes. Without keys it reads
// one that nothing is stored under.
func (s *Store) probe(ctx context.Context, keys []cache.Key) error {
	if len(keys) == 0 {
		keys = make([]cache.Key, 1)
	}
	bounded, cancel := context.WithTimeout(ctx, s.options.background())
	defer cancel()
	start := time.Now()
	replies, _ := s.client.Pipelined(bounded, func(p goredis.Pipeliner) error {
		for _, key := range keys {
			p.GetRange(bounded, s.name(key), 0, 0)
		}
		return nil
	})
	s.observe("probe", start)
	for _, reply := range replies {
		if err := reply.Err(); err != nil && !isWrongType(err) {
			s.metrics.faults.WithLabelValues("probe", kindOf(err)).Inc()
			s.relocate(err)
			return err
		}
	}
	return nil
}
