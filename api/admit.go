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

// admit waits for the model and a place at work, and prunes for the caller of ctx.
// It is passed after the body was read, so that slow senders hold no place. The wait counts: it is in the
// timing and is taken from the time that the caller gave.
func (h *Handler) admit(ctx context.Context, req prune.Request) (*prune.Response, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, h.limits.Timeout, errTimeout)
	defer cancel()
	req.Namespace = exchangeOf(ctx).caller
	start := time.Now()
	pruner, release, err := h.options.Models.Acquire(ctx, req.Model)
	if err != nil {
		return nil, cause(ctx, err)
	}
	defer release()
	leave, err := h.enter(ctx, &req)
	if err != nil {
		return nil, cause(ctx, err)
	}
	defer leave()
	wait := time.Since(start)
	h.metrics.queued.Observe(wait.Seconds())
	waited := float64(wait.Microseconds()) / 1000
	if req.TimeoutMS > 0 {
		req.TimeoutMS = max(1, req.TimeoutMS-int(waited))
	}
	resp, err := pruner.Prune(ctx, req)
	if err != nil {
		return nil, cause(ctx, err)
	}
	resp.Timing.Queue = waited
	resp.Timing.Total = math.Round((resp.Timing.Total+waited)*1000) / 1000
	return resp, nil
}

// enter waits for a place at work. Whose own time is over before a place is
// free goes on without one: it gets the cheap answer that it would get anyway.
func (h *Handler) enter(ctx context.Context, req *prune.Request) (leave func(), err error) {
	wait := ctx
	if req.TimeoutMS > 0 {
		var cancel context.CancelFunc
		wait, cancel = context.WithTimeout(ctx, time.Duration(req.TimeoutMS)*time.Millisecond)
		defer cancel()
	}
	leave, err = h.queue.Enter(wait, exchangeOf(ctx).caller, cost(req))
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
