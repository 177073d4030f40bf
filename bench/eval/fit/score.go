package fit

import (
	"context"
	"fmt"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"github.com/ragprune/ragprune/bench/eval"
)

// Passage is a passage that a model has read for a query.
type Passage struct {
	// Set and Query count the sets, and the queries of all sets.
	Set, Query int
	// Positive says that it helps.
	Positive bool
	// Logit is the relevance of the whole.
	Logit float64
	// Scores and Sizes, in code points, of the sentences; Level is the score
	// that a threshold must stay below for the answer to be kept. They are
	// there if the passage helps.
	Scores []float32
	Sizes  []int
	Level  float32
}

// ScoreOptions of Score.
type ScoreOptions struct {
	// Workers is the number of queries at once. Mandatory.
	Workers int
	// Progress is told of passages when they are scored, from several
	// goroutines. Nil means nobody is.
	Progress func(passages int)
}

// Score reads the passages of a plan with a model.
func Score(ctx context.Context, p *eval.Plan, model eval.Labeler, o ScoreOptions) ([]Passage, error) {
	group, bound := errgroup.WithContext(ctx)
	group.SetLimit(max(o.Workers, 1))
	var all [][]Passage
	for s := range p.Sets {
		for i := range p.Sets[s].Queries {
			q := &p.Sets[s].Queries[i]
			out := make([]Passage, len(q.Passages))
			for j := range out {
				out[j].Set, out[j].Query = s, len(all)
			}
			all = append(all, out)
			group.Go(func() error {
				if err := read(bound, q, model, out); err != nil {
					return fmt.Errorf("set %s, row %s: %w", q.Set, q.ID, err)
				}
				if o.Progress != nil {
					o.Progress(len(out))
				}
				return nil
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var flat []Passage
	for _, passages := range all {
		flat = append(flat, passages...)
	}
	return flat, ctx.Err()
}

// read fills in what the model says of the passages of a query.
func read(ctx context.Context, q *eval.PlannedQuery, model eval.Labeler, out []Passage) error {
	for i, p := range q.Passages {
		scores, logit, _, err := model.Label(ctx, q.Query, p.Title, p.Sentences)
		if err != nil {
			return fmt.Errorf("passage %s: %w", p.ID, err)
		}
		out[i].Logit = float64(logit)
		if i > 0 || !q.Row.Positive {
			continue
		}
		out[i].Positive, out[i].Scores = true, scores
		out[i].Level = eval.Level(q.Row, scores)
		for _, s := range p.Sentences {
			out[i].Sizes = append(out[i].Sizes, utf8.RuneCountInString(s))
		}
	}
	return nil
}
