package api

import (
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

const jsonType = "application/json"

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
	resp, err := h.admit(r.Context(), req)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.answer(w, r, resp, resp.Timing)
}

// answer sends v as JSON.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, v any, t prune.Timing) {
	out, err := json.Marshal(v, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	send(w, out, t)
}

// send sends an answer that took t.
func send(w http.ResponseWriter, answer []byte, t prune.Timing) {
	w.Header().Set("Server-Timing", serverTiming(t))
	writeBody(w, http.StatusOK, jsonType, answer)
}

// fail answers r with the problem that err is. What a caller should not read
// goes to the log.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	var p *problem
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

// serverTiming returns the stages as a Server-Timing header.
func serverTiming(t prune.Timing) string {
	var out strings.Builder
	for _, stage := range []struct {
		name string
		ms   float64
	}{
		{"queue", t.Queue},
		{"parse", t.Parse},
		{"coarse", t.Coarse},
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
