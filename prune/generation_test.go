package prune_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/ragprune/ragprune/prune"
	"github.com/ragprune/ragprune/rerank/generate"
)

// pointer is a generator without a model: a block is the more probable the more
// words of the query stand in the markup up to where it ends, behind the end of
// the block before.
type pointer struct {
	mu   sync.Mutex
	read []generate.Document
	// most is the number of blocks that it reads, 0 for all.
	most int
	// before is called with every document, if set.
	before func(ctx context.Context) error
}

func (p *pointer) Fit(query string) (string, bool) { return (&overlap{}).Fit(query) }

func (p *pointer) Score(ctx context.Context, query string, d generate.Document) (generate.Scores, error) {
	p.mu.Lock()
	p.read = append(p.read, d)
	p.mu.Unlock()
	if p.before != nil {
		if err := p.before(ctx); err != nil {
			return generate.Scores{}, err
		}
	}
	s := generate.Scores{Logs: make([]float64, len(d.Blocks)), Read: len(d.Blocks), Stats: generate.Stats{Passes: 2, Tokens: 100, Nodes: 9, Skipped: 5}}
	if p.most > 0 {
		s.Read = min(s.Read, p.most)
	}
	start, sum := 0, 0.0
	weights := make([]float64, len(d.Blocks))
	for i, b := range d.Blocks[:s.Read] {
		if b.End > start {
			weights[i] = 0.01
			for _, w := range tokens(strings.ToLower(query)) {
				if strings.Contains(strings.ToLower(d.Markup[start:b.End]), w) {
					weights[i]++
				}
			}
			start = b.End
		}
		sum += weights[i]
	}
	for i, w := range weights {
		s.Logs[i] = math.Log(w / sum)
	}
	return s, nil
}

// generateOptions offer the generator too.
func generateOptions(l prune.Labeler, g prune.Generator) prune.Options {
	o := options(l)
	o.Generator = g
	o.Generation = prune.Generation{
		Model: "pointer@1", FirstIndex: 1, BlockWords: 5,
		Presets: map[string]float64{"safe": 0.2, "balanced": 0.5, "aggressive": 0.7},
	}
	return o
}

const cities = `<title>Cities</title><nav><a href=/>Home of Paris</a></nav>
<h1>Capitals</h1><p>Paris is the capital of France. It lies on the Seine.</p><p>Rome is old.</p><p>Bananas are yellow and sweet.</p>`

func generateRequest(change func(*prune.Request)) prune.Request {
	r := prune.Request{Query: "capital of France", Scorer: prune.ScorerGenerate, Explain: true, Documents: []prune.Document{page(cities)}}
	if change != nil {
		change(&r)
	}
	return r
}

// Every unit has the score of its block, and the answer says what it took.
func TestGenerateScoresUnitsByTheirBlock(t *testing.T) {
	g := &pointer{}
	p := newPruner(t, generateOptions(&overlap{}, g))
	if got := p.Scorers(); !cmp.Equal(got, []prune.Scorer{"label", "bm25", "generate"}) {
		t.Errorf("scorers are %v", got)
	}
	resp := answer(t, p, generateRequest(nil))
	r := resp.Results[0]
	if resp.Model != "pointer@1" || r.Degraded != nil || r.Logit != nil {
		t.Errorf("model %q, result %+v", resp.Model, r)
	}
	if diff := cmp.Diff(&prune.GenerationUsage{Passes: 2, Nodes: 9, Skipped: 5}, resp.Usage.Generation); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
	wantPaths := []string{"<html><title>", "<html><body><p1>", "<html><body><h1>", "<html><body><p2>", "<html><body><p3>", "<html><body><p4>"}
	var paths []string
	for _, b := range g.read[0].Blocks {
		paths = append(paths, b.Path)
	}
	if len(paths) != len(wantPaths) {
		t.Errorf("paths are %q", paths)
	}
	scores := map[string]float64{}
	for _, u := range r.Units {
		scores[u.Text] = u.Score
	}
	if scores["Paris is the capital of France."] != scores["It lies on the Seine."] || scores["It lies on the Seine."] <= 0.5 || scores["Bananas are yellow and sweet."] >= 0.5 {
		t.Errorf("scores are %v", scores)
	}
	if !strings.Contains(r.Text, "Seine") || strings.Contains(r.Text, "Bananas") {
		t.Errorf("the text is %q", r.Text)
	}
	if r.Score != scores["Paris is the capital of France."] {
		t.Errorf("the document has the score %v, its best block %v", r.Score, scores["Paris is the capital of France."])
	}
}

func TestGenerateReadsWhatIsAskedFor(t *testing.T) {
	tests := map[string]struct {
		change func(*prune.Request)
		want   func(generate.Document) bool
	}{
		"granularity": {func(r *prune.Request) { r.Granularity = 1000 }, func(d generate.Document) bool { return len(d.Blocks) == 1 }},
		"fine":        {func(r *prune.Request) { r.Granularity = 1 }, func(d generate.Document) bool { return len(d.Blocks) == 6 }},
		"boilerplate": {func(r *prune.Request) { r.Boilerplate = prune.BoilerplateDrop }, func(d generate.Document) bool { return !strings.Contains(d.Markup, "Home") }},
		"plain text":  {func(r *prune.Request) { r.Documents = []prune.Document{text("# Head\n\n- a b c d\n- e f g h")} }, func(d generate.Document) bool { return d.Blocks[1].Path == "<html><ul><li1>" }},
		"its own tree": {func(r *prune.Request) { r.Documents = append(r.Documents, text("Other.")) }, func(d generate.Document) bool {
			return !strings.Contains(d.Markup, "Other") || !strings.Contains(d.Markup, "Cities")
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := &pointer{}
			resp := answer(t, newPruner(t, generateOptions(&overlap{}, g)), generateRequest(tt.change))
			for _, d := range g.read {
				if !tt.want(d) {
					t.Errorf("the generator read %+v", d)
				}
			}
			for _, r := range resp.Results {
				if r.Degraded != nil {
					t.Errorf("degraded: %+v", r.Degraded)
				}
			}
		})
	}
}

// Scores are kept for document and query; another size of blocks is another
// question to the model.
func TestGenerateKeepsScores(t *testing.T) {
	registry := prometheus.NewRegistry()
	g := &pointer{most: 4}
	o := generateOptions(&overlap{}, g)
	o.Store, o.Registry = newStore(t), registry
	p := newPruner(t, o)
	first := answer(t, p, generateRequest(nil))
	second := answer(t, p, generateRequest(nil))
	if second.Usage.CacheHits != 1 || second.Usage.Generation != nil || second.Usage.ModelTokens != 0 || len(g.read) != 1 {
		t.Errorf("the second time: %+v, %d documents read", second.Usage, len(g.read))
	}
	if want := []string{"generator_window"}; !cmp.Equal(codes(first.Results[0]), want) || !cmp.Equal(codes(second.Results[0]), want) {
		t.Errorf("warnings are %v and %v, want %v", codes(first.Results[0]), codes(second.Results[0]), want)
	}
	second.Results[0].Cached = false
	if diff := cmp.Diff(first.Results, second.Results); diff != "" {
		t.Errorf("from the store (-first +second):\n%s", diff)
	}
	for name, test := range map[string]struct {
		change func(*prune.Request)
		reads  int
	}{
		"threshold":   {func(r *prune.Request) { r.Threshold = new(0.1) }, 0},
		"budget":      {func(r *prune.Request) { r.MaxTokens = 5 }, 0},
		"granularity": {func(r *prune.Request) { r.Granularity = 1000 }, 1},
		"query":       {func(r *prune.Request) { r.Query = "Rome" }, 1},
		"namespace":   {func(r *prune.Request) { r.Namespace = "other" }, 1},
		"boilerplate": {func(r *prune.Request) { r.Boilerplate = prune.BoilerplateDrop }, 1},
	} {
		before := len(g.read)
		answer(t, p, generateRequest(test.change))
		if reads := len(g.read) - before; reads != test.reads {
			t.Errorf("%s: %d documents are read, want %d", name, reads, test.reads)
		}
	}
	if n := value(t, registry, "ragprune_generator_documents_total", "", ""); int(n) != len(g.read) {
		t.Errorf("the metric says %v documents, %d were read", n, len(g.read))
	}
}

// A generator that fails costs nothing but its scores.
func TestGenerateFallsBack(t *testing.T) {
	tests := map[string]struct {
		before func(context.Context) error
		reason string
	}{
		"an error": {func(context.Context) error { return errors.New("broken") }, prune.ReasonModel},
		"no time":  {func(context.Context) error { return context.DeadlineExceeded }, prune.ReasonDeadline},
		"a panic":  {func(context.Context) error { panic("x") }, prune.ReasonInternal},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			resp := answer(t, newPruner(t, generateOptions(&overlap{}, &pointer{before: tt.before})), generateRequest(nil))
			r := resp.Results[0]
			if r.Degraded == nil || r.Degraded.Reason != tt.reason || !strings.Contains(r.Text, "Paris") {
				t.Errorf("degraded %+v, text %q", r.Degraded, r.Text)
			}
		})
	}
	o := generateOptions(&overlap{}, &pointer{})
	o.Limits.Units = 2
	if r := answer(t, newPruner(t, o), generateRequest(nil)).Results[0]; r.Degraded == nil || r.Degraded.Reason != prune.ReasonUnits {
		t.Errorf("too many units: degraded %+v", r.Degraded)
	}
	wrong := wrongGenerator{}
	if r := answer(t, newPruner(t, generateOptions(&overlap{}, wrong)), generateRequest(nil)).Results[0]; r.Degraded == nil || r.Degraded.Reason != prune.ReasonModel {
		t.Errorf("a generator that breaks its contract: degraded %+v", r.Degraded)
	}
}

type wrongGenerator struct{}

func (wrongGenerator) Fit(query string) (string, bool) { return query, false }

func (wrongGenerator) Score(context.Context, string, generate.Document) (generate.Scores, error) {
	return generate.Scores{Logs: []float64{0}, Read: 1}, nil
}

func TestGenerationOptions(t *testing.T) {
	for name, change := range map[string]func(*prune.Generation){
		"Model":       func(g *prune.Generation) { g.Model = "" },
		"FirstIndex":  func(g *prune.Generation) { g.FirstIndex = -1 },
		"BlockWords":  func(g *prune.Generation) { g.BlockWords = 0 },
		"no preset":   func(g *prune.Generation) { g.Presets = nil },
		"want 0 to 1": func(g *prune.Generation) { g.Presets["balanced"] = 2 },
	} {
		o := generateOptions(&overlap{}, &pointer{})
		change(&o.Generation)
		if _, err := prune.New(o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error is %v, want it to say %q", err, name)
		}
	}
}

func FuzzDecodeGenerated(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0, 128, 63}, 2)
	f.Add([]byte{1, 0, 0, 0, 0, 0}, 0)
	f.Fuzz(func(t *testing.T, b []byte, blocks int) {
		again, ok := prune.ReencodeGenerated(prune.WithCRC(b), blocks)
		if !ok {
			return
		}
		if twice, ok := prune.ReencodeGenerated(again, blocks); !ok || !cmp.Equal(twice, again) {
			t.Error("what was read is not what is written")
		}
		for i := range again {
			damaged := append([]byte(nil), again...)
			damaged[i] ^= 1
			if _, ok := prune.ReencodeGenerated(damaged, blocks); ok {
				t.Errorf("a flip in byte %d was not seen", i)
			}
		}
	})
}
