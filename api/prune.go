package api

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ragprune/ragprune/prune"
)

const jsonType = "application/json"

// errTimeout is the cause of a context that ended by Limits.Timeout.
var errTimeout = errors.New("api: the request took too long")

// servePrune answers POST /prune.
func (h *Handler) servePrune(w http.ResponseWriter, r *http.Request) {
	body, release, err := h.readBody(r)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	defer release()
	req, err := decodeRequest(body)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	req.Namespace = exchangeOf(r.Context()).namespace
	resp, err := h.admit(r.Context(), req)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	out, err := json.Marshal(resp, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	w.Header().Set("Server-Timing", serverTiming(resp.Timing))
	writeBody(w, http.StatusOK, jsonType, out)
}

// admit waits for a worker and prunes. The wait counts: it is in the timing
// and is taken from the time that the caller gave.
func (h *Handler) admit(ctx context.Context, req prune.Request) (*prune.Response, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, h.limits.Timeout, errTimeout)
	defer cancel()
	start := time.Now()
	leave, err := h.gate.enter(ctx)
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
	resp, err := h.options.Pruner.Prune(ctx, req)
	if err != nil {
		return nil, cause(ctx, err)
	}
	resp.Timing.Queue = waited
	resp.Timing.Total = math.Round((resp.Timing.Total+waited)*1000) / 1000
	return resp, nil
}

// cause returns why ctx ended, if that is what err is about.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return context.Cause(ctx)
	}
	return err
}

// fail answers r with the problem that err is. What a caller should not read
// goes to the log.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	var p *problem
	var invalid *prune.InvalidError
	switch {
	case errors.As(err, &p):
	case errors.As(err, &invalid):
		p = invalidProblem(invalid)
	case errors.Is(err, errFull):
		p = &problem{code: CodeOverloaded, retryAfter: h.gate.retryAfter()}
	case errors.Is(err, errTimeout):
		p = &problem{code: CodeTimeout, retryAfter: h.gate.retryAfter()}
	case r.Context().Err() != nil:
		// Nobody is there to read an answer; the status is for the log.
		w.WriteHeader(statusClientGone)
		return
	default:
		h.log.ErrorContext(r.Context(), "internal error", "id", requestID(r.Context()), "error", err)
		p = &problem{code: CodeInternal}
	}
	writeProblem(w, r, p)
}

// invalidProblem puts broken rules on the wire.
func invalidProblem(err *prune.InvalidError) *problem {
	p := &problem{code: CodeInvalidRequest, detail: "One field is not acceptable, see errors."}
	if n := len(err.Fields); n > 1 {
		p.detail = strconv.Itoa(n) + " fields are not acceptable, see errors."
	}
	for _, f := range err.Fields {
		p.errors = append(p.errors, fieldProblem{Pointer: f.Pointer, Code: f.Code, Message: f.Message})
	}
	return p
}

// serverTiming returns the stages as a Server-Timing header.
func serverTiming(t prune.Timing) string {
	var out strings.Builder
	for _, stage := range []struct {
		name string
		ms   float64
	}{
		{"queue", t.Queue},
		{"parse", t.Parse},
		{"cache", t.Cache},
		{"score", t.Score},
		{"decide", t.Decide},
		{"render", t.Render},
		{"total", t.Total},
	} {
		if out.Len() > 0 {
			out.WriteString(", ")
		}
		out.WriteString(stage.name + ";dur=" + strconv.FormatFloat(stage.ms, 'f', 3, 64))
	}
	return out.String()
}
