package api

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/ragprune/ragprune/prune"
)

// errTimeout is the cause of a context that ended by Limits.Timeout.
var errTimeout = errors.New("api: the request took too long")

// admit waits for the model and a place at work, and prunes for the caller of
// ctx. It is passed after the body was read, so that slow senders hold no place.
// The wait counts: it is in the timing and is taken from the time that the caller
// gave. tell is called with results as they are done, unless it is nil.
func (h *Handler) admit(ctx context.Context, req prune.Request, tell func(prune.Event)) (resp *prune.Response, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, h.limits.Timeout, errTimeout)
	defer cancel()
	start := time.Now()
	pruner, release, err := h.options.Models.Acquire(ctx, req.Model)
	if err != nil {
		return nil, cause(ctx, err)
	}
	defer release()
	req.Namespace = exchangeOf(ctx).caller
	patience := time.Duration(req.TimeoutMS) * time.Millisecond
	err = h.atWork(ctx, cost(&req), patience, func() error {
		waited := float64(time.Since(start).Microseconds()) / 1000
		if req.TimeoutMS > 0 {
			req.TimeoutMS = max(1, req.TimeoutMS-int(waited))
		}
		if resp, err = prunes(ctx, pruner, req, tell); err != nil {
			return err
		}
		resp.Timing.Queue = waited
		resp.Timing.Total = math.Round((resp.Timing.Total+waited)*1000) / 1000
		return nil
	})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// atWork waits for a place at work, at most for patience if that is not 0, and
// calls do there. Who calls it bounds ctx.
func (h *Handler) atWork(ctx context.Context, tokens int64, patience time.Duration, do func() error) error {
	start := time.Now()
	leave, err := h.enter(ctx, tokens, patience)
	if err != nil {
		return cause(ctx, err)
	}
	defer leave()
	h.metrics.queued.Observe(time.Since(start).Seconds())
	return cause(ctx, do())
}

// enter waits for a place at work. Whose patience is over before a place is
// free goes on without one: it gets the cheap answer that it would get anyway.
func (h *Handler) enter(ctx context.Context, tokens int64, patience time.Duration) (leave func(), err error) {
	wait := ctx
	if patience > 0 {
		var cancel context.CancelFunc
		wait, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	leave, err = h.queue.Enter(wait, exchangeOf(ctx).caller, tokens)
	if err != nil && ctx.Err() == nil && wait.Err() != nil {
		return func() {}, nil
	}
	return leave, err
}

// What a request costs beside its text: bytes of a token, about, and the part
// of the query that is read with every document.
const (
	tokenBytes    = 4
	queryTokensAt = 64
)

// cost is about how many tokens the models read for req.
func cost(req *prune.Request) int64 {
	bytes := 0
	for i := range req.Documents {
		d := &req.Documents[i]
		for _, text := range []*string{d.Text, d.HTML} {
			if text != nil {
				bytes += len(*text)
			}
		}
	}
	query := min(len(req.Query)/tokenBytes, queryTokensAt)
	return int64(bytes/tokenBytes + query*len(req.Documents) + 1)
}

// cause returns why ctx ended, if that is what err is about.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return context.Cause(ctx)
	}
	return err
}
