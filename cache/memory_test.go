package cache_test

import (
	"context"
	"encoding/binary"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/ragprune/ragprune/cache"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newMemory(t *testing.T, o cache.Options) *cache.Memory {
	t.Helper()
	m, err := cache.NewMemory(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func key(n int) (k cache.Key) {
	binary.LittleEndian.PutUint64(k[:], uint64(n))
	return k
}

// constant computes a value and counts how often.
func constant(value string, runs *atomic.Int64) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) {
		runs.Add(1)
		return []byte(value), nil
	}
}

func TestComputedOnce(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := newMemory(t, cache.Options{Bytes: 1 << 20, Registry: registry})
	var runs atomic.Int64
	for i := range 3 {
		got, shared, err := m.Compute(t.Context(), key(1), constant("one", &runs))
		if string(got) != "one" || shared != (i > 0) || err != nil {
			t.Errorf("call %d: %q, shared %v, %v", i, got, shared, err)
		}
	}
	if runs.Load() != 1 {
		t.Errorf("%d runs", runs.Load())
	}
	got := m.Get(t.Context(), []cache.Key{key(1), key(2)})
	if string(got[0]) != "one" || got[1] != nil {
		t.Errorf("got %q", got)
	}
	want := map[string]float64{"ragprune_cache_hits_total": 1, "ragprune_cache_misses_total": 1}
	for name, n := range want {
		if got := counter(t, registry, name); got != n {
			t.Errorf("%s is %v, want %v", name, got, n)
		}
	}
}

// Callers at the same time share one run, and whoever leaves does not end it.
func TestSharedFlight(t *testing.T) {
	const others = 20
	registry := prometheus.NewRegistry()
	m := newMemory(t, cache.Options{Bytes: 1 << 20, Registry: registry})
	begun, release := make(chan struct{}), make(chan struct{})
	slow := func(ctx context.Context) ([]byte, error) {
		close(begun)
		<-release
		return []byte("slow"), ctx.Err()
	}
	leaving, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, _, err := m.Compute(leaving, key(1), slow)
		left <- err
	}()
	<-begun
	var waiting sync.WaitGroup
	for range others {
		waiting.Go(func() {
			got, shared, err := m.Compute(t.Context(), key(1), slow)
			if string(got) != "slow" || !shared || err != nil {
				t.Errorf("%q, shared %v, %v", got, shared, err)
			}
		})
	}
	for sharedRuns(t, registry) < others {
		runtime.Gosched()
	}
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("whoever left got %v", err)
	}
	close(release)
	waiting.Wait()
	if got := m.Get(t.Context(), []cache.Key{key(1)}); string(got[0]) != "slow" {
		t.Errorf("kept %q", got)
	}
}

// sharedRuns is how many callers have joined the run of another.
func sharedRuns(t *testing.T, registry *prometheus.Registry) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "ragprune_cache_shared_total" {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatal("no metric of shared runs")
	return 0
}

// A run that nobody waits for any more ends, and the next caller begins anew.
func TestAbandonedFlight(t *testing.T) {
	m := newMemory(t, cache.Options{Bytes: 1 << 20})
	begun, ended := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, _, err := m.Compute(ctx, key(1), func(ctx context.Context) ([]byte, error) {
			close(begun)
			<-ctx.Done()
			close(ended)
			return nil, ctx.Err()
		})
		left <- err
	}()
	<-begun
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("whoever left got %v", err)
	}
	<-ended
	got, shared, err := m.Compute(t.Context(), key(1), func(context.Context) ([]byte, error) { return []byte("new"), nil })
	if string(got) != "new" || shared || err != nil {
		t.Errorf("the next got %q, shared %v, %v", got, shared, err)
	}
}

// A failed run is told to its callers and forgotten.
func TestFailuresAreNotKept(t *testing.T) {
	failed := errors.New("no model")
	tests := map[string]struct {
		compute func(context.Context) ([]byte, error)
		check   func(error) bool
	}{
		"error": {
			func(context.Context) ([]byte, error) { return []byte("half"), failed },
			func(err error) bool { return errors.Is(err, failed) },
		},
		"panic": {
			func(context.Context) ([]byte, error) { panic("broken") },
			func(err error) bool {
				p, ok := errors.AsType[*cache.PanicError](err)
				return ok && p.Value == "broken" && len(p.Stack) > 0
			},
		},
		"exit": {
			func(context.Context) ([]byte, error) { runtime.Goexit(); return nil, nil },
			func(err error) bool { return err != nil },
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := newMemory(t, cache.Options{Bytes: 1 << 20})
			if _, _, err := m.Compute(t.Context(), key(1), test.compute); !test.check(err) {
				t.Errorf("error is %v", err)
			}
			var runs atomic.Int64
			if got, _, err := m.Compute(t.Context(), key(1), constant("right", &runs)); string(got) != "right" || err != nil {
				t.Errorf("then %q, %v", got, err)
			}
		})
	}
}

func TestBoundInBytes(t *testing.T) {
	registry := prometheus.NewRegistry()
	const bound = 64 << 10
	m := newMemory(t, cache.Options{Bytes: bound, Registry: registry})
	value := string(make([]byte, 1000))
	var runs atomic.Int64
	for n := range 1000 {
		if _, _, err := m.Compute(t.Context(), key(n), constant(value, &runs)); err != nil {
			t.Fatal(err)
		}
	}
	for range 200 { // the housekeeping runs behind
		if m.Size() <= bound {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if size := m.Size(); size > bound || size < bound/2 {
		t.Errorf("%d bytes are kept, want at most %d and about as many", size, bound)
	}
	if counter(t, registry, "ragprune_cache_evictions_total") == 0 {
		t.Error("nothing was evicted")
	}
}

func TestTimeToLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, err := cache.NewMemory(cache.Options{Bytes: 1 << 20, TTL: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		var runs atomic.Int64
		ask := func() {
			if _, _, err := m.Compute(t.Context(), key(1), constant("x", &runs)); err != nil {
				t.Error(err)
			}
		}
		ask()
		time.Sleep(59 * time.Minute)
		ask()
		if runs.Load() != 1 {
			t.Errorf("%d runs within the hour", runs.Load())
		}
		time.Sleep(2 * time.Minute)
		ask()
		if runs.Load() != 2 {
			t.Errorf("%d runs after the hour: reading must not prolong", runs.Load())
		}
	})
}

func TestOptions(t *testing.T) {
	for name, o := range map[string]cache.Options{
		"no bytes":     {},
		"negative":     {Bytes: -1},
		"negative TTL": {Bytes: 1, TTL: -time.Second},
	} {
		if m, err := cache.NewMemory(o); err == nil || m != nil {
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}
	registry := prometheus.NewRegistry()
	newMemory(t, cache.Options{Bytes: 1, Registry: registry})
	if _, err := cache.NewMemory(cache.Options{Bytes: 1, Registry: registry}); err == nil {
		t.Error("two stores share the metrics of one registry")
	}
}

// counter is the value of a metric without labels.
func counter(t *testing.T, registry *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}
