package eval

import (
	"context"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/ragprune/ragprune/rerank"
)

// All keeps everything.
type All struct{}

// Info describes the system.
func (All) Info() Info {
	return Info{Name: "all", Version: "keeps everything", Presets: map[string]float64{"0": 0}}
}

// Score gives every sentence 1. A passage has no score.
func (All) Score(_ context.Context, r Request) ([]Scores, error) {
	out := make([]Scores, len(r.Passages))
	for i, p := range r.Passages {
		out[i] = Scores{Sentences: slices.Repeat([]float32{1}, len(p.Sentences)), Passage: math.NaN()}
	}
	return out, nil
}

// First keeps the first sentences.
type First struct{}

// Info describes the system; its presets keep the first 1, 3, 5 and 10.
func (First) Info() Info {
	return Info{Name: "first", Version: "the first k sentences", Presets: map[string]float64{
		"k=1": rankScore(1), "k=3": rankScore(3), "k=5": rankScore(5), "k=10": rankScore(10),
	}}
}

// rankScore is the score of the sentence after n others.
func rankScore(n int) float64 { return float64(float32(1) / float32(n+1)) }

// Score falls from sentence to sentence. A passage has no score.
func (First) Score(_ context.Context, r Request) ([]Scores, error) {
	out := make([]Scores, len(r.Passages))
	for i, p := range r.Passages {
		out[i] = Scores{Sentences: make([]float32, len(p.Sentences)), Passage: math.NaN()}
		for s := range p.Sentences {
			out[i].Sentences[s] = float32(rankScore(s))
		}
	}
	return out, nil
}

// Random scores by chance.
type Random struct{ Seed uint64 }

// Info describes the system; its preset half drops half of the sentences.
func (Random) Info() Info {
	return Info{Name: "random", Version: "chance", Presets: map[string]float64{"half": 0.5}}
}

// Score gives sentences and passages scores from 0 to 1, the same for the same
// seed, set and row.
func (s Random) Score(_ context.Context, r Request) ([]Scores, error) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(r.Set + "\x00" + r.ID)) // a hash never fails
	random := rand.New(rand.NewPCG(s.Seed, h.Sum64()))
	out := make([]Scores, len(r.Passages))
	for i, p := range r.Passages {
		out[i] = Scores{Sentences: make([]float32, len(p.Sentences)), Passage: random.Float64()}
		for j := range p.Sentences {
			out[i].Sentences[j] = random.Float32()
		}
	}
	return out, nil
}

// BM25 is the scorer that ragprune falls back on, with word statistics over
// the passages of a request.
type BM25 struct{}

// Info describes the system; its presets are those of the product.
func (BM25) Info() Info {
	return Info{Name: "bm25", Version: "ragprune's BM25", Absolute: true, Presets: rerank.BM25Presets()}
}

// Score compares words.
func (BM25) Score(_ context.Context, r Request) ([]Scores, error) {
	documents := make([][]string, len(r.Passages))
	for i, p := range r.Passages {
		documents[i] = p.Sentences
	}
	b := rerank.NewBM25(r.Query, documents)
	out := make([]Scores, len(r.Passages))
	for i := range out {
		out[i].Sentences, out[i].Passage = b.Units(i)
	}
	return out, nil
}
