package rerank_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/ort/orttest"
	"github.com/ragprune/ragprune/models/tokenizer"
	"github.com/ragprune/ragprune/models/workers"
	"github.com/ragprune/ragprune/rerank"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const embedderDir = "../models/ragprune-embed"

// countRunner gives each token a row with its id in the place id modulo the
// dimensions, and remembers what it was given.
type countRunner struct {
	dimensions int
	mu         sync.Mutex
	lengths    []int
	err        error
	block      chan struct{}
}

func (r *countRunner) Run(ids, types []int64) ([][]float32, error) {
	if r.block != nil {
		<-r.block
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lengths = append(r.lengths, len(ids))
	if r.err != nil {
		return nil, r.err
	}
	rows := make([]float32, r.dimensions*len(ids))
	for i, id := range ids {
		if types[i] != 0 {
			return nil, errors.New("a token has a type")
		}
		rows[i*r.dimensions+int(id)%r.dimensions] = 1
	}
	return [][]float32{rows}, nil
}

func embedderOptions(tb testing.TB, r rerank.Runner) rerank.EmbedderOptions {
	tb.Helper()
	bundle, err := models.Open(embedderDir)
	if err != nil {
		tb.Fatal(err)
	}
	tok, err := tokenizer.Load(bundle.TokenizerPath())
	if err != nil {
		tb.Fatal(err)
	}
	pool, err := workers.New(2)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(pool.Close)
	return rerank.EmbedderOptions{Runner: r, Tokenizer: tok, Manifest: bundle.Manifest, Pool: pool}
}

func newEmbedder(tb testing.TB, o rerank.EmbedderOptions) *rerank.Embedder {
	tb.Helper()
	e, err := rerank.NewEmbedder(o)
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// A text of any length is read whole, in windows that overlap; equal texts are
// read once, the longest first; a text without words has no vector.
func TestEmbedTextsReadsEverything(t *testing.T) {
	runner := &countRunner{}
	o := embedderOptions(t, runner)
	runner.dimensions = o.Manifest.Embedding.Dimensions
	registry := prometheus.NewRegistry()
	o.Registry = registry
	e := newEmbedder(t, o)
	long := strings.Repeat("The quick brown fox jumps over the lazy dog. ", 200)
	got, err := e.EmbedTexts(t.Context(), []string{"One.", long, "", "Two words.", "One."})
	if err != nil {
		t.Fatal(err)
	}
	n, read := o.Tokenizer.Count(long), 0
	for i, length := range runner.lengths {
		if read += length; length > o.Manifest.WindowTokens {
			t.Errorf("window %d has %d tokens, at most %d", i, length, o.Manifest.WindowTokens)
		}
	}
	windows := len(runner.lengths) - 2
	if overlap := (windows - 1) * o.Manifest.OverlapTokens; read != n+overlap+2*windows+2+3+2+2 {
		t.Errorf("%d tokens were read in %d windows of a text of %d", read, windows, n)
	}
	if windows < 2 || got.Tokens != read {
		t.Errorf("%d windows, %d tokens, want %d", windows, got.Tokens, read)
	}
	want := []int{1, 1 + windows, 1 + windows, 2 + windows, 3 + windows}
	if diff := cmp.Diff(want, got.Ends); diff != "" {
		t.Errorf("ends (-want +got):\n%s", diff)
	}
	if c := rerank.Cosine(got.Of(0), got.Of(4)); math.Abs(c-1) > 1e-6 {
		t.Errorf("equal texts are at %v", c)
	}
	if c := rerank.Cosine(got.Of(2), got.Of(0)); c != 0 {
		t.Errorf("a text without words is at %v", c)
	}
	for i, v := range got.Vectors {
		if c := rerank.Cosine([][]float32{v}, [][]float32{v}); math.Abs(c-1) > 1e-6 || len(v) != runner.dimensions {
			t.Errorf("vector %d has the squared length %v", i, c)
		}
	}
	if _, err := rerank.NewEmbedder(o); err == nil {
		t.Error("metrics are registered twice")
	}
}

func TestEmbedderPools(t *testing.T) {
	runner := &countRunner{}
	o := embedderOptions(t, runner)
	n := o.Manifest.Embedding.Dimensions
	runner.dimensions = n
	for pooling, want := range map[models.Pooling]int{models.PoolCLS: 1, models.PoolMean: 4} {
		o.Manifest.Embedding.Pooling = pooling
		got, err := newEmbedder(t, o).EmbedTexts(t.Context(), []string{"fox dog"})
		if err != nil {
			t.Fatal(err)
		}
		places := 0
		for _, x := range got.Vectors[0] {
			if x != 0 {
				places++
			}
		}
		if places != want {
			t.Errorf("%s: %d tokens are in the vector, want %d", pooling, places, want)
		}
	}
}

func TestQueryPrefix(t *testing.T) {
	runner := &countRunner{}
	o := embedderOptions(t, runner)
	runner.dimensions = o.Manifest.Embedding.Dimensions
	o.Manifest.Embedding.QueryPrefix, o.Manifest.Embedding.Pooling = "query: ", models.PoolMean
	e := newEmbedder(t, o)
	query, err := e.EmbedQuery(t.Context(), "fox")
	if err != nil {
		t.Fatal(err)
	}
	text, err := e.EmbedTexts(t.Context(), []string{"query: fox", "fox"})
	if err != nil {
		t.Fatal(err)
	}
	if !cmp.Equal(query.Vectors[0], text.Vectors[0]) || cmp.Equal(query.Vectors[0], text.Vectors[1]) {
		t.Error("the prefix is not in front of queries, or not only there")
	}
}

func TestEmbedErrors(t *testing.T) {
	broken := errors.New("broken graph")
	t.Run("runner", func(t *testing.T) {
		e := newEmbedder(t, embedderOptions(t, &countRunner{err: broken}))
		if _, err := e.EmbedTexts(t.Context(), []string{"a", "b c"}); !errors.Is(err, broken) {
			t.Errorf("error is %v, want %v", err, broken)
		}
	})
	t.Run("dimensions", func(t *testing.T) {
		e := newEmbedder(t, embedderOptions(t, &countRunner{dimensions: 7}))
		if _, err := e.EmbedTexts(t.Context(), []string{"a"}); err == nil {
			t.Error("a graph of other dimensions is accepted")
		}
	})
	t.Run("closed", func(t *testing.T) {
		o := embedderOptions(t, &countRunner{})
		e := newEmbedder(t, o)
		o.Pool.Close()
		if _, err := e.EmbedQuery(t.Context(), "a"); !errors.Is(err, workers.ErrClosed) {
			t.Errorf("error is %v, want ErrClosed", err)
		}
	})
}

// A deadline ends a document between windows.
func TestEmbedDeadline(t *testing.T) {
	runner := &countRunner{block: make(chan struct{})}
	o := embedderOptions(t, runner)
	runner.dimensions = o.Manifest.Embedding.Dimensions
	e := newEmbedder(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := e.EmbedTexts(ctx, []string{strings.Repeat("word ", 50_000)})
		done <- err
	}()
	runner.block <- struct{}{}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want context.Canceled", err)
	}
	close(runner.block)
	o.Pool.Close()
	if n := len(runner.lengths); n > 4 {
		t.Errorf("%d windows ran", n)
	}
}

func TestEmbedderOptionsValidate(t *testing.T) {
	for name, change := range map[string]func(*rerank.EmbedderOptions){
		"no runner":    func(o *rerank.EmbedderOptions) { o.Runner = nil },
		"no tokenizer": func(o *rerank.EmbedderOptions) { o.Tokenizer = nil },
		"no pool":      func(o *rerank.EmbedderOptions) { o.Pool = nil },
		"manifest":     func(o *rerank.EmbedderOptions) { o.Manifest.Embedding.Pooling = "max" },
		"a pruner": func(o *rerank.EmbedderOptions) {
			b, err := models.Open("../models/ragprune-small")
			if err != nil {
				t.Fatal(err)
			}
			o.Manifest = b.Manifest
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := embedderOptions(t, &countRunner{})
			change(&o)
			if _, err := rerank.NewEmbedder(o); err == nil {
				t.Error("NewEmbedder accepts it")
			}
		})
	}
}

// The default bundle in Go gives what its graph gives elsewhere, and is close
// to the weights it was made from.
func TestDefaultEmbedderMatchesPyTorch(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(embedderDir, "testdata", "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var pairs []struct {
		Query string    `json:"query"`
		Units []string  `json:"units"`
		FP32  []float64 `json:"fp32"`
		Graph []float64 `json:"graph"`
	}
	if err := json.Unmarshal(data, &pairs); err != nil {
		t.Fatal(err)
	}
	if len(pairs) < 10 {
		t.Fatalf("only %d golden pairs", len(pairs))
	}
	e := realEmbedder(t)
	for _, p := range pairs {
		query, err := e.EmbedQuery(t.Context(), p.Query)
		if err != nil {
			t.Fatal(err)
		}
		units, err := e.EmbedTexts(t.Context(), p.Units)
		if err != nil {
			t.Fatal(err)
		}
		for i := range p.Units {
			got := rerank.Cosine(units.Of(i), query.Vectors)
			if math.Abs(got-p.Graph[i]) > 0.01 || math.Abs(got-p.FP32[i]) > 0.05 {
				t.Errorf("%q and %q are at %.4f, want %.4f and in fp32 %.4f", p.Query, p.Units[i], got, p.Graph[i], p.FP32[i])
			}
		}
	}
}

// realEmbedder runs the default bundle; it needs the library of `make setup`.
func realEmbedder(t *testing.T) *rerank.Embedder {
	t.Helper()
	bundle, err := models.Open(embedderDir)
	if err != nil {
		t.Fatal(err)
	}
	return newEmbedder(t, embedderOptions(t, orttest.Open(t, orttest.Start(t), bundle)))
}
