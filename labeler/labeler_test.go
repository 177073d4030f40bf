package labeler_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/ragprune/ragprune/labeler"
	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/tokenizer"
	"github.com/ragprune/ragprune/models/workers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const bundleDir = "../models/ragprune-small"

func defaultBundle(tb testing.TB) (*models.Bundle, *tokenizer.Tokenizer) {
	tb.Helper()
	b, err := models.Open(bundleDir)
	if err != nil {
		tb.Fatal(err)
	}
	tok, err := tokenizer.Load(b.TokenizerPath())
	if err != nil {
		tb.Fatal(err)
	}
	return b, tok
}

// echoRunner answers each token with a logit that depends on its id alone, so
// that scores do not depend on windows, and remembers what it was given.
type echoRunner struct {
	mu      sync.Mutex
	longest int
	runs    int
	err     error
	block   chan struct{}
}

func echoLogit(id int64) float32 { return float32(id%7) - 3 }

func (r *echoRunner) Run(ids, types []int64) ([][]float32, error) {
	if r.block != nil {
		<-r.block
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.runs++
	r.longest = max(r.longest, len(ids))
	if r.err != nil {
		return nil, r.err
	}
	if len(types) != len(ids) || types[0] != 0 || types[len(types)-1] != 1 {
		return nil, errors.New("token types do not mark query and text")
	}
	keep := make([]float32, len(ids))
	for i, id := range ids {
		keep[i] = echoLogit(id)
	}
	return [][]float32{keep, {float32(r.runs)}}, nil
}

func newLabeler(tb testing.TB, r labeler.Runner, change func(*labeler.Options)) *labeler.Labeler {
	tb.Helper()
	b, tok := defaultBundle(tb)
	o := labeler.Options{Runner: r, Tokenizer: tok, Manifest: b.Manifest, Workers: 2}
	if change != nil {
		change(&o)
	}
	l, err := labeler.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(l.Close)
	return l
}

// A document of any length is read whole, in windows no longer than the
// manifest says, and each unit gets the mean over exactly its own tokens.
func TestLabelReadsEverything(t *testing.T) {
	_, tok := defaultBundle(t)
	long := strings.Repeat("The quick brown fox jumps over the lazy dog and runs away. ", 80)
	units := []string{"A first sentence.", long, "", "The last one, 42."}
	runner := &echoRunner{}
	l := newLabeler(t, runner, func(o *labeler.Options) { o.Manifest.UnitCalibration = nil })
	scores, logit, tokens, err := l.Label(t.Context(), "what does the fox do?", "a title", units)
	if err != nil {
		t.Fatal(err)
	}
	for i, u := range units {
		if got, want := scores[i], meanEcho(tok, u); math.Abs(float64(got-want)) > 1e-5 {
			t.Errorf("unit %d scores %v, want %v", i, got, want)
		}
	}
	if runner.runs < 2 || logit != float32(runner.runs) {
		t.Errorf("logit %v of %d windows, want the largest", logit, runner.runs)
	}
	if want := tok.Count(long); tokens <= want {
		t.Errorf("the model read %d tokens of a text of %d", tokens, want)
	}
	b, _ := defaultBundle(t)
	if runner.longest > b.WindowTokens {
		t.Errorf("a window of %d tokens, at most %d", runner.longest, b.WindowTokens)
	}
}

// What the manifest says of units is done to the scores of a document.
func TestLabelCalibratesUnits(t *testing.T) {
	c := &models.UnitCalibration{Scale: 1.2, Context: -0.4, Bias: 0.3}
	units := []string{"A first sentence.", "", "The last one, 42."}
	label := func(c *models.UnitCalibration) []float32 {
		l := newLabeler(t, &echoRunner{}, func(o *labeler.Options) { o.Manifest.UnitCalibration = c })
		scores, _, _, err := l.Label(t.Context(), "a query", "", units)
		if err != nil {
			t.Fatal(err)
		}
		return scores
	}
	want, got := label(nil), label(c)
	labeler.Calibrate(c, want)
	if !slices.Equal(got, want) {
		t.Errorf("scores %v, want %v", got, want)
	}
}

func meanEcho(tok *tokenizer.Tokenizer, text string) float32 {
	var probs []float32
	for _, id := range tok.AppendIDs(nil, text) {
		probs = append(probs, float32(1/(1+math.Exp(-float64(echoLogit(int64(id)))))))
	}
	return labeler.Aggregate(models.Mean, probs)
}

func TestFit(t *testing.T) {
	b, tok := defaultBundle(t)
	l := newLabeler(t, &echoRunner{}, nil)
	if got, cut := l.Fit("short query"); cut || got != "short query" {
		t.Errorf("Fit cut a short query to %q", got)
	}
	long := strings.Repeat("naïve word ", 500)
	got, cut := l.Fit(long)
	if !cut || !strings.HasPrefix(long, got) || tok.Count(got) != b.QueryTokens {
		t.Errorf("Fit gives %d tokens (cut %v), want the first %d", tok.Count(got), cut, b.QueryTokens)
	}
}

func TestLabelErrors(t *testing.T) {
	broken := errors.New("broken graph")
	tests := map[string]struct {
		runner *echoRunner
		units  []string
		want   error
	}{
		"no units":     {&echoRunner{}, nil, labeler.ErrNoUnits},
		"runner fails": {&echoRunner{err: broken}, []string{"x"}, broken},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l := newLabeler(t, tt.runner, nil)
			if _, _, _, err := l.Label(t.Context(), "q", "", tt.units); !errors.Is(err, tt.want) {
				t.Errorf("error is %v, want %v", err, tt.want)
			}
		})
	}
}

// A deadline ends a document between windows: no run starts after it.
func TestDeadlineBetweenWindows(t *testing.T) {
	runner := &echoRunner{block: make(chan struct{})}
	l := newLabeler(t, runner, func(o *labeler.Options) { o.Workers = 1 })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, _, _, err := l.Label(ctx, "q", "", []string{strings.Repeat("word ", 5000)})
		done <- err
	}()
	runner.block <- struct{}{} // the first window is through
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want context.Canceled", err)
	}
	close(runner.block)
	if _, _, _, err := l.Label(t.Context(), "q", "", []string{"after"}); err != nil { // waits for the worker
		t.Error(err)
	}
	if runner.runs > 3 {
		t.Errorf("%d windows ran after the deadline", runner.runs-2)
	}
}

// Labels of one document are the same alone and beside many others.
func TestConcurrentLabelsAgree(t *testing.T) {
	l := newLabeler(t, &echoRunner{}, nil)
	units := []string{"One sentence.", strings.Repeat("Some more words here. ", 60)}
	want, _, _, err := l.Label(t.Context(), "query", "", units)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var failed atomic.Int32
	for range 32 {
		wg.Go(func() {
			got, _, _, err := l.Label(t.Context(), "query", "", units)
			if err != nil || !cmp.Equal(want, got) {
				failed.Add(1)
			}
		})
	}
	wg.Wait()
	if n := failed.Load(); n > 0 {
		t.Errorf("%d of 32 concurrent labels differ", n)
	}
}

func TestClosed(t *testing.T) {
	b, tok := defaultBundle(t)
	l, err := labeler.New(labeler.Options{Runner: &echoRunner{}, Tokenizer: tok, Manifest: b.Manifest})
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if _, _, _, err := l.Label(t.Context(), "q", "", []string{"x"}); !errors.Is(err, labeler.ErrClosed) {
		t.Errorf("error after Close is %v", err)
	}
}

func TestOptionsValidate(t *testing.T) {
	b, tok := defaultBundle(t)
	good := labeler.Options{Runner: &echoRunner{}, Tokenizer: tok, Manifest: b.Manifest}
	tests := map[string]func(*labeler.Options){
		"no runner":    func(o *labeler.Options) { o.Runner = nil },
		"no tokenizer": func(o *labeler.Options) { o.Tokenizer = nil },
		"workers":      func(o *labeler.Options) { o.Workers = -1 },
		"manifest":     func(o *labeler.Options) { o.Manifest.WindowTokens = 10 },
		"an embedder": func(o *labeler.Options) {
			b, err := models.Open("../models/ragprune-embed")
			if err != nil {
				t.Fatal(err)
			}
			o.Manifest = b.Manifest
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			o := good
			change(&o)
			if _, err := labeler.New(o); err == nil {
				t.Error("New accepts it")
			}
		})
	}
}

// A pool that is shared stays open for the others.
func TestSharedPool(t *testing.T) {
	pool, err := workers.New(1)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	share := func(o *labeler.Options) { o.Pool = pool }
	first, second := newLabeler(t, &echoRunner{}, share), newLabeler(t, &echoRunner{}, share)
	first.Close()
	if _, _, _, err := second.Label(t.Context(), "q", "", []string{"x"}); err != nil {
		t.Errorf("after another labeler was closed: %v", err)
	}
}
