package redis_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ragprune/ragprune/cache"
	"github.com/ragprune/ragprune/cache/redis"
	"github.com/ragprune/ragprune/cache/redis/redistest"
)

func TestValuesOfOneProcessAreThereForAnother(t *testing.T) {
	server := startServer(t)
	registry := prometheus.NewRegistry()
	one := open(t, redis.Options{URL: "redis://" + server.Address, TTL: time.Hour})
	other := open(t, redis.Options{URL: "redis://" + server.Address, Registry: registry})
	large := string(bytes.Repeat([]byte("vectors "), 10_000))
	put(t, one, key(1), "one")
	put(t, one, key(2), large)
	put(t, one, key(3), "")
	keys := []cache.Key{key(1), key(9), key(2), key(3)}
	for range 150 { // more than one round trip
		keys = append(keys, key(1))
	}
	got := other.Get(t.Context(), keys)
	if string(got[0]) != "one" || got[1] != nil || string(got[2]) != large || got[3] == nil || string(got[153]) != "one" {
		t.Errorf("got %.20q", got[:4])
	}
	for name, want := range map[string]float64{"hits_total": 153, "misses_total": 1, "breaker_open": 0, "connections": 1, "dials_total": 1} {
		if got := metric(t, registry, name, "redis"); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	client := server.Client()
	defer client.Close()
	for k := range 3 {
		ttl, err := client.PTTL(t.Context(), one.Name(key(k+1))).Result()
		if err != nil || ttl > time.Hour || ttl < 50*time.Minute {
			t.Errorf("time to live is %v, %v", ttl, err)
		}
	}
}

func TestPrefixesSeparate(t *testing.T) {
	server := startServer(t)
	names := []string{"", "a", "a:", "żółw:*?[x]\\\"'€", "a:b", "*"}
	stores := make([]*redis.Store, len(names))
	for i, p := range names {
		stores[i] = open(t, redis.Options{URL: server.Address, Prefix: p})
		put(t, stores[i], key(1), fmt.Sprint("value ", i))
	}
	for i, s := range stores {
		if got := string(get(s, key(1))); got != fmt.Sprint("value ", i) {
			t.Errorf("prefix %q has %q", names[i], got)
		}
	}
}

// What is under a key but was not stored there by us is a miss, and is written
// over.
func TestWrongValues(t *testing.T) {
	server := startServer(t)
	registry := prometheus.NewRegistry()
	s := open(t, redis.Options{URL: server.Address, Registry: registry})
	put(t, s, key(1), "right")
	put(t, s, key(2), "another")
	client := server.Client()
	defer client.Close()
	ctx := t.Context()
	name := s.Name(key(1))
	right, err := client.Get(ctx, name).Result()
	fatal(t, err)
	another, err := client.Get(ctx, s.Name(key(2))).Result()
	fatal(t, err)
	faults := map[string]struct {
		kind string
		do   func() error
	}{
		"cut":             {"damaged", func() error { return client.Set(ctx, name, right[:len(right)/2], 0).Err() }},
		"changed":         {"damaged", func() error { return client.SetRange(ctx, name, 20, "\x00").Err() }},
		"swapped":         {"damaged", func() error { return client.Set(ctx, name, another, 0).Err() }},
		"another service": {"damaged", func() error { return client.Set(ctx, name, `{"session": 7}`, 0).Err() }},
		"longer":          {"damaged", func() error { return client.Append(ctx, name, "x").Err() }},
		"20 MB":           {"damaged", func() error { return client.Set(ctx, name, make([]byte, 20<<20), 0).Err() }},
		"list":            {"wrong_type", func() error { return client.RPush(ctx, name, "x").Err() }},
		"hash":            {"wrong_type", func() error { return client.HSet(ctx, name, "x", "y").Err() }},
	}
	for what, fault := range faults {
		t.Run(what, func(t *testing.T) {
			fatal(t, client.Del(ctx, name).Err())
			fatal(t, fault.do())
			before, read := metric(t, registry, "errors_total", "get", fault.kind), metric(t, registry, "transferred_bytes_total", "read")
			if got := s.Get(ctx, []cache.Key{key(1), key(2)}); got[0] != nil || string(got[1]) != "another" {
				t.Errorf("got %.20q", got)
			}
			if n := metric(t, registry, "errors_total", "get", fault.kind) - before; n != 1 {
				t.Errorf("%v faults of the kind %s were counted", n, fault.kind)
			}
			if n := metric(t, registry, "transferred_bytes_total", "read") - read; n > redis.MaxValue+1000 {
				t.Errorf("%v bytes were read: of a value that is too large no more than the limit is to be fetched", n)
			}
			put(t, s, key(1), "right")
		})
	}
	if !s.Healthy() || metric(t, registry, "breaker_opened_total") != 0 {
		t.Error("wrong values are no reason to keep away from Redis")
	}
}

// A Redis that is not there is no error, and is used once it is.
func TestAbsentAtStart(t *testing.T) {
	server := startServer(t)
	server.Kill()
	log, registry := &lines{}, prometheus.NewRegistry()
	s := open(t, redis.Options{URL: "redis://me:topsecret@" + server.Address, Logger: log.logger(), Registry: registry})
	if s.Healthy() {
		t.Error("a Redis that is not there is called healthy")
	}
	got, ran, err := s.Compute(t.Context(), key(1), func(context.Context) ([]byte, error) { return []byte("x"), nil })
	if string(got) != "x" || !ran || err != nil || get(s, key(1)) != nil {
		t.Errorf("%q, %v, %v", got, ran, err)
	}
	if n := metric(t, registry, "dropped_writes_total", "breaker_open"); n != 1 {
		t.Errorf("%v dropped writes", n)
	}
	fatal(t, server.Restart("--user", "me", "on", ">topsecret", "~*", "+@all"))
	eventually(t, "the store does not find Redis", s.Healthy)
	put(t, s, key(1), "one")
	text := log.String()
	if strings.Count(text, "\n") != 2 || !strings.Contains(text, "WARN") || !strings.Contains(text, "answers again") {
		t.Errorf("the log is %s", text)
	}
	if strings.Contains(text, "topsecret") {
		t.Errorf("the log has the password: %s", text)
	}
}

// A hanging Redis costs a few time-outs and then nothing, and one line.
func TestHangingServer(t *testing.T) {
	server := startServer(t)
	log, registry := &lines{}, prometheus.NewRegistry()
	s := open(t, redis.Options{URL: server.Address, Timeout: 50 * time.Millisecond, Logger: log.logger(), Registry: registry})
	fatal(t, server.Pause())
	defer func() { fatal(t, server.Resume()) }()
	for range 100 {
		if got := s.Get(t.Context(), []cache.Key{key(1), key(2)}); got[0] != nil || got[1] != nil {
			t.Fatal("a value out of nowhere")
		}
	}
	if s.Healthy() {
		t.Error("the breaker is not open")
	}
	if n := metric(t, registry, "errors_total", "get", "timeout"); n == 0 || n > 5 {
		t.Errorf("%v time-outs", n)
	}
	if text := log.String(); strings.Count(text, "\n") != 1 {
		t.Errorf("the log is %s", text)
	}
	fatal(t, server.Resume())
	eventually(t, "the store does not find Redis", s.Healthy)
	put(t, s, key(1), "one")
	eventually(t, "the return was not logged", func() bool { return strings.Contains(log.String(), "answers again") })
}

// The requests of a caller who has no time say nothing about Redis.
func TestImpatientCallers(t *testing.T) {
	server := startServer(t)
	s := open(t, redis.Options{URL: server.Address})
	put(t, s, key(1), "one")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 {
		if got := s.Get(gone, []cache.Key{key(1)}); got[0] != nil {
			t.Error("there was no time for a value")
		}
	}
	if !s.Healthy() || string(get(s, key(1))) != "one" {
		t.Error("callers without time have opened the breaker")
	}
}

func TestCloseWritesWhatIsLeft(t *testing.T) {
	server := startServer(t)
	o := redis.Options{URL: server.Address, Timeout: patient, Flush: time.Minute}
	s, err := redis.New(t.Context(), o)
	fatal(t, err)
	const n = 500
	for i := range n {
		_, _, err := s.Compute(t.Context(), key(i), func(context.Context) ([]byte, error) { return noise(5000), nil })
		fatal(t, err)
	}
	fatal(t, s.Close())
	fatal(t, s.Close())
	other := open(t, o)
	for i := range n {
		if get(other, key(i)) == nil {
			t.Fatalf("value %d was not written", i)
		}
	}
	_, ran, err := s.Compute(t.Context(), key(1), func(context.Context) ([]byte, error) { return []byte("x"), nil })
	if !ran || err != nil || s.Get(t.Context(), []cache.Key{key(1)})[0] != nil {
		t.Errorf("a closed store computes and keeps nothing: ran %v, %v", ran, err)
	}
}

// Write-behind keeps a bounded number of bytes, and Close does not wait for a
// Redis that hangs.
func TestWritesAreBounded(t *testing.T) {
	server := startServer(t)
	registry := prometheus.NewRegistry()
	s := open(t, redis.Options{URL: server.Address, Timeout: patient, Flush: 100 * time.Millisecond, Registry: registry})
	fatal(t, server.Pause())
	defer func() { fatal(t, server.Resume()) }()
	value := noise(redis.MaxValue)
	const n = 60
	for i := range n {
		_, _, err := s.Compute(t.Context(), key(i), func(context.Context) ([]byte, error) { return value, nil })
		fatal(t, err)
		if w := s.Waiting(); w > redis.MaxWaitingBytes {
			t.Fatalf("%d bytes wait", w)
		}
	}
	_, _, err := s.Compute(t.Context(), key(n), func(context.Context) ([]byte, error) { return append(value, 0), nil })
	fatal(t, err)
	if got := metric(t, registry, "dropped_writes_total", "queue_full"); got < n-40 {
		t.Errorf("%v writes were dropped", got)
	}
	if got := metric(t, registry, "dropped_writes_total", "too_large"); got != 1 {
		t.Errorf("%v writes were too large", got)
	}
}

func TestErrorsOfComputations(t *testing.T) {
	server := startServer(t)
	s := open(t, redis.Options{URL: server.Address, Lease: 200 * time.Millisecond})
	failed := errors.New("no model")
	for range 2 {
		if _, ran, err := s.Compute(t.Context(), key(1), func(context.Context) ([]byte, error) { return nil, failed }); !ran || !errors.Is(err, failed) {
			t.Errorf("ran %v, %v", ran, err)
		}
	}
	if get(s, key(1)) != nil {
		t.Error("a failure was kept")
	}
	client := server.Client()
	defer client.Close()
	eventually(t, "the lease of a failure stays", func() bool {
		n, err := client.Exists(t.Context(), s.LeaseName(key(1))).Result()
		return n == 0 && err == nil
	})
}

func TestMetricsOfTwoTiers(t *testing.T) {
	server := startServer(t)
	registry := prometheus.NewRegistry()
	memory, err := cache.NewMemory(cache.Options{Bytes: 1 << 20, Registry: registry})
	fatal(t, err)
	defer memory.Close()
	s := open(t, redis.Options{URL: server.Address, Registry: registry})
	tiered := cache.NewTiered(memory, s)
	put(t, s, key(1), "one")
	for range 2 {
		if got := tiered.Get(t.Context(), []cache.Key{key(1)}); string(got[0]) != "one" {
			t.Errorf("got %q", got)
		}
	}
	for tier, want := range map[string]float64{"memory": 1, "redis": 1} {
		if got := metric(t, registry, "hits_total", tier); got < want {
			t.Errorf("%s: %v hits, want %v", tier, got, want)
		}
	}
	if _, err := redis.New(t.Context(), redis.Options{URL: server.Address, Registry: registry}); err == nil {
		t.Error("two stores share the metrics of one registry")
	}
}

func TestCluster(t *testing.T) {
	needRedis(t)
	cluster, err := redistest.StartCluster()
	fatal(t, err)
	t.Cleanup(func() { fatal(t, cluster.Close()) })
	all := open(t, redis.Options{URL: cluster.Addresses(), Lease: time.Second})
	one := open(t, redis.Options{URL: "redis+cluster://" + cluster.Nodes[4].Address})
	keys := make([]cache.Key, 100)
	for i := range keys {
		keys[i] = key(i)
		put(t, all, keys[i], fmt.Sprint(i))
	}
	for i, v := range one.Get(t.Context(), keys) {
		if string(v) != fmt.Sprint(i) {
			t.Errorf("key %d has %q", i, v)
		}
	}
}

func TestSentinels(t *testing.T) {
	needRedis(t)
	sentinels, err := redistest.StartSentinels()
	fatal(t, err)
	t.Cleanup(func() { fatal(t, sentinels.Close()) })
	s := open(t, redis.Options{URL: sentinels.Addresses(), Master: redistest.MasterName})
	put(t, s, key(1), "one")
	eventually(t, "the replica has no value", func() bool {
		client := sentinels.Replica.Client()
		defer client.Close()
		n, err := client.Exists(t.Context(), s.Name(key(1))).Result()
		return n == 1 && err == nil
	})
}
