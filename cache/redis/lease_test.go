package redis_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ragprune/ragprune/cache"
	"github.com/ragprune/ragprune/cache/redis"
)

// compute asks s for the value of k, and counts how often it had to be made.
func compute(t *testing.T, s *redis.Store, k cache.Key, runs *atomic.Int64, work func()) {
	t.Helper()
	got, ran, err := s.Compute(context.Background(), k, func(context.Context) ([]byte, error) {
		runs.Add(1)
		work()
		return []byte("value"), nil
	})
	if string(got) != "value" || err != nil {
		t.Errorf("%q, ran %v, %v", got, ran, err)
	}
}

// Of two processes one computes, and the other has its value.
func TestLease(t *testing.T) {
	server := startServer(t)
	registry := prometheus.NewRegistry()
	o := redis.Options{URL: server.Address, Lease: 10 * time.Second}
	one := open(t, o)
	o.Registry = registry
	other := open(t, o)
	var runs atomic.Int64
	begun, release := make(chan struct{}), make(chan struct{})
	var both sync.WaitGroup
	both.Go(func() { compute(t, one, key(1), &runs, func() { close(begun); <-release }) })
	<-begun
	both.Go(func() { compute(t, other, key(1), &runs, func() {}) })
	eventually(t, "the other one has not asked", func() bool { return one.Healthy() && metricCount(t, registry, "lease") >= 2 })
	close(release)
	both.Wait()
	if n := runs.Load(); n != 1 {
		t.Errorf("%d processes computed", n)
	}
	// What is in Redis by now is not computed again, whoever asks.
	compute(t, other, key(1), &runs, func() {})
	if n := runs.Load(); n != 1 {
		t.Errorf("%d runs", n)
	}
}

// metricCount is the number of round trips of an operation.
func metricCount(t *testing.T, registry *prometheus.Registry, op string) uint64 {
	t.Helper()
	families, err := registry.Gather()
	fatal(t, err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if f.GetName() == "ragprune_cache_seconds" && l.GetName() == "op" && l.GetValue() == op {
					return m.GetHistogram().GetSampleCount()
				}
			}
		}
	}
	return 0
}

// A computation may take longer than its lease, which is renewed.
func TestLeaseIsRenewed(t *testing.T) {
	server := startServer(t)
	s := open(t, redis.Options{URL: server.Address, Lease: 2 * time.Second})
	client := server.Client()
	defer client.Close()
	var runs atomic.Int64
	compute(t, s, key(1), &runs, func() {
		// As if most of the time of the lease were over.
		fatal(t, client.PExpire(t.Context(), s.LeaseName(key(1)), 1500*time.Millisecond).Err())
		eventually(t, "the lease is not renewed", func() bool {
			left, err := client.PTTL(t.Context(), s.LeaseName(key(1))).Result()
			return err == nil && left > 1600*time.Millisecond
		})
	})
	eventually(t, "the lease outlives the computation", func() bool {
		n, err := client.Exists(t.Context(), s.LeaseName(key(1))).Result()
		return err == nil && n == 0
	})
}

// A process that died is waited for no longer than its lease; one that is alive
// but too slow no longer than a few leases.
func TestLeaseFailsOpen(t *testing.T) {
	server := startServer(t)
	s := open(t, redis.Options{URL: server.Address, Lease: 150 * time.Millisecond})
	client := server.Client()
	defer client.Close()
	var runs atomic.Int64
	fatal(t, client.Set(t.Context(), s.LeaseName(key(1)), "dead", 100*time.Millisecond).Err())
	compute(t, s, key(1), &runs, func() {})
	fatal(t, client.Set(t.Context(), s.LeaseName(key(2)), "slow", 0).Err())
	compute(t, s, key(2), &runs, func() {})
	fatal(t, client.RPush(t.Context(), s.LeaseName(key(3)), "not a lease").Err())
	compute(t, s, key(3), &runs, func() {})
	if n := runs.Load(); n != 3 {
		t.Errorf("%d runs", n)
	}
	// Redis dies while one waits for another.
	fatal(t, client.Set(t.Context(), s.LeaseName(key(4)), "other", 0).Err())
	var waiting sync.WaitGroup
	waiting.Go(func() { compute(t, s, key(4), &runs, func() {}) })
	server.Kill()
	waiting.Wait()
	if n := runs.Load(); n != 4 {
		t.Errorf("%d runs", n)
	}
}

// Leases work the same behind the memory, where one process asks once.
func TestTwoReplicas(t *testing.T) {
	server := startServer(t)
	var tiers [2]*cache.Tiered
	for i := range tiers {
		memory, err := cache.NewMemory(cache.Options{Bytes: 1 << 20})
		fatal(t, err)
		defer memory.Close()
		tiers[i] = cache.NewTiered(memory, open(t, redis.Options{URL: server.Address, Lease: 10 * time.Second}))
	}
	var runs, made atomic.Int64
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			got, shared, err := tiers[i%2].Compute(context.Background(), key(1), func(context.Context) ([]byte, error) {
				runs.Add(1)
				time.Sleep(20 * time.Millisecond)
				return []byte("value"), nil
			})
			if string(got) != "value" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
			if !shared {
				made.Add(1)
			}
		})
	}
	all.Wait()
	if runs.Load() != 1 || made.Load() != 1 {
		t.Errorf("%d runs, %d callers are told that theirs ran", runs.Load(), made.Load())
	}
}

// A lease that was set is held, also if it cannot be read back: a Redis that is
// full may have evicted it by then.
func TestLeaseThatIsGone(t *testing.T) {
	server := startServer(t, "--user", "default", "on", "nopass", "~*", "+@all", "-get")
	registry := prometheus.NewRegistry()
	s := open(t, redis.Options{URL: server.Address, Lease: time.Minute, Registry: registry})
	var runs atomic.Int64
	compute(t, s, key(1), &runs, func() {})
	if n := metric(t, registry, "leases_total", "taken"); n != 1 || runs.Load() != 1 {
		t.Errorf("%v leases were taken", n)
	}
}
