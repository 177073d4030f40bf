package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ragprune/ragprune/api/admission"
	"github.com/ragprune/ragprune/prune"
)

// servePrune answers POST /prune.
func (h *Handler) servePrune(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Accept")
	req, release, err := readAs(h, r, decodeRequest)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	defer release()
	if wantsLines(r) {
		h.streamPrune(w, r, req)
		return
	}
	resp, err := h.admit(r.Context(), req, nil)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.answer(w, r, resp, resp.Timing)
}

// answer sends v as JSON.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, v any, t prune.Timing) {
	out := pieces{w: w, timing: serverTiming(t)}
	err := json.MarshalWrite(&out, v, answerOptions())
	h.finish(w, r, &out, t, err)
}

// answerOptions are those of the JSON of answers: the same answer has the same bytes,
// and text that is not UTF-8 does not lose the rest.
func answerOptions() json.Options {
	return json.JoinOptions(json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
}

// finish ends an answer that took t: as a whole, or as the error that kept it from
// being written.
func (h *Handler) finish(w http.ResponseWriter, r *http.Request, out *pieces, t prune.Timing, err error) {
	switch {
	case !out.begun && err != nil:
		h.fail(w, r, err)
	case !out.begun:
		send(w, out.held, t)
	case err != nil && !out.gone && r.Context().Err() == nil:
		h.log.ErrorContext(r.Context(), "an answer broke off", "id", requestID(r.Context()), "error", err)
		panic(http.ErrAbortHandler) // or the reader would take it for whole
	}
}

// send sends an answer that took t.
func send(w http.ResponseWriter, answer []byte, t prune.Timing) {
	w.Header().Set("Server-Timing", serverTiming(t))
	writeBody(w, http.StatusOK, jsonType, answer)
}

// fail answers r with the problem that err is.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := h.problemOf(r.Context(), err)
	if p == nil {
		// Nobody is there to read an answer; the status is for the log.
		exchangeOf(r.Context()).status = statusClientGone
		w.WriteHeader(statusClientGone)
		return
	}
	writeProblem(w, r, p)
}

// problemOf returns the problem that err is, nil if the caller has gone. What a
// caller should not read goes to the log.
func (h *Handler) problemOf(ctx context.Context, err error) (p *problem) {
	var invalid *prune.InvalidError
	var refused *admission.RefusedError
	var unavailable *prune.UnavailableError
	switch {
	case errors.As(err, &p):
	case errors.As(err, &invalid):
		p = invalidProblem(invalid)
	case errors.As(err, &refused):
		p = &problem{code: refusedCode(refused.Reason), retryAfter: refused.RetryAfter}
		h.metrics.refused.WithLabelValues(string(refused.Reason)).Inc()
	case errors.Is(err, errTimeout):
		p = &problem{code: CodeTimeout, retryAfter: h.queue.RetryAfter()}
	case errors.As(err, &unavailable):
		p = h.unavailableProblem(unavailable)
	case ctx.Err() != nil:
		return nil
	default:
		h.log.ErrorContext(ctx, "internal error", "id", requestID(ctx), "error", err)
		p = &problem{code: CodeInternal}
	}
	return p
}

// refusedCode names on the wire what kept a request out.
func refusedCode(r admission.Reason) Code {
	if r == admission.ReasonQueue {
		return CodeOverloaded
	}
	return CodeRateLimited
}

// unavailableProblem says why there is no answer of a server that has no
// fallback.
func (h *Handler) unavailableProblem(err *prune.UnavailableError) *problem {
	p := &problem{code: CodeUnavailable, retryAfter: h.queue.RetryAfter()}
	switch err.Reason {
	case prune.ReasonDeadline:
		p.code = CodeTimeout
	case prune.ReasonOverload:
		p.code = CodeOverloaded
	}
	return p
}

// invalidProblem puts broken rules on the wire.
func invalidProblem(err *prune.InvalidError) *problem {
	fields := make([]fieldProblem, 0, len(err.Fields))
	for _, f := range err.Fields {
		if f.Code == prune.CodeTooMany && slices.Contains([]string{"/documents", "/texts", "/messages"}, f.Pointer) {
			f.Message += "; the setting RAGPRUNE_MAX_DOCUMENTS of the server says how many"
		}
		fields = append(fields, fieldProblem{Pointer: f.Pointer, Code: f.Code, Message: f.Message})
	}
	return unacceptable(fields...)
}

// stage is a time of a prune.Timing.
type stage struct {
	name string
	ms   *float64
}

// stages are the times of t; the last is that of all.
func stages(t *prune.Timing) []stage {
	return []stage{
		{"queue", &t.Queue},
		{"parse", &t.Parse},
		{"coarse", &t.Coarse},
		{"cache", &t.Cache},
		{"score", &t.Score},
		{"decide", &t.Decide},
		{"render", &t.Render},
		{"total", &t.Total},
	}
}

// serverTiming returns the stages as a Server-Timing header.
func serverTiming(t prune.Timing) string {
	var out strings.Builder
	for _, stage := range stages(&t) {
		if out.Len() > 0 {
			out.WriteString(", ")
		}
		out.WriteString(stage.name + ";dur=" + strconv.FormatFloat(*stage.ms, 'f', 3, 64))
	}
	return out.String()
}
