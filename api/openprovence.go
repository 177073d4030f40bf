package api

import (
	"context"
	"errors"
	"net/http"
)

// OpenProvence answers in the form of OpenProvence's process();
// *openprovence.Model is one.
type OpenProvence interface {
	// ProcessJSON takes the arguments of process() as a JSON object and gives
	// its answer as one. An error with a method Invalid() (pointer, message
	// string) is the caller's.
	ProcessJSON(ctx context.Context, arguments []byte) (answer []byte, err error)
}

// serveOpenProvence answers POST /v1/openprovence.
func (h *Handler) serveOpenProvence(w http.ResponseWriter, r *http.Request) {
	if h.options.OpenProvence == nil {
		writeProblem(w, r, &problem{code: CodeNotFound, detail: "The model of this server does not offer it."})
		return
	}
	body, release, err := h.readBody(r)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	defer release()
	if len(body) == 0 {
		h.fail(w, r, &problem{code: CodeEmptyBody})
		return
	}
	answer, err := h.process(r.Context(), body)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	writeBody(w, http.StatusOK, jsonType, answer)
}

// process waits for a worker and answers.
func (h *Handler) process(ctx context.Context, body []byte) (answer []byte, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, h.limits.Timeout, errTimeout)
	defer cancel()
	err = h.atWork(ctx, int64(len(body)/tokenBytes+1), 0, func() (err error) {
		answer, err = h.options.OpenProvence.ProcessJSON(ctx, body)
		return err
	})
	var invalid interface {
		Invalid() (pointer, message string)
	}
	if errors.As(err, &invalid) {
		pointer, message := invalid.Invalid()
		return nil, &problem{
			code: CodeInvalidRequest, detail: "One argument is not acceptable, see errors.",
			errors: []fieldProblem{{Pointer: pointer, Code: "invalid", Message: message}},
		}
	}
	return answer, err
}
