package labeler

import (
	"fmt"
	"slices"
	"sort"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/tokenizer"
	"github.com/ragprune/ragprune/models/workers"
)

// reader brings queries and texts through the workers and the model. It is what
// models with and without keep logits share.
type reader struct {
	runner    Runner
	tokenizer *tokenizer.Tokenizer
	manifest  models.Manifest
	frame     Frame
	pool      *workers.Pool
	owned     bool // the pool is the reader's own
	metrics   *metrics
	// check holds the outputs of a run of so many tokens to the graph's kind.
	check func(outputs [][]float32, tokens int) error
}

// Frame are the special tokens around a query and a text.
type Frame struct {
	// Before the query, Between it and the text, After the text.
	Before, Between, After []int32
}

// FrameOf returns the frame of a bundle's texts.
func FrameOf(t *tokenizer.Tokenizer, m models.Manifest) (Frame, error) {
	cls, sep, err := t.Markers()
	between := slices.Repeat([]int32{sep}, max(m.Separators, 1))
	return Frame{Before: []int32{cls}, Between: between, After: []int32{sep}}, err
}

func newReader(o Options) (*reader, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	f, err := FrameOf(o.Tokenizer, o.Manifest)
	if err != nil {
		return nil, fmt.Errorf("labeler: %w", err)
	}
	m, err := newMetrics(o.Registry)
	if err != nil {
		return nil, fmt.Errorf("labeler: metrics: %w", err)
	}
	r := &reader{
		runner: o.Runner, tokenizer: o.Tokenizer, manifest: o.Manifest,
		frame: f, pool: o.Pool, metrics: m,
	}
	if r.pool == nil {
		r.owned = true
		if r.pool, err = workers.New(o.Workers); err != nil {
			return nil, fmt.Errorf("labeler: %w", err)
		}
	}
	return r, nil
}

// Close waits for the windows in the model and ends the workers, if they are
// the labeler's own. Labels under way return ErrClosed.
func (r *reader) Close() {
	if r.owned {
		r.pool.Close()
	}
}

// Fit returns the part of query that fits its share of a window, and whether
// anything was cut.
func (r *reader) Fit(query string) (fitted string, cut bool) {
	if r.fits(query) {
		return query, false
	}
	spans := r.tokenizer.Encode(query).Spans
	// The first token that goes beyond; what normalisation removes is free.
	n := sort.Search(len(spans), func(i int) bool { return !r.fits(query[:spans[i].End]) })
	if n == 0 {
		return "", true
	}
	return query[:spans[n-1].End], true
}

func (r *reader) fits(query string) bool {
	return r.tokenizer.Count(normalize(r.manifest.QueryNormalization, query)) <= r.manifest.QueryTokens
}

// encoded is a query and a document as token ids.
type encoded struct {
	// prefix is [CLS] query [SEP] title; types says 0 up to the [SEP], then 1.
	prefix []int32
	types  []int64
	// ids are the tokens of the units, ends the end of each unit in ids.
	ids  []int32
	ends []int
}

func (r *reader) encode(query, title string, units []string) encoded {
	e := encoded{prefix: slices.Clone(r.frame.Before)}
	e.prefix = r.tokenizer.AppendIDs(e.prefix, normalize(r.manifest.QueryNormalization, query))
	e.prefix = e.prefix[:min(len(e.prefix), len(r.frame.Before)+r.manifest.QueryTokens)]
	e.prefix = append(e.prefix, r.frame.Between...)
	e.types = make([]int64, len(e.prefix), len(e.prefix)+models.MaxTitleTokens)
	if r.manifest.Title == models.TitlePrefix && title != "" {
		before := len(e.prefix)
		e.prefix = r.tokenizer.AppendIDs(e.prefix, title)
		e.prefix = e.prefix[:min(len(e.prefix), before+models.MaxTitleTokens)]
		for range e.prefix[before:] {
			e.types = append(e.types, 1)
		}
	}
	e.ends = make([]int, len(units))
	for i, u := range units {
		e.ids = r.tokenizer.AppendIDs(e.ids, u)
		e.ends[i] = len(e.ids)
	}
	return e
}
