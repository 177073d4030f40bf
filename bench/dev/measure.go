package main

import (
	"context"
	"fmt"
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/ragprune/ragprune/bench/internal/devset"
	"github.com/ragprune/ragprune/bench/internal/pruning"
	"github.com/ragprune/ragprune/prune"
)

// measurer prunes rows with every setting.
type measurer struct {
	pruner   *pruning.Pruner
	settings []string
}

// setResult is what came of one set.
type setResult struct {
	name string
	rows []rowResult
	// negatives are the scores of documents that do not answer.
	negatives []float64
	seconds   float64
}

// rowResult is what came of one positive row.
type rowResult struct {
	// score is the document's raw relevance.
	score            float64
	averagePrecision float64
	sentences, gold  int
	// settings has one entry for each setting.
	settings []pruning.Outcome
}

// set measures the rows of a set, several side by side.
func (m *measurer) set(ctx context.Context, name string, s sample) (setResult, error) {
	result := setResult{name: name, rows: make([]rowResult, len(s.positives)), negatives: make([]float64, len(s.negatives))}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2 * runtime.NumCPU())
	for i, r := range s.positives {
		group.Go(func() (err error) {
			result.rows[i], err = m.row(ctx, r)
			return err
		})
	}
	for i, r := range s.negatives {
		group.Go(func() error {
			got, err := m.prune(ctx, r, m.settings[0], false)
			result.negatives[i] = logit(got)
			return err
		})
	}
	return result, group.Wait()
}

func (m *measurer) row(ctx context.Context, r devset.Row) (rowResult, error) {
	out := rowResult{sentences: len(r.Sentences), gold: len(r.Relevant)}
	for i, setting := range m.settings {
		got, err := m.prune(ctx, r, setting, i == 0)
		if err != nil {
			return out, err
		}
		if i == 0 {
			out.score, out.averagePrecision = logit(got), pruning.RankSentences(r, got.Units)
		}
		out.settings = append(out.settings, pruning.Judge(r, got))
	}
	return out, nil
}

// prune sends one row.
func (m *measurer) prune(ctx context.Context, r devset.Row, setting string, explain bool) (prune.Result, error) {
	got, err := m.pruner.Prune(ctx, prune.Request{
		Query: r.Query, Documents: []prune.Document{{ID: r.ID, Title: r.Title, Text: &r.Text}}, Explain: explain,
	}, setting)
	if err != nil {
		return got, fmt.Errorf("row %s: %w", r.ID, err)
	}
	return got, nil
}

// logit is the raw relevance of a document, NaN if it has none.
func logit(r prune.Result) float64 {
	if r.Logit == nil {
		return math.NaN()
	}
	return *r.Logit
}
