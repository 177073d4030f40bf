package prune_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"unicode"

	"github.com/ragprune/ragprune/prune"
	"github.com/ragprune/ragprune/rerank"
)

// overlap is a labeler without a model: the score of a unit is the share of
// the query's words that it holds.
type overlap struct {
	calls atomic.Int64
	// before is called with every document, if set.
	before func(ctx context.Context, units []string) error
}

// longestQuery is what overlap reads of a query, in bytes.
const longestQuery = 200

func (o *overlap) Fit(query string) (string, bool) {
	if len(query) > longestQuery {
		return query[:longestQuery], true
	}
	return query, false
}

func (o *overlap) Label(ctx context.Context, query, _ string, units []string) ([]float32, float32, int, error) {
	o.calls.Add(1)
	if o.before != nil {
		if err := o.before(ctx, units); err != nil {
			return nil, 0, 0, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, 0, 0, err
	}
	words := tokens(strings.ToLower(query))
	scores := make([]float32, len(units))
	best, read := float32(0), 0
	for i, u := range units {
		own := make(map[string]bool)
		for _, w := range tokens(strings.ToLower(u)) {
			own[w] = true
			read++
		}
		for _, w := range words {
			if own[w] {
				scores[i] += 1 / float32(len(words))
			}
		}
		scores[i] = min(scores[i], 1)
		best = max(best, scores[i])
	}
	return scores, 8*best - 4, read, nil
}

// words counts words and signs, about as a word-piece tokenizer does.
type words struct{}

func (words) Count(text string) int { return len(tokens(text)) }

// tokens cuts text into runs of letters and digits, and single signs.
func tokens(text string) []string {
	var out []string
	start := -1
	for i, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			out = append(out, text[start:i])
			start = -1
		}
		if !unicode.IsSpace(r) {
			out = append(out, string(r))
		}
	}
	if start >= 0 {
		out = append(out, text[start:])
	}
	return out
}

// options are those of most tests.
func options(l prune.Labeler) prune.Options {
	return prune.Options{
		Labeler: l, Counter: words{}, Model: "overlap@1",
		Presets:     map[string]float64{"safe": 0.1, "balanced": 0.3, "aggressive": 0.6},
		Calibration: rerank.Calibration{Scale: 1},
	}
}

func newPruner(t *testing.T, o prune.Options) *prune.Pruner {
	t.Helper()
	p, err := prune.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// answer prunes r and fails the test on an error.
func answer(t *testing.T, p *prune.Pruner, r prune.Request) *prune.Response {
	t.Helper()
	resp, err := p.Prune(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func text(s string) prune.Document { return prune.Document{Text: &s} }

func page(s string) prune.Document { return prune.Document{HTML: &s} }

// codes are those of the warnings of r.
func codes(r prune.Result) []string {
	out := []string{}
	for _, w := range r.Warnings {
		out = append(out, w.Code)
	}
	return out
}
