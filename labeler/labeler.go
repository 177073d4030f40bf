package labeler

import (
	"context"
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/tokenizer"
	"github.com/ragprune/ragprune/models/workers"
)

// Errors of Label.
var (
	// ErrClosed is returned after Close.
	ErrClosed = workers.ErrClosed
	// ErrNoUnits is returned for a document without units.
	ErrNoUnits = errors.New("a document without units cannot be labelled")
)

// Runner runs the graph over one sequence; outputs are the keep logits of all
// tokens and the rank logit. See ort.Session.
type Runner interface {
	Run(ids, types []int64) (outputs [][]float32, err error)
}

// Options of a Labeler.
type Options struct {
	// Runner holds the graph. Mandatory, safe for concurrent use.
	Runner Runner
	// Tokenizer belongs to the graph. Mandatory.
	Tokenizer *tokenizer.Tokenizer
	// Manifest gives window sizes and the rule of aggregation. Mandatory, valid.
	Manifest models.Manifest
	// Pool runs the windows, beside those of other models. Who made it closes
	// it, after the last Label. Nil means an own one.
	Pool *workers.Pool
	// Workers is the number of windows in the model at once without a Pool. 0
	// means the number of cores, which is right for sessions of one thread.
	Workers int
	// Registry receives the metrics. Nil means none.
	Registry prometheus.Registerer
}

// Validate reports what is missing.
func (o Options) Validate() error {
	switch {
	case o.Runner == nil:
		return errors.New("labeler: Runner is mandatory")
	case o.Tokenizer == nil:
		return errors.New("labeler: Tokenizer is mandatory")
	case o.Workers < 0:
		return fmt.Errorf("labeler: Workers is %d, want 0 or more", o.Workers)
	}
	if err := o.Manifest.Validate(); err != nil {
		return fmt.Errorf("labeler: manifest: %w", err)
	}
	if o.Manifest.Kind != models.KindPruner {
		return fmt.Errorf("labeler: the bundle is of kind %q, want %q", o.Manifest.Kind, models.KindPruner)
	}
	return nil
}

// Labeler scores units. It is safe for concurrent use.
type Labeler struct {
	runner    Runner
	tokenizer *tokenizer.Tokenizer
	manifest  models.Manifest
	cls, sep  int32
	pool      *workers.Pool
	owned     bool // the pool is the labeler's own
	metrics   *metrics
}

// New starts the workers; Close ends them.
func New(o Options) (*Labeler, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	cls, sep, err := o.Tokenizer.Markers()
	if err != nil {
		return nil, fmt.Errorf("labeler: %w", err)
	}
	m, err := newMetrics(o.Registry)
	if err != nil {
		return nil, fmt.Errorf("labeler: metrics: %w", err)
	}
	l := &Labeler{
		runner: o.Runner, tokenizer: o.Tokenizer, manifest: o.Manifest,
		cls: cls, sep: sep, pool: o.Pool, metrics: m,
	}
	if l.pool == nil {
		l.owned = true
		if l.pool, err = workers.New(o.Workers); err != nil {
			return nil, fmt.Errorf("labeler: %w", err)
		}
	}
	return l, nil
}

// Close waits for the windows in the model and ends the workers, if they are
// the labeler's own. Labels under way return ErrClosed.
func (l *Labeler) Close() {
	if l.owned {
		l.pool.Close()
	}
}

// Fit returns the part of query that fits its share of a window, and whether
// anything was cut.
func (l *Labeler) Fit(query string) (fitted string, cut bool) {
	return l.tokenizer.Cut(query, l.manifest.QueryTokens)
}

// Label returns one score per unit, the document's raw relevance logit and the
// number of tokens the model read. A unit is relevant at threshold T if its
// score exceeds T; scores are 0 to 1. title, which may be empty, is read
// before the units of every window. A query longer than Fit allows is cut.
//
// The context is checked before each window; when it ends, Label returns its
// error.
func (l *Labeler) Label(ctx context.Context, query, title string, units []string) (scores []float32, logit float32, tokens int, err error) {
	if len(units) == 0 {
		return nil, 0, 0, ErrNoUnits
	}
	text := l.encode(query, title, units)
	windows := split(text.ends, l.manifest.WindowTokens-len(text.prefix)-1, l.manifest.OverlapTokens)
	answers := make([]chan answer, len(windows))
	for i, w := range windows {
		j := l.newJob(ctx, text, w)
		tokens += len(j.ids)
		answers[i] = j.done
		if err := l.submit(j); err != nil {
			return nil, 0, 0, err
		}
	}
	probs := make([]float32, len(text.ids))
	for i, w := range windows {
		rank, err := collect(ctx, answers[i], text, w, probs)
		if err != nil {
			return nil, 0, 0, err
		}
		if i == 0 || rank > logit {
			logit = rank
		}
	}
	return l.scores(text, probs), logit, tokens, nil
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

func (l *Labeler) encode(query, title string, units []string) encoded {
	e := encoded{prefix: []int32{l.cls}}
	e.prefix = l.tokenizer.AppendIDs(e.prefix, query)
	e.prefix = e.prefix[:min(len(e.prefix), 1+l.manifest.QueryTokens)]
	e.prefix = append(e.prefix, l.sep)
	e.types = make([]int64, len(e.prefix), len(e.prefix)+models.MaxTitleTokens)
	if l.manifest.Title == models.TitlePrefix && title != "" {
		before := len(e.prefix)
		e.prefix = l.tokenizer.AppendIDs(e.prefix, title)
		e.prefix = e.prefix[:min(len(e.prefix), before+models.MaxTitleTokens)]
		for range e.prefix[before:] {
			e.types = append(e.types, 1)
		}
	}
	e.ends = make([]int, len(units))
	for i, u := range units {
		e.ids = l.tokenizer.AppendIDs(e.ids, u)
		e.ends[i] = len(e.ids)
	}
	return e
}

func (l *Labeler) scores(text encoded, probs []float32) []float32 {
	scores := make([]float32, len(text.ends))
	start := 0
	for i, end := range text.ends {
		scores[i] = Aggregate(l.manifest.Aggregation, probs[start:end])
		start = end
	}
	return scores
}
