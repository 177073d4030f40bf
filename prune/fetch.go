package prune

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
)

// atOnce is the number of documents of one request in the models at once. It
// is more than there are cores: documents are cut into windows, and full
// batches need windows of several documents.
const atOnce = 64

// errBusy says that Limits.Labelling is reached.
var errBusy = errors.New("too many documents are in the models")

// errUnits says that Limits.Units is reached.
var errUnits = errors.New("the request has too many units")

// panicError is a panic on the way through a model.
type panicError struct{ value any }

func (e *panicError) Error() string { return "a model panicked: " + typeName(e.value) }

func typeName(v any) string { return fmt.Sprintf("%T", v) }

// stored is something that may be in the store: its key, and what to do with
// the value, which may be damaged.
type stored struct {
	key  Key
	take func(value []byte)
}

// lookUp takes from the store what is there, in one round trip.
func (s *run) lookUp(ctx context.Context) {
	if s.scorer.generates() {
		s.each(s.outline)
	}
	if !s.keeps() {
		return
	}
	s.each(s.nameStored)
	asked := s.storable()
	if len(asked) == 0 {
		return
	}
	keys := make([]Key, len(asked))
	for i, a := range asked {
		keys[i] = a.key
	}
	values := s.pruner.options.Store.Get(ctx, keys)
	for i, a := range asked[:min(len(asked), len(values))] {
		a.take(values[i])
	}
}

// nameStored sets the keys of j, which cover what the models read of it and
// nothing else.
func (s *run) nameStored(j *job) {
	if !j.scorable() {
		return
	}
	namespace, o := s.request.Namespace, &s.pruner.options
	if s.scorer.labels() {
		j.labelKey = newKey(namespace, o.modelKey(), kindLabels, []string{s.query, j.title}, j.scored)
	}
	if s.scorer.embeds() {
		j.vectorKey = newKey(namespace, o.Embedding.key(), kindVectors, nil, j.scored)
	}
	if s.scorer.generates() {
		j.generatedKey = newKey(namespace, o.Generation.key(), kindPaths, []string{s.query, j.outline.Markup}, paths(j.outline))
	}
}

// storable lists what the scorer needs.
func (s *run) storable() []stored {
	var out []stored
	for _, j := range s.jobs {
		if j.scorable() {
			out = append(out, s.storableOf(j)...)
		}
	}
	if len(out) > 0 && s.scorer.embeds() {
		out = append(out, stored{s.queryKey, func(value []byte) { s.queryVectors = present(decodeVectors(value, 1)) }})
	}
	return out
}

// storableOf lists what the scorer needs of j.
func (s *run) storableOf(j *job) []stored {
	var out []stored
	if s.scorer.labels() {
		out = append(out, stored{j.labelKey, func(value []byte) { j.labels = present(decodeLabels(value, len(j.scored))) }})
	}
	if s.scorer.generates() {
		out = append(out, stored{j.generatedKey, func(value []byte) { j.generated = present(decodeGenerated(value, len(j.outline.Blocks))) }})
	}
	if s.scorer.embeds() {
		out = append(out, stored{j.vectorKey, func(value []byte) { j.vectors = present(decodeVectors(value, len(j.scored))) }})
	}
	return out
}

// present is what was decoded, nil for what was not there or is damaged.
func present[T any](v T, ok bool) *T {
	if !ok {
		return nil
	}
	return &v
}

// scorable reports whether j has something for a model to read.
func (j *job) scorable() bool { return !j.broken && len(j.scored) > 0 }

// fetch asks the models for what the store did not have. It calls then, which
// does not panic, for every document as soon as nothing more will be known of it.
func (s *run) fetch(ctx context.Context, then func(*job)) {
	missing, ready := s.missing()
	var query, others sync.WaitGroup
	if s.scorer.embeds() && s.queryVectors == nil && slices.ContainsFunc(s.jobs, (*job).scorable) {
		query.Go(func() { s.fetchQuery(ctx) })
	}
	others.Go(func() {
		query.Wait()
		fan(ready, runtime.GOMAXPROCS(0), then)
	})
	fan(missing, atOnce, func(j *job) {
		s.guard(j, func(j *job) { s.fetchDocument(ctx, j) })
		query.Wait()
		then(j)
	})
	others.Wait()
}

// missing are the documents that the models have to read, and the others.
func (s *run) missing() (missing, ready []*job) {
	units := 0
	for _, j := range s.jobs {
		if !j.scorable() || s.complete(j) {
			ready = append(ready, j)
			continue
		}
		if units += len(j.scored); units > s.pruner.limits.Units {
			j.labelFault, j.vectorFault, j.generatedFault = errUnits, errUnits, errUnits
			ready = append(ready, j)
			continue
		}
		missing = append(missing, j)
	}
	return missing, ready
}

// complete reports whether j has all that the scorer needs of a document.
func (s *run) complete(j *job) bool {
	return (j.labels != nil || !s.scorer.labels()) && (j.vectors != nil || !s.scorer.embeds()) &&
		(j.generated != nil || !s.scorer.generates())
}

// fetchDocument sets what the models say of j, or why there is nothing. Where
// labels and vectors are missing, both models are asked at the same time.
func (s *run) fetchDocument(ctx context.Context, j *job) {
	if s.scorer.generates() && j.generated == nil {
		s.fetchGenerated(ctx, j)
	}
	var labels sync.WaitGroup
	if s.scorer.labels() && j.labels == nil {
		labels.Go(func() { s.fetchLabels(ctx, j) })
	}
	if s.scorer.embeds() && j.vectors == nil {
		s.fetchVectors(ctx, j)
	}
	labels.Wait()
}

func (s *run) fetchLabels(ctx context.Context, j *job) {
	p, units := s.pruner, len(j.scored)
	l, err := fetch(ctx, s, j.labelKey, source[labels]{
		compute: func(ctx context.Context) (labels, error) { return p.label(ctx, s.query, j.title, j.scored) },
		decode:  func(b []byte) (labels, bool) { return decodeLabels(b, units) },
		ran:     func(l labels) { s.modelTokens.Add(int64(l.tokens)); j.ran.Store(true) },
	})
	if j.labelFault = err; err == nil {
		j.labels = &l
	}
}

func (s *run) fetchVectors(ctx context.Context, j *job) {
	v, err := s.vectorsOf(ctx, j, j.vectorKey, j.scored)
	if j.vectorFault = err; err == nil {
		j.vectors = &v
	}
}

// vectorsOf returns the vectors of texts of j.
func (s *run) vectorsOf(ctx context.Context, j *job, key Key, texts []string) (vectors, error) {
	return fetch(ctx, s, key, source[vectors]{
		compute: func(ctx context.Context) (vectors, error) { return s.pruner.embed(ctx, texts) },
		decode:  func(b []byte) (vectors, bool) { return decodeVectors(b, len(texts)) },
		ran:     func(v vectors) { s.modelTokens.Add(int64(v.tokens)); j.ran.Store(true) },
	})
}

func (s *run) fetchGenerated(ctx context.Context, j *job) {
	p, blocks := s.pruner, len(j.outline.Blocks)
	g, err := fetch(ctx, s, j.generatedKey, source[generated]{
		compute: func(ctx context.Context) (generated, error) { return p.generate(ctx, s.query, j.outline) },
		decode:  func(b []byte) (generated, bool) { return decodeGenerated(b, blocks) },
		ran: func(g generated) {
			s.modelTokens.Add(int64(g.stats.Tokens))
			s.generation.add(g.stats)
			j.ran.Store(true)
		},
	})
	if j.generatedFault = err; err == nil {
		j.generated = &g
	}
}

func (s *run) fetchQuery(ctx context.Context) {
	p := s.pruner
	v, err := fetch(ctx, s, s.queryKey, source[vectors]{
		compute: func(ctx context.Context) (vectors, error) { return p.embedQuery(ctx, s.query) },
		decode:  func(b []byte) (vectors, bool) { return decodeVectors(b, 1) },
		ran:     func(v vectors) { s.modelTokens.Add(int64(v.tokens)) },
	})
	if s.queryFault = err; err == nil {
		s.queryVectors = &v
	}
}

// source is how something is made and how it is read from what was stored. ran
// is called when it was made for this caller.
type source[T interface{ encode() []byte }] struct {
	compute func(context.Context) (T, error)
	decode  func([]byte) (T, bool)
	ran     func(T)
}

// fetch returns the value of key through the store, if there is one. A panic
// becomes a *panicError.
func fetch[T interface{ encode() []byte }](ctx context.Context, s *run, key Key, from source[T]) (v T, err error) {
	p := s.pruner
	defer func() {
		if v := recover(); v != nil {
			p.logPanic(v, debug.Stack())
			err = &panicError{v}
		}
	}()
	if s.keeps() {
		value, shared, err := p.options.Store.Compute(ctx, key, func(ctx context.Context) ([]byte, error) {
			// The caller may go; what was begun is finished for the next one,
			// but not for longer than a request may take.
			ctx, cancel := context.WithTimeout(ctx, p.options.Timeout)
			defer cancel()
			v, err := from.compute(ctx)
			if err != nil {
				return nil, err
			}
			return v.encode(), nil
		})
		if err != nil {
			return v, err
		}
		if v, ok := from.decode(value); ok {
			if !shared {
				from.ran(v)
			}
			return v, nil
		}
	}
	if v, err = from.compute(ctx); err == nil {
		from.ran(v)
	}
	return v, err
}
