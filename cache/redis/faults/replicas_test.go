package faults_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ragprune/ragprune/cache"
	"github.com/ragprune/ragprune/cache/redis"
	"github.com/ragprune/ragprune/cache/redis/faults"
	"github.com/ragprune/ragprune/cache/redis/redistest"
	"github.com/ragprune/ragprune/prune"
)

// replica is a pruner with its own memory and connections, as another process
// has them.
func replica(t *testing.T, o prune.Options, url string) *prune.Pruner {
	t.Helper()
	shared, err := redis.New(t.Context(), redis.Options{URL: url, Timeout: time.Second, Lease: 10 * time.Second})
	fatal(t, err)
	t.Cleanup(func() { fatal(t, shared.Close()) })
	memory, err := cache.NewMemory(cache.Options{Bytes: 16 << 20})
	fatal(t, err)
	t.Cleanup(func() { fatal(t, memory.Close()) })
	o.Store = cache.NewTiered(memory, shared)
	p, err := prune.New(o)
	fatal(t, err)
	return p
}

func needRedis(t *testing.T) *redistest.Server {
	t.Helper()
	if err := redistest.Available(); err != nil {
		if os.Getenv("RAGPRUNE_TEST_REQUIRE") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	server, err := redistest.Start()
	fatal(t, err)
	t.Cleanup(func() { fatal(t, server.Close()) })
	return server
}

// ask returns the answer without what may differ, and how much was cached.
func ask(t *testing.T, p *prune.Pruner, r prune.Request) (body string, usage prune.Usage) {
	t.Helper()
	response, err := p.Prune(context.Background(), r)
	if err != nil {
		t.Error(err)
		return "", usage
	}
	usage = response.Usage
	response.Timing, response.Usage.CacheHits, response.Usage.ModelTokens = prune.Timing{}, 0, 0
	for i := range response.Results {
		response.Results[i].Cached = false
	}
	b, err := json.Marshal(response)
	if err != nil {
		t.Error(err)
	}
	return string(b), usage
}

// slow is a labeler that counts, and takes its time.
type slow struct {
	prune.Labeler
	runs atomic.Int64
}

func (s *slow) Label(ctx context.Context, query, title string, units []string) ([]float32, float32, int, error) {
	s.runs.Add(1)
	time.Sleep(20 * time.Millisecond)
	return s.Labeler.Label(ctx, query, title, units)
}

// What one replica computed the other reads; what both want at the same time
// one computes; and when Redis dies, each computes for itself.
func TestReplicas(t *testing.T) {
	server := needRedis(t)
	o := realModel(t)
	counted := &slow{Labeler: o.Labeler}
	o.Labeler = counted
	one := replica(t, o, server.Address)
	other := replica(t, o, server.Address)
	requests := faults.Requests(10, []prune.Scorer{prune.ScorerLabel})

	want, _ := ask(t, one, requests[0])
	var got string
	var usage prune.Usage
	err := redistest.Await(20*time.Second, func(context.Context) error {
		if got, usage = ask(t, other, requests[0]); usage.ModelTokens != 0 || usage.CacheHits != 2 {
			return fmt.Errorf("usage is %+v", usage) // the writes are behind; a lease is waited for
		}
		return nil
	})
	fatal(t, err)
	if got != want {
		t.Errorf("the replicas answer\n%s\n%s", want, got)
	}
	if n := counted.runs.Load(); n != 2 {
		t.Errorf("two documents were labelled %d times", n)
	}

	counted.runs.Store(0)
	var both sync.WaitGroup
	for _, p := range []*prune.Pruner{one, other, one, other} {
		both.Go(func() {
			for _, r := range requests[1:] {
				ask(t, p, r)
			}
		})
	}
	both.Wait()
	if n := counted.runs.Load(); n > 2*9+4 {
		t.Errorf("18 documents that two replicas wanted at once were labelled %d times", n)
	}

	counted.runs.Store(0)
	server.Kill()
	fresh := faults.Requests(12, []prune.Scorer{prune.ScorerLabel})[10:]
	for _, p := range []*prune.Pruner{one, other} {
		for _, r := range fresh {
			ask(t, p, r)
		}
	}
	if n := counted.runs.Load(); n != 8 {
		t.Errorf("%d labellings without Redis, want 8", n)
	}
}

// Two keys never see each other's scores, however many there are and whatever
// they are called.
func TestNamespaces(t *testing.T) {
	server := needRedis(t)
	o := prune.Options{
		Labeler: lengths{}, Counter: lengths{}, Model: "lengths@1",
		Presets: map[string]float64{"balanced": 0.5},
	}
	one := replica(t, o, server.Address)
	other := replica(t, o, server.Address)
	request := faults.Requests(1, []prune.Scorer{prune.ScorerLabel})[0]
	odd := []string{"", " ", "\x00", "\n", "{a}", "a", "a\x00", "A", "ä", "a\u0308", "*", "ragprune:", "0", "\xff"}
	for i := range 1000 {
		request.Namespace = fmt.Sprint("tenant ", i)
		if i < len(odd) {
			request.Namespace = odd[i]
		}
		if _, usage := ask(t, one, request); usage.CacheHits != 0 {
			t.Fatalf("namespace %q was given the scores of another", request.Namespace)
		}
		if i >= len(odd) && i%50 != 0 {
			continue
		}
		err := redistest.Await(20*time.Second, func(context.Context) error {
			if _, usage := ask(t, other, request); usage.CacheHits != 2 {
				return fmt.Errorf("namespace %q does not find its own scores", request.Namespace)
			}
			return nil
		})
		fatal(t, err)
	}
}

// lengths is a labeler and a counter that need no model.
type lengths struct{}

func (lengths) Fit(query string) (string, bool) { return query, false }
func (lengths) Count(text string) int           { return len(text) }
func (lengths) Label(_ context.Context, _, _ string, units []string) ([]float32, float32, int, error) {
	scores := make([]float32, len(units))
	for i, u := range units {
		scores[i] = 1 / float32(1+len(u))
	}
	return scores, 1, 1, nil
}
