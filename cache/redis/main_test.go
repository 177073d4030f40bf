package redis_test

import (
	"context"
	"encoding/binary"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/ragprune/ragprune/cache"
	"github.com/ragprune/ragprune/cache/redis"
	"github.com/ragprune/ragprune/cache/redis/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patient is a time-out that no busy machine reaches.
const patient = time.Second

// needRedis skips a test where redis-server is missing.
func needRedis(t *testing.T) {
	t.Helper()
	err := redistest.Available()
	switch {
	case err == nil:
	case os.Getenv("RAGPRUNE_TEST_REQUIRE") != "":
		t.Fatal(err)
	default:
		t.Skip(err)
	}
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func startServer(t *testing.T, args ...string) *redistest.Server {
	t.Helper()
	needRedis(t)
	s, err := redistest.Start(args...)
	fatal(t, err)
	t.Cleanup(func() { fatal(t, s.Close()) })
	return s
}

func open(t *testing.T, o redis.Options) *redis.Store {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout = patient
	}
	s, err := redis.New(t.Context(), o)
	fatal(t, err)
	t.Cleanup(func() { fatal(t, s.Close()) })
	return s
}

func key(n int) (k cache.Key) {
	binary.LittleEndian.PutUint64(k[:], uint64(n))
	k[31] = 1
	return k
}

// put stores value under key as a computation does, and waits until it is there.
func put(t *testing.T, s *redis.Store, k cache.Key, value string) {
	t.Helper()
	got, ran, err := s.Compute(t.Context(), k, func(context.Context) ([]byte, error) { return []byte(value), nil })
	if string(got) != value || !ran || err != nil {
		t.Fatalf("%q, ran %v, %v", got, ran, err)
	}
	eventually(t, "the value is not in Redis", func() bool {
		got := get(s, k)
		return got != nil && string(got) == value
	})
}

func get(s *redis.Store, k cache.Key) []byte {
	return s.Get(context.Background(), []cache.Key{k})[0]
}

// eventually fails the test if ok stays false for long.
func eventually(t *testing.T, complaint string, ok func() bool) {
	t.Helper()
	for range 1000 {
		if ok() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal(complaint)
}

// metric is the sum of a metric over those of its labels that contain all of
// the values.
func metric(t *testing.T, registry *prometheus.Registry, name string, values ...string) float64 {
	t.Helper()
	families, err := registry.Gather()
	fatal(t, err)
	sum := 0.0
	for _, f := range families {
		if f.GetName() != "ragprune_cache_"+name {
			continue
		}
		for _, m := range f.GetMetric() {
			labels := m.String()
			matches := true
			for _, v := range values {
				matches = matches && strings.Contains(labels, `"`+v+`"`)
			}
			if matches {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

// lines is a log that can be read.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *lines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }
