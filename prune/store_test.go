package prune_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/prune"
)

const labelledTotal = "ragprune_labeler_documents_total"

// TestOtherWishesRunNoInference is the promise of the cache: it holds scores,
// so whatever is done with them later is free.
func TestOtherWishesRunNoInference(t *testing.T) {
	registry := prometheus.NewRegistry()
	l := &overlap{}
	o := options(l)
	o.Store, o.Registry = newStore(t), registry
	p := newPruner(t, o)
	request := func() prune.Request {
		return prune.Request{Query: query, Documents: []prune.Document{
			text(france), page("<h1>Cities</h1><p>Paris is the capital of France.</p><footer>No rights.</footer>"), text(""),
		}}
	}
	first := answer(t, p, request())
	if got := value(t, registry, labelledTotal, "", ""); got != 2 || first.Usage.CacheHits != 0 || first.Usage.ModelTokens == 0 {
		t.Fatalf("the first request labelled %v documents, usage %+v", got, first.Usage)
	}
	changes := map[string]func(*prune.Request){
		"the same":    func(*prune.Request) {},
		"threshold":   func(r *prune.Request) { r.Threshold = new(0.9) },
		"preset":      func(r *prune.Request) { r.Preset = "safe" },
		"budget":      func(r *prune.Request) { r.MaxTokens = 10 },
		"format":      func(r *prune.Request) { r.Format = prune.FormatMarkdown },
		"granularity": func(r *prune.Request) { r.Granularity = 50 },
		"offsets":     func(r *prune.Request) { r.Offsets = htmlprune.UTF16 },
		"around":      func(r *prune.Request) { r.Keep.Around = 1 },
		"selectors":   func(r *prune.Request) { r.Keep.Selectors = []string{"footer"} },
		"patterns":    func(r *prune.Request) { r.Keep.Patterns = []string{"Berlin"} },
		"on_empty":    func(r *prune.Request) { r.Threshold, r.OnEmpty = new(1.0), prune.OnEmptyBest },
		"rank":        func(r *prune.Request) { r.TopN, r.Order, r.MinScore = 1, prune.OrderScore, 0.1 },
		"boilerplate": func(r *prune.Request) { r.Boilerplate = prune.BoilerplateKeep },
		"explain":     func(r *prune.Request) { r.Explain = true },
		"order of documents": func(r *prune.Request) {
			r.Documents[0], r.Documents[1] = r.Documents[1], r.Documents[0]
		},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			r := request()
			change(&r)
			resp := answer(t, p, r)
			if resp.Usage.CacheHits != 2 || resp.Usage.ModelTokens != 0 || !resp.Results[0].Cached {
				t.Errorf("usage %+v", resp.Usage)
			}
			if got := value(t, registry, labelledTotal, "", ""); got != 2 || l.calls.Load() != 2 {
				t.Errorf("%v documents were labelled", got)
			}
		})
	}
	again := answer(t, p, request())
	for i := range again.Results {
		again.Results[i].Cached = false
	}
	if diff := cmp.Diff(first.Results, again.Results); diff != "" {
		t.Errorf("the cached answer differs: %s", diff)
	}
	other := request()
	other.Namespace = "somebody else"
	if got := answer(t, p, other).Usage.CacheHits; got != 0 {
		t.Errorf("%d hits over the border of namespaces", got)
	}
}

func TestSameDocumentTwiceIsLabelledOnce(t *testing.T) {
	l := &overlap{before: func(context.Context, []string) error {
		time.Sleep(20 * time.Millisecond)
		return nil
	}}
	o := options(l)
	o.Store = newStore(t)
	p := newPruner(t, o)
	r := prune.Request{Query: query, Documents: []prune.Document{text(france), text(france)}}
	want := answer(t, newPruner(t, options(&overlap{})), r)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			resp, err := p.Prune(context.Background(), r)
			if err != nil {
				t.Error(err)
				return
			}
			if diff := cmp.Diff(want.Results, resp.Results, cmpopts.IgnoreFields(prune.Result{}, "Cached")); diff != "" {
				t.Error(diff)
			}
		})
	}
	wg.Wait()
	if got := l.calls.Load(); got != 1 {
		t.Errorf("labelled %d times", got)
	}
}

// Nobody wants what a caller who has gone asked for, so the work on it ends.
func TestWorkEndsWhenTheCallerHasGone(t *testing.T) {
	entered, ended := make(chan struct{}), make(chan error, 1)
	var once sync.Once
	o := options(&overlap{before: func(ctx context.Context, _ []string) error {
		once.Do(func() {
			close(entered)
			<-ctx.Done()
			ended <- ctx.Err()
		})
		return ctx.Err()
	}})
	o.Store = newStore(t)
	var log bytes.Buffer
	o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	p := newPruner(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	r := prune.Request{Query: query, Documents: []prune.Document{text(france)}}
	var gone sync.WaitGroup
	gone.Go(func() {
		if _, err := p.Prune(ctx, r); err == nil {
			t.Error("the caller who went got an answer")
		}
	})
	<-entered
	cancel()
	gone.Wait()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the work ended with %v", err)
	}
	if log.Len() > 0 {
		t.Errorf("logged: %s", &log)
	}
	if got := answer(t, p, r); got.Usage.CacheHits != 0 || got.Results[0].Degraded != nil {
		t.Errorf("the next caller got %+v", got)
	}
}

// A caller who is out of time gets a cheaper answer, and the work goes on: the
// same request is likely to come again.
func TestScoresAreKeptAfterADeadline(t *testing.T) {
	release := make(chan struct{})
	o := options(&overlap{before: func(context.Context, []string) error { <-release; return nil }})
	o.Store = newStore(t)
	p := newPruner(t, o)
	r := prune.Request{Query: query, Documents: []prune.Document{text(france)}, TimeoutMS: 1000} // long enough for the model to have begun
	if got := answer(t, p, r); got.Results[0].Degraded == nil {
		t.Errorf("got %+v", got.Results[0])
	}
	close(release)
	r.TimeoutMS = 0
	if got := answer(t, p, r); got.Usage.CacheHits != 1 || got.Results[0].Degraded != nil {
		t.Errorf("usage %+v", got.Usage)
	}
}

// broken is a store that gives back what nobody stored.
type broken struct{ value []byte }

func (b broken) Get(_ context.Context, keys []prune.Key) [][]byte {
	out := make([][]byte, len(keys))
	for i := range out {
		out[i] = b.value
	}
	return out
}

func (b broken) Compute(ctx context.Context, _ prune.Key, compute func(context.Context) ([]byte, error)) ([]byte, bool, error) {
	_, err := compute(ctx)
	return b.value, true, err
}

func TestDamagedValuesAreMisses(t *testing.T) {
	r := prune.Request{Query: query, Documents: []prune.Document{text(france)}}
	want := answer(t, newPruner(t, options(&overlap{})), r).Results
	for name, value := range map[string][]byte{
		"empty": {}, "none": nil, "noise": []byte("noise noise noise"),
		"another document's": prune.EncodeLabels([]float32{1}, 1, 1),
	} {
		t.Run(name, func(t *testing.T) {
			o := options(&overlap{})
			o.Store = broken{value}
			if diff := cmp.Diff(want, answer(t, newPruner(t, o), r).Results); diff != "" {
				t.Error(diff)
			}
		})
	}
}
