package prune

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/ragprune/ragprune/rerank"
)

// Key names what is stored: the scores of one document for one query by the
// labeler or the generator, the vectors of one document, or those of one query.
type Key = [32]byte

// Labeler scores the units of one document for a query. It is safe for
// concurrent use.
type Labeler interface {
	// Fit returns the part of query that the model can read, and whether
	// anything was cut.
	Fit(query string) (fitted string, cut bool)
	// Label returns one score per unit (a unit is kept if its score exceeds the
	// threshold), the raw relevance of the document and the number of tokens
	// that the model read. title is read before the units and may be empty.
	// When ctx ends, Label returns its error. An error with a method
	// Overloaded() bool that returns true says that the labeler is full.
	Label(ctx context.Context, query, title string, units []string) (scores []float32, logit float32, tokens int, err error)
}

// Counter counts tokens as the model's tokenizer does, without special tokens.
// It is safe for concurrent use.
type Counter interface {
	Count(text string) int
}

// Store keeps scores and vectors. A fault of the store is a miss, never an error. It is
// safe for concurrent use; nobody changes a value after it was handed over.
type Store interface {
	// Get returns the stored values, nil where there is none.
	Get(ctx context.Context, keys []Key) [][]byte
	// Compute returns the value of key. Callers of one key at the same time
	// share one run of compute, whose context outlives that of the callers;
	// shared is false only for the caller whose compute ran. When ctx ends,
	// Compute returns its error; the run goes on for other callers and the next
	// one, unless all callers were canceled.
	Compute(ctx context.Context, key Key, compute func(context.Context) ([]byte, error)) (value []byte, shared bool, err error)
}

// Fallback says how documents are answered that no model could finish.
type Fallback string

// The fallbacks: scored by BM25, returned untouched, or none: then the request
// fails with an *UnavailableError.
const (
	FallbackBM25     Fallback = "bm25"
	FallbackOriginal Fallback = "original"
	FallbackNone     Fallback = "none"
)

// DefaultTimeout is Options.Timeout when that is 0.
const DefaultTimeout = 30 * time.Second

// DefaultTokenizer is the name of Options.Counter.
const DefaultTokenizer = "model"

// DefaultPreset is Options.DefaultPreset when that is empty.
const DefaultPreset = "balanced"

// Options of a Pruner.
type Options struct {
	// Labeler is the model. Nil means that ScorerLabel and ScorerFused are not
	// offered.
	Labeler Labeler
	// Embedder offers ScorerEmbed and ScorerHybrid, and beside a Labeler
	// ScorerFused. Nil means that these are not offered.
	Embedder Embedder
	// Embedding says what the cosines of Embedder mean. Mandatory with it.
	Embedding Embedding
	// Generator offers ScorerGenerate. Nil means that it is not offered.
	Generator Generator
	// Generation says how it reads and what its scores mean. Mandatory with it.
	Generation Generation
	// Counter counts the tokens of budgets and of the usage, as the model does.
	// Mandatory.
	Counter Counter
	// Counters are others by name, which a request may ask for instead. None of
	// them is called DefaultTokenizer.
	Counters map[string]Counter
	// Store keeps scores between requests. Nil means that nothing is kept.
	Store Store
	// Model is "name@version"; it is in every response and in every key.
	// Mandatory with a Labeler.
	Model string
	// ModelDigest stands for all that the labeler's scores depend on beside
	// their texts: weights, tokenizer, windows, aggregation. It is in every key,
	// so that two models of one name share nothing. Empty means that Model says
	// it all; do not leave it empty with a Store that outlives the program.
	ModelDigest string
	// Presets are thresholds by name, 0 to 1. Mandatory with a Labeler.
	Presets map[string]float64
	// DefaultPreset is the preset of a request that names neither preset nor
	// threshold. Empty means balanced. It must be in Presets, if there are any.
	DefaultPreset string
	// Calibration turns the labeler's logit into Result.Score.
	Calibration rerank.Calibration
	// Limits bound requests; its zero value means the defaults.
	Limits Limits
	// Timeout is the longest time a request may take before what is left of it
	// is answered as Fallback says. 0 means DefaultTimeout.
	Timeout time.Duration
	// Fallback is FallbackBM25 (also when empty), FallbackOriginal or
	// FallbackNone.
	Fallback Fallback
	// Registry receives the metrics. Nil means none.
	Registry prometheus.Registerer
	// Tracers make a span of each stage of a request. Nil means none.
	Tracers trace.TracerProvider
	// Logger receives faults of the models, never texts. Nil means none.
	Logger *slog.Logger
}

// Validate reports what is missing or out of range.
func (o Options) Validate() error {
	var errs []error
	if o.Counter == nil {
		errs = append(errs, errors.New("Counter is mandatory"))
	}
	if _, ok := o.Counters[DefaultTokenizer]; ok || hasKey(o.Counters, "") {
		errs = append(errs, fmt.Errorf("Counters has one without a name or with the name %q, which is that of Counter", DefaultTokenizer))
	}
	if o.Labeler != nil && o.Model == "" {
		errs = append(errs, errors.New("Model is mandatory with a Labeler"))
	}
	if o.Labeler != nil && len(o.Presets) == 0 {
		errs = append(errs, errors.New("Presets are mandatory with a Labeler"))
	}
	if name := o.defaultPreset(); len(o.Presets) > 0 && !hasKey(o.Presets, name) {
		errs = append(errs, fmt.Errorf("DefaultPreset %q is not among the Presets", name))
	}
	errs = append(errs, validateShares("Presets", o.Presets))
	if o.Embedder != nil {
		errs = append(errs, o.Embedding.validate())
	}
	if o.Generator != nil {
		errs = append(errs, o.Generation.validate())
	}
	if o.Timeout < 0 {
		errs = append(errs, fmt.Errorf("Timeout is %v, want 0 or more", o.Timeout))
	}
	if !slices.Contains([]Fallback{"", FallbackBM25, FallbackOriginal, FallbackNone}, o.Fallback) {
		errs = append(errs, fmt.Errorf("Fallback is %q, want bm25, original or none", o.Fallback))
	}
	return errors.Join(append(errs, o.Limits.Validate())...)
}

func (o Options) modelKey() modelKey { return modelKey{o.Model, o.ModelDigest} }

func (o Options) defaultPreset() string {
	if o.DefaultPreset == "" {
		return DefaultPreset
	}
	return o.DefaultPreset
}

// Pruner answers requests. It is safe for concurrent use.
type Pruner struct {
	options Options
	limits  Limits
	scorers []Scorer
	metrics *metrics
	tracer  trace.Tracer
	// labelling is the number of documents in the models now.
	labelling atomic.Int64
}

// New returns a Pruner.
func New(o Options) (*Pruner, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("prune: %w", err)
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Fallback == "" {
		o.Fallback = FallbackBM25
	}
	if o.Tracers == nil {
		o.Tracers = noop.NewTracerProvider()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.DefaultPreset = o.defaultPreset()
	m, err := newMetrics(o.Registry)
	if err != nil {
		return nil, fmt.Errorf("prune: metrics: %w", err)
	}
	return &Pruner{
		options: o, limits: o.Limits.withDefaults(), scorers: o.offered(), metrics: m,
		tracer: o.Tracers.Tracer("github.com/ragprune/ragprune/prune"),
	}, nil
}

// Scorers returns the scorers that a request may name; the first is the one of
// a request that names none.
func (p *Pruner) Scorers() []Scorer { return slices.Clone(p.scorers) }

// Tokenizers returns the names that Request.Tokenizer may have; the first is the
// usual one.
func (p *Pruner) Tokenizers() []string {
	return append([]string{DefaultTokenizer}, slices.Sorted(maps.Keys(p.options.Counters))...)
}

// counter is what r counts with.
func (p *Pruner) counter(r *Request) Counter {
	if c, ok := p.options.Counters[r.Tokenizer]; ok {
		return c
	}
	return p.options.Counter
}

// Prune answers r. A request that breaks a rule gives an *InvalidError; the
// only other errors are that of ctx, when the caller has gone, and with
// FallbackNone an *UnavailableError. When the time of the request or of ctx is
// over, what is left is answered as Options.Fallback says.
func (p *Pruner) Prune(ctx context.Context, r Request) (*Response, error) {
	return p.prune(ctx, r, nil)
}

// prune answers r, and tells meanwhile how far it is, unless tell is nil.
func (p *Pruner) prune(ctx context.Context, r Request, tell func(Event)) (*Response, error) {
	c, err := p.check(&r)
	if err != nil {
		p.metrics.requests.WithLabelValues("invalid").Inc()
		return nil, err
	}
	start := time.Now()
	work, cancel := context.WithTimeout(ctx, p.timeout(&r))
	defer cancel()
	s := p.start(&r, c)
	if tell != nil {
		s.progress = &progress{tell: tell, documents: len(r.Documents)}
	}
	if err := s.perform(ctx, work); err != nil {
		return nil, err
	}
	resp := s.response()
	resp.Timing.Total = milliseconds(time.Since(start))
	p.metrics.count(s, resp)
	s.progress.rest(resp.Results)
	return resp, nil
}

// perform does all stages with the time of work. Its error is that of ctx, when
// the caller has gone, or why there is no answer.
func (s *run) perform(ctx, work context.Context) error {
	requests := s.pruner.metrics.requests
	for _, stage := range s.stages() {
		if errors.Is(ctx.Err(), context.Canceled) {
			break
		}
		s.pruner.perform(work, stage)
		if s.unavailable != nil {
			requests.WithLabelValues("unavailable").Inc()
			return s.unavailable
		}
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		requests.WithLabelValues("canceled").Inc()
		return ctx.Err()
	}
	return nil
}

// perform does one stage, and says how long it took.
func (p *Pruner) perform(ctx context.Context, stage stage) {
	ctx, span := p.tracer.Start(ctx, stage.name)
	defer span.End()
	begin := time.Now()
	stage.do(ctx)
	took := time.Since(begin)
	*stage.took = milliseconds(took)
	p.metrics.stages.WithLabelValues(stage.name).Observe(took.Seconds())
}

// timeout is the time that r may take.
func (p *Pruner) timeout(r *Request) time.Duration {
	if asked := time.Duration(r.TimeoutMS) * time.Millisecond; asked > 0 {
		return min(asked, p.options.Timeout)
	}
	return p.options.Timeout
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// stage is one part of the way of a request.
type stage struct {
	name string
	took *float64
	do   func(context.Context)
}

func (s *run) stages() []stage {
	first := []stage{
		{"parse", &s.timing.Parse, s.parse},
		{"coarse", &s.timing.Coarse, s.coarse},
		{"cache", &s.timing.Cache, s.lookUp},
	}
	if s.progress != nil && s.apart() {
		return append(first, stage{"score", &s.timing.Score, s.deliver})
	}
	return append(first,
		stage{"score", &s.timing.Score, s.score},
		stage{"decide", &s.timing.Decide, s.decide},
		stage{"render", &s.timing.Render, s.finish},
	)
}
