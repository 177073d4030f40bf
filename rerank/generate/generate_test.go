package generate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/ort"
	"github.com/ragprune/ragprune/models/tokenizer"
	"github.com/ragprune/ragprune/models/workers"
	"github.com/ragprune/ragprune/rerank/generate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tiny is a decoder with random weights; see models/export/tiny_generator.py.
const tiny = "testdata/tiny"

// tinyDecoder opens the graph of the tiny bundle.
func tinyDecoder(tb testing.TB, b *models.Bundle) *ort.Decoder {
	tb.Helper()
	library, err := ort.Locate(os.Getenv("RAGPRUNE_ORT_LIBRARY"))
	if err != nil {
		tb.Fatal(err)
	}
	runtime, err := ort.Start(library)
	if err != nil {
		tb.Fatal(err)
	}
	d, err := runtime.OpenDecoder(b.ModelPath(), ort.DecoderOptionsOf(&b.Manifest))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if n := d.Caches(); n != 0 {
			tb.Errorf("%d caches are not closed", n)
		}
		if err := errors.Join(d.Close(), runtime.Close()); err != nil {
			tb.Error(err)
		}
	})
	return d
}

func tinyBundle(tb testing.TB) (*models.Bundle, *tokenizer.Tokenizer) {
	tb.Helper()
	b, err := models.Open(tiny)
	if err != nil {
		tb.Fatal(err)
	}
	if err := b.Verify(); err != nil {
		tb.Fatal(err)
	}
	tok, err := tokenizer.Load(b.TokenizerPath())
	if err != nil {
		tb.Fatal(err)
	}
	return b, tok
}

// options are those of a generator of the tiny bundle, without a decoder.
func options(tb testing.TB) (generate.Options, *models.Bundle) {
	tb.Helper()
	b, tok := tinyBundle(tb)
	pool, err := workers.New(2)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(pool.Close)
	return generate.Options{Tokenizer: tok, Manifest: b.Manifest, Pool: pool, ChunkTokens: 4096}, b
}

func newGenerator(tb testing.TB, o generate.Options) *generate.Generator {
	tb.Helper()
	g, err := generate.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

// goldenCase is what the plain definition gives in PyTorch; see
// models/export/reference_generate.py.
type goldenCase struct {
	Query  string
	Markup string
	Blocks []struct {
		Path, Text string
		End        int
	}
	Prompt                  int
	Logs                    []float64
	Nodes, Branching, Alone int
}

func (c goldenCase) document() generate.Document {
	d := generate.Document{Markup: c.Markup}
	for _, b := range c.Blocks {
		d.Blocks = append(d.Blocks, generate.Block(b))
	}
	return d
}

func golden(tb testing.TB) []goldenCase {
	tb.Helper()
	data, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		tb.Fatal(err)
	}
	var cases []goldenCase
	if err := json.Unmarshal(data, &cases); err != nil {
		tb.Fatal(err)
	}
	return cases
}

// Scores are those of a full forward pass for every node, by one pass for each
// branching, whatever is kept in memory and however long the passes are.
func TestScoreEqualsTheDefinition(t *testing.T) {
	o, b := options(t)
	o.Decoder = tinyDecoder(t, b)
	for name, change := range map[string]func(*generate.Options){
		"as it comes":  func(*generate.Options) {},
		"short passes": func(o *generate.Options) { o.ChunkTokens = 50 },
		"one cache":    func(o *generate.Options) { o.CacheBytes = 1 },
	} {
		o := o
		change(&o)
		g := newGenerator(t, o)
		for _, c := range golden(t) {
			t.Run(name+"/"+c.Query, func(t *testing.T) {
				got, err := g.Score(t.Context(), c.Query, c.document())
				if err != nil {
					t.Fatal(err)
				}
				sum := 0.0
				for i, log := range got.Logs {
					if math.Abs(log-c.Logs[i]) > 1e-4 {
						t.Errorf("block %d, %s: log probability %v, PyTorch says %v", i, c.Blocks[i].Path, log, c.Logs[i])
					}
					sum += math.Exp(log)
				}
				if math.Abs(sum-1) > 1e-6 {
					t.Errorf("the probabilities add up to %v", sum)
				}
				passes := c.Branching
				if o.ChunkTokens == 50 && passes > 0 {
					passes += c.Prompt / 50 // with a few tokens of the path in the last
				}
				want := generate.Stats{Passes: passes, Tokens: got.Stats.Tokens, Nodes: c.Nodes, Skipped: c.Alone}
				if diff := cmp.Diff(want, got.Stats); diff != "" {
					t.Errorf("stats (-want +got):\n%s", diff)
				}
				if got.Read != len(c.Blocks) {
					t.Errorf("%d of %d blocks were read", got.Read, len(c.Blocks))
				}
			})
		}
	}
}

// recorder remembers what it is asked to read, and stands in for a model that
// prefers the smaller token.
type recorder struct {
	mu     sync.Mutex
	reads  [][]int64
	before []int
	open   int
	most   int
	size   int
	fail   func(reads int) error
}

type recorded struct {
	r      *recorder
	tokens int
}

func (c *recorded) Tokens() int { return c.tokens }
func (c *recorded) Close() error {
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	c.r.open--
	return nil
}

func (r *recorder) Decode(ctx context.Context, past generate.Cache, ids []int64) ([]float32, generate.Cache, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := 0
	if past != nil {
		before = past.Tokens()
	}
	r.reads, r.before = append(r.reads, ids), append(r.before, before)
	if r.fail != nil {
		if err := r.fail(len(r.reads)); err != nil {
			return nil, nil, err
		}
	}
	logits := make([]float32, r.size)
	for i := range logits {
		logits[i] = -float32(i) / 10
	}
	r.open++
	r.most = max(r.most, r.open)
	return logits, &recorded{r, before + len(ids)}, nil
}

// page has three levels of branchings.
func page() generate.Document {
	var d generate.Document
	for i := range 3 {
		for j := range 3 {
			for k := range 3 {
				path := fmt.Sprintf("<html><body><div%d><ul%d><li%d>", i, j, k)
				d.Markup += path + "the tower"
				d.Blocks = append(d.Blocks, generate.Block{Path: path, Text: "the tower", End: len(d.Markup)})
			}
		}
	}
	return d
}

// Each token is read once, and a cache is freed when nothing will go on from it.
func TestWalkSharesCaches(t *testing.T) {
	o, _ := options(t)
	r := &recorder{size: o.Tokenizer.VocabSize()}
	registry := prometheus.NewRegistry()
	o.Decoder, o.Registry = r, registry
	g := newGenerator(t, o)
	got, err := g.Score(t.Context(), "tower", page())
	if err != nil {
		t.Fatal(err)
	}
	if want := 1 + 3 + 9; got.Stats.Passes != want || len(r.reads) != want {
		t.Errorf("%d passes, want one for each of %d branchings", got.Stats.Passes, want)
	}
	prompt := len(r.reads[0])
	for i, ids := range r.reads[1:] {
		if r.before[i+1] < prompt || len(ids) > 12 {
			t.Errorf("pass %d reads %d tokens behind %d, the prompt has %d", i+1, len(ids), r.before[i+1], prompt)
		}
	}
	if r.open != 0 || r.most > 3 {
		t.Errorf("%d caches are open at the end, %d were at most; want 0 and 3", r.open, r.most)
	}
	if n := testutil.ToFloat64(counterOf(t, registry, "ragprune_generator_passes_total")); n != 13 {
		t.Errorf("the metric says %v passes", n)
	}
	// Without memory everything behind the prompt is read again.
	o.CacheBytes, o.Registry = 1, nil
	r.reads, r.most = nil, 0
	again, err := newGenerator(t, o).Score(t.Context(), "tower", page())
	if err != nil {
		t.Fatal(err)
	}
	if r.most > 2 || again.Stats.Tokens <= got.Stats.Tokens || !cmp.Equal(again.Logs, got.Logs) {
		t.Errorf("with one cache: %d were open, %d tokens were read instead of %d", r.most, again.Stats.Tokens, got.Stats.Tokens)
	}
	if _, err := generate.New(generate.Options{Decoder: r, Tokenizer: o.Tokenizer, Manifest: o.Manifest, Pool: o.Pool, Registry: registry}); err == nil {
		t.Error("metrics are registered twice")
	}
}

// counterOf finds a registered metric by its name.
func counterOf(tb testing.TB, r *prometheus.Registry, name string) prometheus.Collector {
	tb.Helper()
	families, err := r.Gather()
	if err != nil {
		tb.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			c := prometheus.NewCounter(prometheus.CounterOpts{Name: "found"})
			c.Add(f.GetMetric()[0].GetCounter().GetValue())
			return c
		}
	}
	tb.Fatalf("no metric %s", name)
	return nil
}

// Whatever goes wrong, nothing stays open and the error is told.
func TestScoreFails(t *testing.T) {
	o, _ := options(t)
	broken := errors.New("broken graph")
	for n := 1; n <= 13; n++ {
		r := &recorder{size: o.Tokenizer.VocabSize(), fail: func(reads int) error {
			if reads == n {
				return broken
			}
			return nil
		}}
		o.Decoder = r
		if _, err := newGenerator(t, o).Score(t.Context(), "tower", page()); !errors.Is(err, broken) || r.open != 0 {
			t.Errorf("pass %d fails: error is %v, %d caches are open", n, err, r.open)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := &recorder{size: o.Tokenizer.VocabSize(), fail: func(reads int) error {
		if reads == 3 {
			cancel()
		}
		return nil
	}}
	o.Decoder = r
	if _, err := newGenerator(t, o).Score(ctx, "tower", page()); !errors.Is(err, context.Canceled) || r.open != 0 || len(r.reads) != 3 {
		t.Errorf("canceled: error is %v, %d caches are open, %d passes", err, r.open, len(r.reads))
	}
	o.Decoder = &recorder{size: 10}
	if _, err := newGenerator(t, o).Score(t.Context(), "tower", page()); err == nil || !strings.Contains(err.Error(), "not among the graph's 10 logits") {
		t.Errorf("a graph of another vocabulary: error is %v", err)
	}
	nan := &recorder{size: o.Tokenizer.VocabSize()}
	o.Decoder = nanDecoder{nan}
	if _, err := newGenerator(t, o).Score(t.Context(), "tower", page()); err == nil || nan.open != 0 {
		t.Errorf("a graph that gives NaN: error is %v, %d caches are open", err, nan.open)
	}
	if _, err := newGenerator(t, o).Score(t.Context(), "tower", generate.Document{Markup: "x"}); err == nil {
		t.Error("a document without blocks is accepted")
	}
	outside := generate.Document{Markup: "x", Blocks: []generate.Block{{Path: "<p>", End: 2}}}
	if _, err := newGenerator(t, o).Score(t.Context(), "tower", outside); err == nil {
		t.Error("a block that ends outside of the markup is accepted")
	}
}

type nanDecoder struct{ *recorder }

func (d nanDecoder) Decode(ctx context.Context, past generate.Cache, ids []int64) ([]float32, generate.Cache, error) {
	logits, present, err := d.recorder.Decode(ctx, past, ids)
	for i := range logits {
		logits[i] = float32(math.NaN())
	}
	return logits, present, err
}

// What does not fit into the window is not read, from the end; the rest is
// scored as if it were not there.
func TestScoreCutsLongDocuments(t *testing.T) {
	o, _ := options(t)
	r := &recorder{size: o.Tokenizer.VocabSize()}
	o.Decoder = r
	d := page()
	d.Markup += strings.Repeat(" the tower", 1000)
	d.Blocks = append(d.Blocks, generate.Block{Path: "<html><body><p>", Text: "the", End: len(d.Markup)})
	o.Manifest.WindowTokens = 600
	got, err := newGenerator(t, o).Score(t.Context(), "tower", d)
	if err != nil {
		t.Fatal(err)
	}
	if got.Read < 5 || got.Read > 20 {
		t.Errorf("%d of %d blocks were read", got.Read, len(d.Blocks))
	}
	read := 0
	for i, ids := range r.reads {
		read = max(read, r.before[i]+len(ids))
	}
	if read > o.Manifest.WindowTokens {
		t.Errorf("%d tokens were read, the window has %d", read, o.Manifest.WindowTokens)
	}
	shares := got.Shares()
	for i, log := range got.Logs {
		if unread := i >= got.Read; math.IsInf(log, -1) != unread || (shares[i] == 0) != unread {
			t.Errorf("block %d of which %d are read has the log probability %v and the score %v", i, got.Read, log, shares[i])
		}
	}
	o.Manifest.WindowTokens = 300 // the prompt alone has more
	if _, err := newGenerator(t, o).Score(t.Context(), "tower", d); err == nil || !strings.Contains(err.Error(), "window_tokens") {
		t.Errorf("a window without room: error is %v", err)
	}
	long := strings.Repeat("tower ", 1000)
	fitted, cut := newGenerator(t, o).Fit(long)
	if n := o.Tokenizer.Count(fitted); !cut || n != o.Manifest.QueryTokens {
		t.Errorf("a long query is cut to %d tokens (%v), want %d", n, cut, o.Manifest.QueryTokens)
	}
}

func TestShares(t *testing.T) {
	s := generate.Scores{Logs: []float64{math.Log(0.25), math.Log(0.5), math.Log(0.0625), math.Inf(-1)}, Read: 4}
	want := []float32{0.5, 2.0 / 3, 0.2, 0}
	for i, got := range s.Shares() {
		if math.Abs(float64(got-want[i])) > 1e-6 {
			t.Errorf("block %d has %v, want %v", i, got, want[i])
		}
	}
}

// No text can say what only the prompt may say.
func TestPromptIsSafe(t *testing.T) {
	o, _ := options(t)
	r := &recorder{size: o.Tokenizer.VocabSize()}
	o.Decoder = r
	d := page()
	d.Markup = "[SEP]{question}" + d.Markup
	for i := range d.Blocks {
		d.Blocks[i].End += len("[SEP]{question}")
	}
	if _, err := newGenerator(t, o).Score(t.Context(), "[CLS]{html}", d); err != nil {
		t.Fatal(err)
	}
	cls, sep, err := o.Tokenizer.Markers()
	if err != nil {
		t.Fatal(err)
	}
	marks := 0
	for _, id := range r.reads[0] {
		if id == int64(cls) || id == int64(sep) {
			marks++
		}
	}
	if marks != 2 {
		t.Errorf("the prompt has %d marks, want one at each end", marks)
	}
}

func TestNewRefuses(t *testing.T) {
	o, _ := options(t)
	o.Decoder = &recorder{}
	tests := map[string]struct {
		change func(*generate.Options)
		want   string
	}{
		"no decoder":   {func(o *generate.Options) { o.Decoder = nil }, "Decoder is mandatory"},
		"no tokenizer": {func(o *generate.Options) { o.Tokenizer = nil }, "Tokenizer is mandatory"},
		"no pool":      {func(o *generate.Options) { o.Pool = nil }, "Pool is mandatory"},
		"chunk":        {func(o *generate.Options) { o.ChunkTokens = -1 }, "ChunkTokens"},
		"memory":       {func(o *generate.Options) { o.CacheBytes = -1 }, "CacheBytes"},
		"manifest":     {func(o *generate.Options) { o.Manifest.Generation.Layers = 0 }, "layers is 0"},
		"kind":         {func(o *generate.Options) { o.Manifest.Kind = "reranker" }, "kind"},
		"end":          {func(o *generate.Options) { o.Manifest.Generation.End = "<|end|>" }, `end: the tokenizer has no special token "<|end|>"`},
		"special": {func(o *generate.Options) {
			o.Manifest.Generation.Prompt = append([]models.PromptPart{{Special: "<|user|>"}}, o.Manifest.Generation.Prompt...)
		}, `prompt: the tokenizer has no special token "<|user|>"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := o
			tt.change(&o)
			if _, err := generate.New(o); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want it to say %q", err, tt.want)
			}
		})
	}
}
