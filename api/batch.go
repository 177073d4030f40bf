package api

import (
	"context"
	"errors"
	"math"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ragprune/ragprune/api/admission"
	"github.com/ragprune/ragprune/prune"
)

// batchItem is the answer to an item: that of POST /prune, or its problem.
type batchItem struct {
	Index   int             `json:"index"`
	Answer  *prune.Response `json:"answer,omitzero"`
	Problem *problemBody    `json:"problem,omitzero"`
	// RetryAfter is in seconds, as in the header of that name.
	RetryAfter int `json:"retry_after,omitzero"`
}

// batchLine is a line of an answer to a batch.
type batchLine struct {
	Type  string     `json:"type"`
	Done  int        `json:"done"`
	Items int        `json:"items"`
	Item  *batchItem `json:"item,omitzero"`
}

// batchEnd is the last of them.
type batchEnd struct {
	Type   string       `json:"type"`
	Done   int          `json:"done"`
	Items  int          `json:"items"`
	Usage  prune.Usage  `json:"usage"`
	Timing prune.Timing `json:"timing_ms"`
}

// serveBatch answers POST /prune/batch.
func (h *Handler) serveBatch(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Accept")
	b, release, err := readAs(h, r, decodeBatch)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	defer release()
	h.allowLong(w)
	if wantsLines(r) {
		h.streamBatch(w, r, b)
		return
	}
	items := newItemList(w)
	usage, timing, err := h.work(r.Context(), b, items.add)
	if err == nil {
		items.end(batchSums{usage, timing})
		err = items.err
	}
	h.finish(w, r, &items.out, timing, err)
}

// streamBatch answers a batch line by line, in the order in which items are
// done.
func (h *Handler) streamBatch(w http.ResponseWriter, r *http.Request, b *batch) {
	items, done := len(b.Items), 0
	h.streamed(w, r, func(tell func(any)) (any, error) {
		usage, timing, err := h.work(r.Context(), b, func(i batchItem) {
			done++
			tell(batchLine{lineItem, done, items, &i})
		})
		return batchEnd{lineEnd, items, items, usage, timing}, err
	})
}

// answerTime is the time to write the answer to a batch.
const answerTime = time.Minute

// allowLong lets a batch take longer than the server allows other requests.
// Where that cannot be said, the time of the server stays.
func (h *Handler) allowLong(w http.ResponseWriter) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // the body is read
	_ = control.SetWriteDeadline(time.Now().Add(h.limits.BatchTimeout + answerTime))
}

// work answers all items, a few at a time, and calls done with each, one by one.
// It returns the sums of usage and stages, and the time that all took. Its error
// is that of ctx when the caller has gone.
func (h *Handler) work(ctx context.Context, b *batch, done func(batchItem)) (prune.Usage, prune.Timing, error) {
	start := time.Now()
	long, cancel := context.WithTimeoutCause(ctx, h.limits.BatchTimeout, errTimeout)
	defer cancel()
	var sums totals
	var next atomic.Int64
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range min(h.itemsAtOnce(), len(b.Items)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(b.Items)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				item := h.item(long, b, int(i))
				mu.Lock()
				sums.add(item.Answer)
				done(item)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	sums.timing.Total = float64(time.Since(start).Microseconds()) / 1000
	return sums.usage, sums.rounded(), ctx.Err()
}

// itemsAtOnce is the number of items of a batch at work or waiting: half of the
// places, so that other requests are not kept out, and no more than a key may
// have.
func (h *Handler) itemsAtOnce() int {
	n := max(1, h.limits.Workers/2)
	if h.limits.KeyRequests > 0 {
		n = min(n, h.limits.KeyRequests)
	}
	return n
}

// item answers one item. A panic is a problem of that item alone.
func (h *Handler) item(ctx context.Context, b *batch, i int) (item batchItem) {
	var p *problem
	defer func() {
		if v := recover(); v != nil {
			p = h.panicked(ctx, v)
		}
		code := "ok"
		if p != nil {
			item = batchItem{Index: i, Problem: new(p.body(requestID(ctx))), RetryAfter: retrySeconds(p.retryAfter)}
			code = string(p.code)
		}
		h.metrics.items.WithLabelValues(code).Inc()
	}()
	req, err := b.item(i)
	if err == nil {
		var resp *prune.Response
		if resp, err = h.patient(ctx, req); err == nil {
			return batchItem{Index: i, Answer: resp}
		}
	}
	if p = h.problemOf(ctx, err); p == nil {
		p = &problem{code: CodeTimeout} // of nobody who reads it
	}
	return item
}

// patient admits an item like a request, and waits where a request would be
// refused, as long as the batch has time.
func (h *Handler) patient(ctx context.Context, req prune.Request) (*prune.Response, error) {
	for {
		if h.draining.Load() {
			return nil, &problem{code: CodeDraining}
		}
		resp, err := h.admit(ctx, req, nil)
		var refused *admission.RefusedError
		if !errors.As(err, &refused) || !sleep(ctx, refused.RetryAfter) {
			return resp, err
		}
	}
}

// sleep waits for d. It reports false, and does not wait on, where ctx ends
// before.
func sleep(ctx context.Context, d time.Duration) bool {
	if end, ok := ctx.Deadline(); ok && time.Until(end) < d {
		return false
	}
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// totals sum up answers.
type totals struct {
	usage  prune.Usage
	timing prune.Timing
}

// add adds an answer; nil is none.
func (t *totals) add(r *prune.Response) {
	if r == nil {
		return
	}
	u, v := &t.usage, r.Usage
	u.Documents += v.Documents
	u.Returned += v.Returned
	u.TokensBefore += v.TokensBefore
	u.TokensAfter += v.TokensAfter
	u.ModelTokens += v.ModelTokens
	u.CacheHits += v.CacheHits
	u.CoarseUnits += v.CoarseUnits
	if g := v.Generation; g != nil {
		if u.Generation == nil {
			u.Generation = new(prune.GenerationUsage)
		}
		u.Generation.Passes += g.Passes
		u.Generation.Nodes += g.Nodes
		u.Generation.Skipped += g.Skipped
	}
	into := stages(&t.timing)
	for i, s := range stages(&r.Timing)[:len(into)-1] {
		*into[i].ms += *s.ms
	}
}

// rounded is the timing in whole microseconds.
func (t *totals) rounded() prune.Timing {
	for _, s := range stages(&t.timing) {
		*s.ms = math.Round(*s.ms*1000) / 1000
	}
	return t.timing
}
