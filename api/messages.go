package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ragprune/ragprune/prune"
	"github.com/ragprune/ragprune/prune/messages"
)

// admitted is the pruner behind the queue.
type admitted struct{ h *Handler }

// Prune waits for a place at work and prunes.
func (a admitted) Prune(ctx context.Context, r prune.Request) (*prune.Response, error) {
	return a.h.admit(ctx, r, nil)
}

// serveMessages answers POST /prune/messages.
func (h *Handler) serveMessages(w http.ResponseWriter, r *http.Request) {
	req, release, err := readAs(h, r, decodeMessages)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	defer release()
	answer, err := messages.Prune(r.Context(), admitted{h}, req)
	if err != nil {
		h.fail(w, r, typeProblem(err))
		return
	}
	out, err := answer.Encode()
	if err != nil {
		h.fail(w, r, err)
		return
	}
	send(w, out, answer.Timing)
}

// decodeMessages reads a request, strict and lenient as decodeRequest; what is
// in the messages is left to package messages. Its error is a *problem.
func decodeMessages(body []byte) (req messages.Request, err error) {
	if body, err = begun(body); err != nil {
		return req, err
	}
	if err := json.Unmarshal(body, &req, json.RejectUnknownMembers(true), jsontext.AllowInvalidUTF8(true)); err != nil {
		return req, decodeProblem(err)
	}
	if depth(req.Messages) > maxDepth {
		return req, misshapen(fieldProblem{Pointer: "/messages", Code: "depth", Message: deepMessage()})
	}
	if field := refuseElsewhere(&req.Prune); field != nil {
		return req, unacceptable(*field)
	}
	return req, nil
}

// typeProblem makes a message of another shape what it is in other bodies: one
// that cannot be read.
func typeProblem(err error) error {
	var invalid *prune.InvalidError
	if !errors.As(err, &invalid) || invalid.Fields[0].Code != messages.CodeType {
		return err
	}
	return misshapen(invalidProblem(invalid).errors...)
}
