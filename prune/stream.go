package prune

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"
)

// Event says how far a request is.
type Event struct {
	// Done is the number of documents whose scores are known, of Documents.
	Done, Documents int
	// Result is what is left of one of them; nil if only Done has changed.
	Result *Result
}

// Stream answers r as Prune does, and calls tell meanwhile: with every result as
// soon as its document is done, in any order. Where a rule joins the documents
// (Request.MaxTokens, a TopN below their number, OrderScore, GranularityAuto,
// ScorerHybrid), no result is certain before all documents are scored; then tell
// is called for each scored document, and at the end with the results in the
// order of the answer. All results of the Response have been told, and no others.
//
// tell is called by one goroutine at a time and should return soon. Results are
// shared with the Response. Where documents are done one by one, Timing.Score
// holds what Decide and Render hold otherwise.
func (p *Pruner) Stream(ctx context.Context, r Request, tell func(Event)) (*Response, error) {
	return p.prune(ctx, r, tell)
}

// progress tells a caller how far its request is.
type progress struct {
	mu        sync.Mutex
	tell      func(Event)
	documents int
	done      int
	results   int
}

// add counts a document, with its result if that is certain. It does nothing
// where nobody wants to know.
func (p *progress) add(r *Result) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if r != nil {
		p.results++
	}
	p.tell(Event{p.done, p.documents, r})
}

// rest tells the results that were not certain before the end.
func (p *progress) rest(results []Result) {
	if p == nil || p.results > 0 {
		return
	}
	for i := range results {
		p.tell(Event{p.documents, p.documents, &results[i]})
	}
}

// apart reports whether what is kept of a document depends on no other one once
// it is scored.
func (s *run) apart() bool {
	r := s.request
	return r.MaxTokens == 0 && (r.TopN == 0 || r.TopN >= len(r.Documents)) && r.Order != OrderScore &&
		r.Granularity != GranularityAuto && s.scorer != ScorerHybrid
}

// deliver scores every document and takes it to its result at once.
func (s *run) deliver(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d := delivery{run: s, ctx: ctx, cancel: cancel, until: matchUntil(ctx)}
	if s.scorer == ScorerBM25 {
		s.scoreBM25(s.jobs)
		fan(s.jobs, runtime.GOMAXPROCS(0), d.conclude)
	} else {
		s.fetch(ctx, d.conclude)
	}
	s.choose()
}

// delivery is a run whose documents are done one by one.
type delivery struct {
	*run
	ctx    context.Context
	cancel context.CancelFunc
	until  time.Time
	once   sync.Once
}

// conclude takes a document from what the models said to its result.
func (d *delivery) conclude(j *job) {
	if errors.Is(d.ctx.Err(), context.Canceled) {
		return // the caller has gone, or gets no answer
	}
	d.guard(j, func(j *job) {
		if d.scorer != ScorerBM25 {
			d.takeScores(j)
		}
		if err := d.fallBack([]*job{j}); err != nil {
			d.once.Do(func() { d.unavailable = err })
			d.cancel()
			return
		}
		j.scores = j.unitScores(j.scores)
		if d.passes(j) {
			d.wish(j, int(d.request.Granularity), d.until)
			d.accept(j)
			d.tellLeftOut(j)
			d.write(j)
			j.result = d.result(j)
		}
	})
	if j.broken {
		d.rescue(j, 0)
		j.result = d.result(j)
	}
	if errors.Is(d.ctx.Err(), context.Canceled) {
		return
	}
	d.progress.add(j.result)
}
