package api

import (
	"context"
	"net/http"

	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/prune"
)

// Streamer is a Pruner that tells results as they are done; *prune.Pruner is
// one. What another Pruner answers is told at the end.
type Streamer interface {
	// Stream answers as Prune does and calls tell meanwhile, by one goroutine
	// at a time; see prune.Pruner.
	Stream(ctx context.Context, r prune.Request, tell func(prune.Event)) (*prune.Response, error)
}

// streamLine is a line of an answer to POST /prune.
type streamLine struct {
	Type      string        `json:"type"`
	Done      int           `json:"done"`
	Documents int           `json:"documents"`
	Result    *prune.Result `json:"result,omitzero"`
}

// streamEnd is the last of them: the answer without its results.
type streamEnd struct {
	Type      string              `json:"type"`
	Done      int                 `json:"done"`
	Documents int                 `json:"documents"`
	Warnings  []htmlprune.Warning `json:"warnings"`
	Model     string              `json:"model"`
	Usage     prune.Usage         `json:"usage"`
	Timing    prune.Timing        `json:"timing_ms"`
}

// streamPrune answers POST /prune line by line.
func (h *Handler) streamPrune(w http.ResponseWriter, r *http.Request, req prune.Request) {
	documents := len(req.Documents)
	h.streamed(w, r, func(tell func(any)) (any, error) {
		resp, err := h.admit(r.Context(), req, func(e prune.Event) {
			line := streamLine{lineProgress, e.Done, e.Documents, e.Result}
			if e.Result != nil {
				line.Type = lineResult
			}
			tell(line)
		})
		if err != nil {
			return nil, err
		}
		return streamEnd{lineEnd, documents, documents, resp.Warnings, resp.Model, resp.Usage, resp.Timing}, nil
	})
}

// prunes asks p, and tells the results one by one if tell is not nil.
func prunes(ctx context.Context, p Pruner, req prune.Request, tell func(prune.Event)) (*prune.Response, error) {
	s, ok := p.(Streamer)
	if ok && tell != nil {
		return s.Stream(ctx, req, tell)
	}
	resp, err := p.Prune(ctx, req)
	if err == nil && tell != nil {
		for i := range resp.Results {
			tell(prune.Event{Done: len(req.Documents), Documents: len(req.Documents), Result: &resp.Results[i]})
		}
	}
	return resp, err
}
