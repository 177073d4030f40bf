package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ragprune/ragprune/bench/internal/engine"
	"github.com/ragprune/ragprune/labeler"
	"github.com/ragprune/ragprune/models/ort"
)

// comparer collects comparisons of the pairs.
type comparer struct {
	engine      *engine.Engine
	pairs       []pair
	thresholds  []threshold
	texts       agreement
	comparisons []comparison
}

// agreement counts equal things.
type agreement struct{ same, total int }

func (a *agreement) add(same bool) {
	a.total++
	if same {
		a.same++
	}
}

// comparison is one way through Go against the reference.
type comparison struct {
	graph, windows string
	// got has the scores of each pair, in the order of the pairs.
	got     []scores
	seconds float64
}

// tokenize compares the ids of queries and units.
func (c *comparer) tokenize() {
	limit := c.engine.Bundle.QueryTokens
	for _, p := range c.pairs {
		ids := c.engine.Tokenizer.AppendIDs(nil, p.Query)
		c.texts.add(equal(ids[:min(len(ids), limit)], p.queryIDs()))
		for i, want := range p.unitIDs() {
			c.texts.add(equal(c.engine.Tokenizer.AppendIDs(nil, p.Units[i]), want))
		}
	}
	fmt.Fprintf(os.Stderr, "ids: %d of %d texts the same\n", c.texts.same, c.texts.total)
}

func equal(got []int32, want []int64) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		if int64(got[i]) != want[i] {
			return false
		}
	}
	return true
}

// compare runs all pairs, one on each core at a time.
func (c *comparer) compare(ctx context.Context, graph, windows string, run func(context.Context, pair) (scores, error)) error {
	out := comparison{graph: graph, windows: windows, got: make([]scores, len(c.pairs))}
	start := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	for i, p := range c.pairs {
		group.Go(func() (err error) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if out.got[i], err = run(ctx, p); err != nil {
				return fmt.Errorf("pair %s: %w", p.ID, err)
			}
			return nil
		})
		if (i+1)%100 == 0 {
			fmt.Fprintf(os.Stderr, "%s, windows %s: %d of %d pairs\n", graph, windows, i+1, len(c.pairs))
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	out.seconds = time.Since(start).Seconds()
	c.comparisons = append(c.comparisons, out)
	return nil
}

// replay runs the windows of the reference through a graph and scores the
// units as the labeler does.
func (c *comparer) replay(session *ort.Session) func(context.Context, pair) (scores, error) {
	return func(ctx context.Context, p pair) (scores, error) {
		probs := make([][]float32, len(p.Units))
		out := scores{Logit: math.Inf(-1)}
		for _, w := range p.Windows {
			if err := ctx.Err(); err != nil {
				return out, err
			}
			outputs, err := session.Run(w.IDs, w.Types)
			if err != nil {
				return out, err
			}
			for _, r := range w.Ranges {
				for _, x := range outputs[0][r[1]:r[2]] {
					probs[r[0]] = append(probs[r[0]], float32(1/(1+math.Exp(-float64(x)))))
				}
			}
			out.Logit = max(out.Logit, float64(outputs[1][0]))
		}
		for _, of := range probs {
			out.Scores = append(out.Scores, labeler.Aggregate(c.engine.Bundle.Aggregation, of))
		}
		labeler.Calibrate(c.engine.Bundle.UnitCalibration, out.Scores)
		return out, nil
	}
}

// label is the way of the service: own ids, own windows.
func (c *comparer) label(ctx context.Context, p pair) (scores, error) {
	got, logit, _, err := c.engine.Labeler.Label(ctx, p.Query, "", p.Units)
	return scores{Scores: got, Logit: float64(logit)}, err
}
