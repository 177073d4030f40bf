package api_test

import (
	"context"
	"strings"

	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/prune"
)

// fake keeps the first sentence of every document that shares its first word
// with the query. It knows no rules.
type fake struct{}

func (fake) Prune(_ context.Context, r prune.Request) (*prune.Response, error) {
	resp := &prune.Response{Model: "fake@1", Usage: prune.Usage{Documents: len(r.Documents), Returned: len(r.Documents)}}
	for i, d := range r.Documents {
		result := prune.Result{Index: i, ID: d.ID, Title: d.Title, RetrieverScore: d.Score, Metadata: d.Metadata, Format: htmlprune.Text}
		text := d.Text
		if text == nil {
			text, result.Format = d.HTML, htmlprune.HTML
		}
		if text == nil {
			return nil, &prune.InvalidError{Fields: []prune.FieldError{{Pointer: "/documents", Code: "empty", Message: "has an empty document"}}}
		}
		word, _, _ := strings.Cut(r.Query, " ")
		result.Tokens.Before = len(strings.Fields(*text))
		if first, _, _ := strings.Cut(*text, ". "); strings.HasPrefix(first, word) {
			result.Score = 0.5
			result.Logit = new(0.0)
			result.Text = first
			result.Kept = []prune.Kept{{Start: 0, End: len([]rune(first))}}
			result.Tokens.After = len(strings.Fields(first))
		}
		if d.Repaired {
			result.Warnings = []htmlprune.Warning{{Code: "invalid_utf8", Message: "Invalid UTF-8 was replaced."}}
		}
		if r.Explain {
			result.Units = []prune.UnitScore{{End: len([]rune(*text)), Kind: "sentence", Text: *text, Score: 0.5, Kept: result.Text != "", Why: "threshold"}}
		}
		resp.Usage.TokensBefore += result.Tokens.Before
		resp.Usage.TokensAfter += result.Tokens.After
		resp.Results = append(resp.Results, result)
	}
	return resp, nil
}

// pruneFunc is a Pruner for one test.
type pruneFunc func(context.Context, prune.Request) (*prune.Response, error)

func (f pruneFunc) Prune(ctx context.Context, r prune.Request) (*prune.Response, error) {
	return f(ctx, r)
}
