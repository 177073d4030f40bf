package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
)

// Embedder turns texts into vectors whose cosine says how alike they are. It
// is safe for concurrent use.
type Embedder interface {
	// EmbedQuery returns the vector of a query, with whatever the model wants
	// before it.
	EmbedQuery(ctx context.Context, query string) ([]float32, error)
	// Embed returns the vector of each text.
	Embed(ctx context.Context, texts []string) ([][]float32, error)
}

// EmbedOptions of an embedding system.
type EmbedOptions struct {
	// Name of the system. Mandatory.
	Name string
	// Version of the model, as "name@version".
	Version string
	// Embedder is the model. Mandatory.
	Embedder Embedder
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
// that of the query, a passage as its best sentence.
type Embed struct {
	options EmbedOptions
	mu      sync.Mutex
	known   map[string][]float32 // unit vectors; emptied when it is full
}

// NewEmbed makes a system of an embedder.
func NewEmbed(o EmbedOptions) (*Embed, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Remember == 0 {
		o.Remember = 20_000
	}
	return &Embed{options: o, known: map[string][]float32{}}, nil
}

// Info describes the model. Cosines have no threshold that fits all texts.
func (e *Embed) Info() Info { return Info{Name: e.options.Name, Version: e.options.Version} }

// Score embeds what it has not seen lately.
func (e *Embed) Score(ctx context.Context, r Request) ([]Scores, error) {
	query, err := e.options.Embedder.EmbedQuery(ctx, r.Query)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	query = unit(query)
	out := make([]Scores, len(r.Passages))
	for i, p := range r.Passages {
		vectors, err := e.vectors(ctx, p.Sentences)
		if err != nil {
			return nil, fmt.Errorf("passage %s: %w", p.ID, err)
		}
		out[i] = Scores{Sentences: make([]float32, len(vectors)), Passage: -1}
		for s, v := range vectors {
			if len(v) != len(query) {
				return nil, fmt.Errorf("passage %s: a vector has %d numbers, that of the query %d", p.ID, len(v), len(query))
			}
			c := dot(query, v)
			out[i].Sentences[s] = float32(c)
			out[i].Passage = max(out[i].Passage, c)
		}
	}
	return out, nil
}

// vectors returns the unit vector of each sentence.
func (e *Embed) vectors(ctx context.Context, sentences []string) ([][]float32, error) {
	out := make([][]float32, len(sentences))
	var missing []int
	e.mu.Lock()
	for i, s := range sentences {
		if out[i] = e.known[s]; out[i] == nil {
			missing = append(missing, i)
		}
	}
	e.mu.Unlock()
	if len(missing) == 0 {
		return out, nil
	}
	texts := make([]string, len(missing))
	for i, at := range missing {
		texts[i] = sentences[at]
	}
	vectors, err := e.options.Embedder.Embed(ctx, texts)
	if err != nil {
		return nil, err
	}
	if len(vectors) != len(texts) {
		return nil, fmt.Errorf("the embedder gave %d vectors for %d texts", len(vectors), len(texts))
	}
	for i, at := range missing {
		out[at] = unit(vectors[i])
	}
	e.remember(sentences, out, missing)
	return out, nil
}

func (e *Embed) remember(sentences []string, vectors [][]float32, fresh []int) {
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

// unit is v divided by its length; a zero vector stays.
func unit(v []float32) []float32 {
	length := math.Sqrt(dot(v, v))
	out := make([]float32, len(v))
	for i, x := range v {
		if length > 0 {
			x = float32(float64(x) / length)
		}
		out[i] = x
	}
	return out
}

func dot(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}
