package prune

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/ragprune/ragprune/rerank"
)

// atOnce is the number of documents of one request in the labeler at once. It
// is more than there are cores: the labeler cuts documents into windows, and
// full batches need windows of several documents.
const atOnce = 64

// errBusy says that Limits.Labelling is reached.
var errBusy = errors.New("too many documents are in the labeler")

// errUnits says that Limits.Units is reached.
var errUnits = errors.New("the request has too many units")

// panicError is a panic on the way through the labeler.
type panicError struct{ value any }

func (e *panicError) Error() string { return "the labeler panicked: " + typeName(e.value) }

func typeName(v any) string { return fmt.Sprintf("%T", v) }

// lookUp takes from the store what is there, in one round trip.
func (s *run) lookUp(ctx context.Context) {
	store := s.pruner.options.Store
	if s.scorer != ScorerLabel || store == nil {
		return
	}
	var asked []*job
	var keys []Key
	for _, j := range s.jobs {
		if j.labelled() {
			asked = append(asked, j)
			keys = append(keys, j.key)
		}
	}
	if len(keys) == 0 {
		return
	}
	values := store.Get(ctx, keys)
	for i, j := range asked[:min(len(asked), len(values))] {
		if l, ok := decodeLabels(values[i], len(j.scored)); ok {
			s.take(j, l)
			j.cached = true
		}
	}
}

// labelled reports whether j has something for the labeler to score.
func (j *job) labelled() bool { return !j.broken && len(j.texts) > 0 }

// score gives scores to the units of all documents that have none yet.
func (s *run) score(ctx context.Context) {
	if s.scorer == ScorerBM25 {
		s.scoreBM25(s.jobs, s.bm25Threshold())
		return
	}
	var missing []*job
	units := 0
	for _, j := range s.jobs {
		if !j.labelled() || j.scores != nil {
			continue
		}
		if units += len(j.scored); units > s.pruner.limits.Units {
			j.fault = errUnits
			continue
		}
		missing = append(missing, j)
	}
	s.spread(missing, atOnce, func(j *job) { s.label(ctx, j) })
	s.fallBack()
}

// label fetches the labels of j from the labeler, through the store if there
// is one, or sets j.fault.
func (s *run) label(ctx context.Context, j *job) {
	l, shared, err := s.labels(ctx, j)
	if err != nil {
		j.fault = err
		return
	}
	s.take(j, l)
	j.cached = shared
	if !shared {
		s.modelTokens.Add(int64(l.tokens))
	}
}

func (s *run) labels(ctx context.Context, j *job) (l labels, shared bool, err error) {
	p, query, title, texts := s.pruner, s.query, j.title, j.scored
	if p.options.Store == nil {
		l, err = p.label(ctx, query, title, texts)
		return l, false, err
	}
	value, shared, err := p.options.Store.Compute(ctx, j.key, func(ctx context.Context) ([]byte, error) {
		// The caller may go; what was begun is finished for the next one, but
		// not for longer than a request may take.
		ctx, cancel := context.WithTimeout(ctx, p.options.Timeout)
		defer cancel()
		l, err := p.label(ctx, query, title, texts)
		if err != nil {
			return nil, err
		}
		return l.encode(), nil
	})
	if err != nil {
		return labels{}, shared, err
	}
	if l, ok := decodeLabels(value, len(texts)); ok {
		return l, shared, nil
	}
	l, err = p.label(ctx, query, title, texts)
	return l, false, err
}

// label runs the labeler and holds it to its contract.
func (p *Pruner) label(ctx context.Context, query, title string, units []string) (l labels, err error) {
	defer p.labelling.Add(-1)
	if p.labelling.Add(1) > int64(p.limits.Labelling) {
		return labels{}, errBusy
	}
	defer func() {
		if v := recover(); v != nil {
			p.logPanic(v, debug.Stack())
			err = &panicError{v}
		}
	}()
	p.metrics.labelled.Inc()
	l.scores, l.logit, l.tokens, err = p.options.Labeler.Label(ctx, query, title, units)
	if err != nil {
		return labels{}, err
	}
	if !l.valid(len(units)) {
		return labels{}, fmt.Errorf("the labeler gave %d scores for %d units, or numbers out of range", len(l.scores), len(units))
	}
	return l, nil
}

// take gives l to j.
func (s *run) take(j *job, l labels) {
	logit := float64(l.logit)
	j.scores, j.logit = j.unitScores(l.scores), &logit
	j.score = s.pruner.options.Calibration.Probability(logit)
	j.threshold = s.labelThreshold()
}

// scoreBM25 scores jobs by the words that they share with the query. The
// statistics of words are those of all documents of the request.
func (s *run) scoreBM25(jobs []*job, threshold float64) {
	if len(jobs) == 0 {
		return
	}
	documents := make([][]string, len(s.jobs))
	for i, j := range s.jobs {
		documents[i] = j.scored
	}
	bm25 := rerank.NewBM25(s.query, documents)
	for _, j := range jobs {
		scores, score := bm25.Units(j.index)
		j.scores, j.score, j.threshold = j.unitScores(scores), score, threshold
	}
}

// labelThreshold is what the score of the labeler must exceed.
func (s *run) labelThreshold() float64 {
	if t := s.request.Threshold; t != nil {
		return *t
	}
	return s.pruner.options.Presets[s.preset()]
}

// bm25Threshold is what the score of BM25 must exceed. A threshold that was
// asked for is meant for the scorer that was asked for: a fallback does not
// take it over.
func (s *run) bm25Threshold() float64 {
	if t := s.request.Threshold; t != nil && s.scorer == ScorerBM25 {
		return *t
	}
	presets := rerank.BM25Presets()
	if t, ok := presets[s.preset()]; ok {
		return t
	}
	return presets[DefaultPreset]
}

// preset is the one that r names, or else the default.
func (s *run) preset() string {
	if s.request.Preset != "" {
		return s.request.Preset
	}
	return s.pruner.options.DefaultPreset
}

// presets are the thresholds by name of a scorer.
func (p *Pruner) presets(s Scorer) map[string]float64 {
	if s == ScorerBM25 {
		return rerank.BM25Presets()
	}
	return p.options.Presets
}
