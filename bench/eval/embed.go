package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
)

// Vectors are those of one text: one, or several if the model reads the text
// in parts. All vectors of a model have the same length.
type Vectors [][]float32

// Embedder turns texts into vectors whose cosine says how alike they are. It
// is safe for concurrent use.
type Embedder interface {
	// EmbedQuery returns the vectors of a query, with whatever the model wants
	// before it.
	EmbedQuery(ctx context.Context, query string) (Vectors, error)
	// Embed returns the vectors of each text.
	Embed(ctx context.Context, texts []string) ([]Vectors, error)
}

// EmbedOptions of an embedding system.
type EmbedOptions struct {
	// Name of the system. Mandatory.
	Name string
	// Version of the model, as "name@version".
	Version string
	// Embedder is the model. Mandatory.
	Embedder Embedder
	// Presets are cosines by name that serve as thresholds.
	Presets map[string]float64
	// Remember bounds how many sentences are kept with their vectors, which do
	// not depend on the query. 0 means 20,000.
	Remember int
}

// Validate reports what is missing.
func (o EmbedOptions) Validate() error {
	if o.Name == "" || o.Embedder == nil || o.Remember < 0 {
		return errors.New("eval: Name and Embedder are mandatory, Remember must be 0 or more")
	}
	return nil
}

// Embed is a bi-encoder: a sentence scores by the cosine of its vector and
// that of the query, or of the nearest of their parts; a passage as its best
// sentence.
type Embed struct {
	options EmbedOptions
	mu      sync.Mutex
	known   map[string]Vectors // of length 1; emptied when it is full
}

// NewEmbed makes a system of an embedder.
func NewEmbed(o EmbedOptions) (*Embed, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Remember == 0 {
		o.Remember = 20_000
	}
	return &Embed{options: o, known: map[string]Vectors{}}, nil
}

// Info describes the model. Its presets are cosines, which are no probabilities.
func (e *Embed) Info() Info {
	return Info{Name: e.options.Name, Version: e.options.Version, Presets: e.options.Presets}
}

// Score embeds what it has not seen lately.
func (e *Embed) Score(ctx context.Context, r Request) ([]Scores, error) {
	query, err := e.options.Embedder.EmbedQuery(ctx, r.Query)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	query = units(query)
	out := make([]Scores, len(r.Passages))
	for i, p := range r.Passages {
		sentences, err := e.vectors(ctx, p.Sentences)
		if err != nil {
			return nil, fmt.Errorf("passage %s: %w", p.ID, err)
		}
		out[i] = Scores{Sentences: make([]float32, len(sentences)), Passage: -1}
		for s, v := range sentences {
			c, err := cosine(query, v)
			if err != nil {
				return nil, fmt.Errorf("passage %s: %w", p.ID, err)
			}
			out[i].Sentences[s] = float32(c)
			out[i].Passage = max(out[i].Passage, c)
		}
	}
	return out, nil
}

// vectors returns the vectors of each sentence, of length 1.
func (e *Embed) vectors(ctx context.Context, sentences []string) ([]Vectors, error) {
	out := make([]Vectors, len(sentences))
	var fresh []int
	var texts []string
	e.mu.Lock()
	for i, s := range sentences {
		var ok bool
		if out[i], ok = e.known[s]; !ok {
			fresh, texts = append(fresh, i), append(texts, s)
		}
	}
	e.mu.Unlock()
	if len(fresh) == 0 {
		return out, nil
	}
	vectors, err := e.options.Embedder.Embed(ctx, texts)
	if err != nil {
		return nil, err
	}
	if len(vectors) != len(texts) {
		return nil, fmt.Errorf("the embedder gave vectors of %d texts, want %d", len(vectors), len(texts))
	}
	for i, at := range fresh {
		out[at] = units(vectors[i])
	}
	e.remember(sentences, out, fresh)
	return out, nil
}

func (e *Embed) remember(sentences []string, vectors []Vectors, fresh []int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.known)+len(fresh) > e.options.Remember {
		clear(e.known)
	}
	if len(fresh) > e.options.Remember {
		return
	}
	for _, i := range fresh {
		e.known[sentences[i]] = vectors[i]
	}
}

// units are the vectors divided by their length; a zero vector stays.
func units(vectors Vectors) Vectors {
	out := make(Vectors, len(vectors))
	for i, v := range vectors {
		length := math.Sqrt(dot(v, v))
		out[i] = make([]float32, len(v))
		for j, x := range v {
			if length > 0 {
				x = float32(float64(x) / length)
			}
			out[i][j] = x
		}
	}
	return out
}

// cosine is the nearest that a part of a comes to one of b; 0 if one of them
// has none.
func cosine(a, b Vectors) (float64, error) {
	if len(a) == 0 || len(b) == 0 {
		return 0, nil
	}
	best := -1.0
	for _, x := range a {
		for _, y := range b {
			if len(x) != len(y) {
				return 0, fmt.Errorf("vectors of %d and %d numbers cannot be compared", len(x), len(y))
			}
			best = max(best, dot(x, y))
		}
	}
	return best, nil
}

func dot(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}
