package redis

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/ragprune/ragprune/cache"
	"github.com/ragprune/ragprune/internal/breaker"
)

// Store keeps values in Redis. It is a cache.Remote. It is safe for concurrent
// use.
type Store struct {
	options Options
	client  goredis.UniversalClient
	codec   *codec
	breaker *breaker.Breaker
	writer  *writer
	leases  *leases // nil: processes do not wait for each other
	metrics *metrics
	log     *faultLog
	closed  atomic.Bool
}

// New returns a store. An error is an *OptionError, or about the metrics: a
// Redis that does not answer is none, but a line in the log, and the store
// begins to work once it does. New waits for it until ctx ends or four times
// Options.Timeout are over.
//
// It turns off the log that go-redis keeps for the whole process, whose lines
// know neither levels nor intervals.
func New(ctx context.Context, o Options) (*Store, error) {
	o = o.withDefaults()
	t, err := newTarget(o)
	if err != nil {
		return nil, err
	}
	logging.Disable()
	s := &Store{options: o, metrics: newMetrics(), log: newFaultLog(o.Logger, o.LogInterval)}
	if s.codec, err = newCodec(); err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	s.client = t.client(s.metrics.dials.Inc)
	s.breaker = breaker.New(func() { s.metrics.opened.Inc() }, s.log.recovered)
	s.writer = newWriter(s)
	if o.Lease > 0 {
		s.leases = newLeases(s)
	}
	if err := s.metrics.register(o.Registry, s); err != nil {
		return nil, errors.Join(fmt.Errorf("redis: metrics: %w", err), s.Close())
	}
	s.start(ctx)
	return s, nil
}

// start finds out whether Redis is there, so that no request has to.
func (s *Store) start(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.options.background())
	defer cancel()
	if err := s.probe(ctx, nil); err != nil {
		s.options.Logger.Warn("Redis does not answer; scores are kept in memory only until it does", "kind", kindOf(err), "error", describe(err))
		s.log.outage()
		s.breaker.Trip(s.probing(nil))
	}
}

// Healthy reports whether requests are sent to Redis at present.
func (s *Store) Healthy() bool { return s.breaker.Allows() }

// Compute returns the value of key. If another process is computing it, that
// one's value is waited for, as long as that process lives; else compute runs,
// ran is true, and the value is written after Compute has returned. An error is
// that of compute.
func (s *Store) Compute(ctx context.Context, key cache.Key, compute func(context.Context) ([]byte, error)) (value []byte, ran bool, err error) {
	leased := false
	if s.leases != nil {
		if value, leased = s.leases.claim(ctx, key); value != nil {
			return value, false, nil
		}
	}
	computed := false
	defer func() { // also after a panic
		if leased {
			s.leases.drop(key)
		}
		switch {
		case computed:
			s.writer.add(write{key: key, value: value, leased: leased})
		case leased:
			s.writer.add(write{key: key, leased: true})
		}
	}()
	value, err = compute(ctx)
	computed = err == nil
	return value, true, err
}

// Close writes what is left, for Options.Flush at most, and ends all
// connections. It may be called twice.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	s.breaker.Close()
	if s.leases != nil {
		s.leases.close()
	}
	s.writer.close()
	err := s.client.Close()
	s.codec.close()
	return err
}

// name is the name of key in Redis.
func (s *Store) name(key cache.Key) string {
	return s.options.Prefix + ":{" + base64.RawURLEncoding.EncodeToString(key[:]) + "}"
}

// observe records the time of a round trip that began at start.
func (s *Store) observe(op string, start time.Time) {
	s.metrics.seconds.WithLabelValues(op).Observe(time.Since(start).Seconds())
}

// fault counts a fault and lets the log know.
func (s *Store) fault(op string, err error) {
	kind := kindOf(err)
	s.metrics.faults.WithLabelValues(op, kind).Inc()
	s.log.add(op, kind, err)
}
