package prune_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/ragprune/ragprune/prune"
	"github.com/ragprune/ragprune/rerank"
)

// bags is an embedder without a model: a text's vector counts its words, each
// in the place of its hash.
type bags struct {
	texts, queries atomic.Int64
	// before is called with every call, if set.
	before func(ctx context.Context, texts []string) error
}

const bagSize = 64

func (b *bags) EmbedQuery(ctx context.Context, query string) (rerank.Embeddings, error) {
	b.queries.Add(1)
	return b.embed(ctx, []string{query})
}

func (b *bags) EmbedTexts(ctx context.Context, texts []string) (rerank.Embeddings, error) {
	b.texts.Add(int64(len(texts)))
	return b.embed(ctx, texts)
}

func (b *bags) embed(ctx context.Context, texts []string) (out rerank.Embeddings, err error) {
	if b.before != nil {
		err = b.before(ctx, texts)
	}
	if err = errors.Join(err, ctx.Err()); err != nil {
		return rerank.Embeddings{}, err
	}
	for _, text := range texts {
		v := make([]float32, bagSize)
		for _, w := range tokens(strings.ToLower(text)) {
			hash := 7
			for _, r := range w {
				hash = (31*hash + int(r)) % bagSize
			}
			v[hash]++
			out.Tokens++
		}
		length := 0.0
		for _, x := range v {
			length += float64(x * x)
		}
		if length > 0 {
			for i := range v {
				v[i] /= float32(math.Sqrt(length))
			}
			out.Vectors = append(out.Vectors, v)
		}
		out.Ends = append(out.Ends, len(out.Vectors))
	}
	return out, nil
}

// embedOptions have all scorers.
func embedOptions(l prune.Labeler, e prune.Embedder) prune.Options {
	o := options(l)
	o.Embedder = e
	o.Embedding = prune.Embedding{
		Model: "bags@1", Calibration: rerank.Calibration{Scale: 10, Bias: -5},
		Presets:       map[string]float64{"safe": 0.05, "balanced": 0.3, "aggressive": 0.8},
		HybridPresets: map[string]float64{"safe": 0.2, "balanced": 0.5, "aggressive": 0.7},
		Fusion:        &rerank.Fusion{Logit: 1, Cosine: 8, Bias: -4},
		FusedPresets:  map[string]float64{"safe": 0.01, "balanced": 0.2, "aggressive": 0.9},
	}
	return o
}

func TestScorersThatAreOffered(t *testing.T) {
	without := embedOptions(&overlap{}, &bags{})
	without.Embedding.Fusion, without.Embedding.FusedPresets = nil, nil
	for name, test := range map[string]struct {
		options prune.Options
		want    []prune.Scorer
	}{
		"all":           {embedOptions(&overlap{}, &bags{}), []prune.Scorer{"label", "bm25", "embed", "hybrid", "fused"}},
		"no embedder":   {options(&overlap{}), []prune.Scorer{"label", "bm25"}},
		"no fusion":     {without, []prune.Scorer{"label", "bm25", "embed", "hybrid"}},
		"only embedder": {prune.Options{Counter: words{}, Embedder: &bags{}, Embedding: without.Embedding}, []prune.Scorer{"bm25", "embed", "hybrid"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPruner(t, test.options)
			if diff := cmp.Diff(test.want, p.Scorers()); diff != "" {
				t.Error(diff)
			}
			for _, s := range test.want {
				if _, ok := p.Presets(s)["balanced"]; !ok {
					t.Errorf("%s has no preset balanced", s)
				}
			}
			if p.Presets(prune.ScorerGenerate) != nil {
				t.Error("a scorer that is not offered has presets")
			}
		})
	}
}

// Each scorer scores by what it says it does, and says whose scores they are.
func TestWhatEachScorerSays(t *testing.T) {
	o := embedOptions(&overlap{}, &bags{})
	p := newPruner(t, o)
	scores := make(map[prune.Scorer][]float64)
	for scorer, model := range map[prune.Scorer]string{
		"label": "overlap@1", "embed": "bags@1", "hybrid": "bags@1", "fused": "overlap@1+bags@1", "bm25": "overlap@1",
	} {
		resp := answer(t, p, prune.Request{Query: query, Scorer: scorer, Explain: true, Documents: []prune.Document{text(france)}})
		if resp.Model != model {
			t.Errorf("%s is answered by %q, want %q", scorer, resp.Model, model)
		}
		if r := resp.Results[0]; r.Degraded != nil || (r.Logit == nil) != (scorer != "label" && scorer != "fused") {
			t.Errorf("%s: %+v", scorer, r)
		}
		for _, u := range resp.Results[0].Units {
			scores[scorer] = append(scores[scorer], u.Score)
		}
	}
	for u, score := range scores["fused"] {
		cosine := (math.Log(scores["embed"][u]/(1-scores["embed"][u])) + 5) / 10
		if want := o.Embedding.Fusion.Probability(scores["label"][u], cosine); math.Abs(score-want) > 1e-4 {
			t.Errorf("unit %d: fused is %v, want %v", u, score, want)
		}
	}
	best := slices.Index(scores["hybrid"], slices.Max(scores["hybrid"]))
	if scores["hybrid"][best] != 1 || best != 0 {
		t.Errorf("hybrid scores %v, want the first at 1", scores["hybrid"])
	}
}

// A score of hybrid is the share of all sentences of the request that are not
// better, so that a threshold leaves out that share.
func TestHybridScoresAreShares(t *testing.T) {
	p := newPruner(t, embedOptions(&overlap{}, &bags{}))
	resp := answer(t, p, prune.Request{
		Query: query, Scorer: prune.ScorerHybrid, Threshold: new(0.75), Explain: true,
		Documents: []prune.Document{text(france), text("Rain falls. Paris is in France. Fog lifts.")},
	})
	var units []prune.UnitScore
	for _, r := range resp.Results {
		units = append(units, r.Units...)
	}
	if len(units) != 8 {
		t.Fatalf("%d units", len(units))
	}
	for _, u := range units {
		notBetter := 0
		for _, other := range units {
			if other.Score <= u.Score {
				notBetter++
			}
		}
		if want := float64(notBetter) / 8; u.Score != want || u.Kept != (want > 0.75) {
			t.Errorf("%q scores %v, kept %v; %d of 8 are not better", u.Text, u.Score, u.Kept, notBetter)
		}
	}
}

// What the embedder says of a document is kept whatever the query, and what it
// says of a query whatever the document.
func TestAnotherQueryCostsTheQuery(t *testing.T) {
	for _, scorer := range []prune.Scorer{prune.ScorerEmbed, prune.ScorerHybrid, prune.ScorerFused} {
		t.Run(string(scorer), func(t *testing.T) {
			registry := prometheus.NewRegistry()
			e := &bags{}
			o := embedOptions(&overlap{}, e)
			o.Store, o.Registry = newStore(t), registry
			p := newPruner(t, o)
			r := prune.Request{Query: query, Scorer: scorer, Documents: []prune.Document{text(france), page("<p>Paris shines.</p>"), text("")}}
			first := answer(t, p, r)
			if e.texts.Load() != 6 || e.queries.Load() != 1 || first.Usage.CacheHits != 0 {
				t.Fatalf("%d texts and %d queries were embedded, usage %+v", e.texts.Load(), e.queries.Load(), first.Usage)
			}
			again := answer(t, p, r)
			if e.queries.Load() != 1 || again.Usage.CacheHits != 2 || again.Usage.ModelTokens != 0 {
				t.Errorf("the same again: %d queries, usage %+v", e.queries.Load(), again.Usage)
			}
			if diff := cmp.Diff(first.Results, again.Results, cmpopts.IgnoreFields(prune.Result{}, "Cached")); diff != "" {
				t.Errorf("the answer from the store differs: %s", diff)
			}
			r.Query = "bananas"
			other := answer(t, p, r)
			if e.texts.Load() != 6 || e.queries.Load() != 2 {
				t.Errorf("another query: %d texts and %d queries were embedded", e.texts.Load(), e.queries.Load())
			}
			if got := value(t, registry, "ragprune_embedder_documents_total", "", ""); got != 2 {
				t.Errorf("%v documents were embedded", got)
			}
			if scorer != prune.ScorerFused && (other.Usage.CacheHits != 2 || other.Usage.ModelTokens != 1) {
				t.Errorf("another query: usage %+v, want the query's token", other.Usage)
			}
			r.Namespace = "somebody else"
			if got := answer(t, p, r).Usage; got.CacheHits != 0 || e.texts.Load() != 12 || e.queries.Load() != 3 {
				t.Errorf("over the border of namespaces: usage %+v, %d texts", got, e.texts.Load())
			}
		})
	}
}

// The answer is the same with a store and without one.
func TestStoreChangesNoAnswer(t *testing.T) {
	for _, scorer := range []prune.Scorer{prune.ScorerEmbed, prune.ScorerHybrid, prune.ScorerFused} {
		o := embedOptions(&overlap{}, &bags{})
		r := prune.Request{Query: query, Scorer: scorer, Explain: true, Documents: []prune.Document{text(france)}}
		want := answer(t, newPruner(t, o), r).Results
		o.Store = newStore(t)
		p := newPruner(t, o)
		for range 2 {
			if diff := cmp.Diff(want, answer(t, p, r).Results, cmpopts.IgnoreFields(prune.Result{}, "Cached")); diff != "" {
				t.Errorf("%s: %s", scorer, diff)
			}
		}
		o.Store = broken{[]byte("noise")}
		if diff := cmp.Diff(want, answer(t, newPruner(t, o), r).Results); diff != "" {
			t.Errorf("%s with a broken store: %s", scorer, diff)
		}
	}
}

// Where one of two models fails the other answers, where the only one fails the
// fallback, and the document is never lost.
func TestEmbedderFaults(t *testing.T) {
	bad := errors.New("no luck")
	fail := func(context.Context, []string) error { return bad }
	boom := func(context.Context, []string) error { panic("boom") }
	onQuery := func(_ context.Context, texts []string) error {
		if texts[0] == query {
			return bad
		}
		return nil
	}
	tests := map[string]struct {
		labeler  *overlap
		embedder *bags
		scorer   prune.Scorer
		fallback prune.Fallback
		want     prune.Degraded
	}{
		"embed":                 {&overlap{}, &bags{before: fail}, "embed", "", prune.Degraded{Reason: "model_error", Used: "bm25"}},
		"embed, query":          {&overlap{}, &bags{before: onQuery}, "embed", "", prune.Degraded{Reason: "model_error", Used: "bm25"}},
		"embed, original":       {&overlap{}, &bags{before: fail}, "embed", "original", prune.Degraded{Reason: "model_error", Used: "original"}},
		"embed, panic":          {&overlap{}, &bags{before: boom}, "embed", "", prune.Degraded{Reason: "internal", Used: "original"}},
		"hybrid":                {&overlap{}, &bags{before: fail}, "hybrid", "", prune.Degraded{Reason: "model_error", Used: "bm25"}},
		"fused, embedder":       {&overlap{}, &bags{before: fail}, "fused", "", prune.Degraded{Reason: "model_error", Used: "label"}},
		"fused, embedder panic": {&overlap{}, &bags{before: boom}, "fused", "original", prune.Degraded{Reason: "internal", Used: "label"}},
		"fused, query":          {&overlap{}, &bags{before: onQuery}, "fused", "", prune.Degraded{Reason: "model_error", Used: "label"}},
		"fused, labeler":        {&overlap{before: fail}, &bags{}, "fused", "", prune.Degraded{Reason: "model_error", Used: "embed"}},
		"fused, labeler panic":  {&overlap{before: boom}, &bags{}, "fused", "", prune.Degraded{Reason: "internal", Used: "embed"}},
		"fused, both":           {&overlap{before: fail}, &bags{before: fail}, "fused", "", prune.Degraded{Reason: "model_error", Used: "bm25"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, store := range []bool{false, true} {
				o := embedOptions(test.labeler, test.embedder)
				o.Fallback = test.fallback
				if store {
					o.Store = newStore(t)
				}
				r := answer(t, newPruner(t, o), prune.Request{Query: query, Scorer: test.scorer, Documents: []prune.Document{text(france)}}).Results[0]
				if r.Degraded == nil || *r.Degraded != test.want {
					t.Fatalf("store %v: degraded %+v, want %+v", store, r.Degraded, test.want)
				}
				if !strings.Contains(r.Text, "Paris is the capital of France.") || r.Cached {
					t.Errorf("store %v: %+v", store, r)
				}
			}
		})
	}
}

// A threshold is meant for the scorer that was asked for.
func TestThresholdIsNotTakenOver(t *testing.T) {
	o := embedOptions(&overlap{}, &bags{before: func(context.Context, []string) error { return errors.New("no luck") }})
	r := prune.Request{Query: query, Scorer: prune.ScorerFused, Threshold: new(0.99), Documents: []prune.Document{text(france)}}
	if got := answer(t, newPruner(t, o), r).Results[0]; !strings.Contains(got.Text, "museums") {
		t.Errorf("kept %q, want what the labeler keeps at its own preset", got.Text)
	}
}

func TestEmbedderIsHeldToItsContract(t *testing.T) {
	for name, answerOf := range map[string]rerank.Embeddings{
		"too few":    {Vectors: [][]float32{{1}}, Ends: []int{1}},
		"no ends":    {Vectors: [][]float32{{1}}},
		"backwards":  {Vectors: [][]float32{{1}, {1}}, Ends: []int{1, 0, 2, 2, 2}},
		"not all":    {Vectors: [][]float32{{1}, {1}}, Ends: []int{1, 1, 1, 1, 1}},
		"dimensions": {Vectors: [][]float32{{1}, {1, 0}}, Ends: []int{1, 2, 2, 2, 2}},
		"NaN":        {Vectors: [][]float32{{float32(math.NaN())}}, Ends: []int{1, 1, 1, 1, 1}},
		"the query":  {Vectors: [][]float32{{1, 0}}, Ends: []int{1, 1, 1, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPruner(t, embedOptions(&overlap{}, constant{answerOf}))
			r := answer(t, p, prune.Request{Query: query, Scorer: prune.ScorerEmbed, Documents: []prune.Document{text(france)}}).Results[0]
			if r.Degraded == nil || r.Degraded.Reason != prune.ReasonModel {
				t.Errorf("degraded %+v", r.Degraded)
			}
		})
	}
}

// constant is an embedder that gives the same for every document.
type constant struct{ embeddings rerank.Embeddings }

func (c constant) EmbedQuery(context.Context, string) (rerank.Embeddings, error) {
	return rerank.Embeddings{Vectors: [][]float32{{1}}, Ends: []int{1}}, nil
}

func (c constant) EmbedTexts(context.Context, []string) (rerank.Embeddings, error) {
	return c.embeddings, nil
}

func TestEmbeddingOptions(t *testing.T) {
	for name, change := range map[string]func(*prune.Embedding){
		"no model":     func(e *prune.Embedding) { e.Model = "" },
		"no presets":   func(e *prune.Embedding) { e.Presets = nil },
		"no balanced":  func(e *prune.Embedding) { e.HybridPresets = map[string]float64{"safe": 0.1} },
		"out of range": func(e *prune.Embedding) { e.FusedPresets["safe"] = 2 },
		"weights":      func(e *prune.Embedding) { e.Fusion = &rerank.Fusion{} },
	} {
		t.Run(name, func(t *testing.T) {
			o := embedOptions(&overlap{}, &bags{})
			change(&o.Embedding)
			if _, err := prune.New(o); err == nil {
				t.Error("New accepts it")
			}
		})
	}
}

// What is dropped as boilerplate is not read, and the scores of the rest stay
// where they belong.
func TestScorersBesideBoilerplate(t *testing.T) {
	for _, scorer := range []prune.Scorer{"label", "bm25", "embed", "hybrid", "fused"} {
		for _, store := range []bool{false, true} {
			e := &bags{}
			o := embedOptions(&overlap{}, e)
			if store {
				o.Store = newStore(t)
			}
			p := newPruner(t, o)
			r := prune.Request{Query: query, Scorer: scorer, Boilerplate: prune.BoilerplateDrop, Explain: true, Documents: []prune.Document{
				page(newsPage), page("<nav><ul><li><a href=1>Paris</a><li><a href=2>France</a><li><a href=3>Capital</a></ul></nav>"),
			}}
			resp := answer(t, p, r)
			best := prune.UnitScore{}
			for _, u := range resp.Results[0].Units {
				if u.Why == "boilerplate" && u.Score != 0 {
					t.Errorf("%s: %q is not read, and scores %v", scorer, u.Text, u.Score)
				}
				if u.Score > best.Score {
					best = u
				}
			}
			if best.Text != "Paris is the capital of France." || resp.Results[0].Degraded != nil {
				t.Errorf("%s: the best is %q: %+v", scorer, best.Text, resp.Results[0].Units)
			}
			if r := resp.Results[1]; r.Degraded != nil {
				t.Errorf("%s: a page of nothing else: %+v", scorer, r)
			}
		}
	}
}
