// Command fusion measures what each scorer costs: documents of about 250 tokens
// from the development sets are pruned in this process, by each scorer, with
// nothing kept from before, with another query on documents that are known, and
// with everything known. It writes bench/results/fusion-cost.md; what the
// scorers are worth is in fusion.md, by models/export/fuse.py.
//
//	main.go     flags, and the way of a run
//	measure.go  one scorer: requests and their times
//
// Usage:
//
//	go run ./bench/fusion
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/ragprune/ragprune/bench/eval/dataset"
	"github.com/ragprune/ragprune/bench/internal/engine"
	"github.com/ragprune/ragprune/bench/internal/program"
	"github.com/ragprune/ragprune/bench/internal/report"
	"github.com/ragprune/ragprune/bench/internal/shared"
	"github.com/ragprune/ragprune/prune"
)

// scorers are measured, those without the embedder once.
var scorers = []prune.Scorer{prune.ScorerBM25, prune.ScorerLabel, prune.ScorerEmbed, prune.ScorerHybrid, prune.ScorerFused}

type options struct {
	bundle, embedder, compare string
	documents, together       int
	out                       string
}

func main() {
	var o options
	flag.StringVar(&o.bundle, "bundle", "models/ragprune-small", "folder of the pruner")
	flag.StringVar(&o.embedder, "embedder", "models/ragprune-embed", "folder of the embedder")
	flag.StringVar(&o.compare, "compare", "", "folder of another embedder, fitted to the same pruner, to measure beside")
	flag.IntVar(&o.documents, "n", 60, "documents for each scorer")
	flag.IntVar(&o.together, "documents", 10, "documents of a request in the second table")
	flag.StringVar(&o.out, "out", "bench/results/fusion-cost.md", "report to write")
	flag.Parse()
	program.Run("fusion", 0, func(ctx context.Context) error { return run(ctx, o) })
}

func run(ctx context.Context, o options) (err error) {
	e, err := engine.Open(engine.Options{Bundle: o.bundle})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	measurers, closeAll, err := measurersOf(e, o)
	defer func() { err = errors.Join(err, closeAll()) }()
	if err != nil {
		return err
	}
	rows, err := documents(e, 2*o.documents)
	if err != nil {
		return err
	}
	var queries []string
	for _, r := range rows {
		queries = append(queries, r.Query)
	}
	rows = rows[:len(rows)/2]
	r := report.New("Cost of the scorers", report.Command("fusion"))
	r.Text("%d documents of 200 to 300 tokens from the development sets, %s, one thread a run and a worker for each core. "+
		"Milliseconds of a document, median of requests with the quarters beside, then mean processor time, which other work on the machine disturbs less, "+
		"and tokens that the models read. Cold: nothing is known. Other query: the documents were asked before, with another query. "+
		"Same: document and query were asked before.", len(rows), e.Bundle.ID())
	for _, together := range []int{1, o.together} {
		r.Section(fmt.Sprintf("%d to a request", together))
		var table [][]string
		for _, m := range measurers {
			cells, err := m.measure(ctx, rows, queries, together)
			if err != nil {
				return fmt.Errorf("%s: %w", m.name(), err)
			}
			fmt.Fprintf(os.Stderr, "%s, %d to a request: %v\n", m.name(), together, cells)
			table = append(table, append([]string{m.name()}, cells...))
		}
		r.Table([]string{
			"scorer", "cold, ms", "processor, ms", "tokens", "other query, ms", "processor, ms", "tokens", "same, ms", "processor, ms", "tokens",
		}, table)
	}
	if err := r.Write(o.out); err != nil {
		return err
	}
	fmt.Print(r)
	return nil
}

// measurersOf opens the embedders; those that need none are measured once.
// closeAll closes what was opened, also after an error.
func measurersOf(e *engine.Engine, o options) (list []measurer, closeAll func() error, err error) {
	var closers []func() error
	closeAll = func() (err error) {
		for _, c := range closers {
			err = errors.Join(err, c())
		}
		return err
	}
	for _, dir := range []string{o.embedder, o.compare} {
		if dir == "" {
			continue
		}
		embedder, err := e.OpenEmbedder(dir)
		if err != nil {
			return nil, closeAll, err
		}
		closers = append(closers, embedder.Close)
		for _, s := range scorers {
			if usesEmbedder := s != prune.ScorerBM25 && s != prune.ScorerLabel; usesEmbedder || dir == o.embedder {
				list = append(list, measurer{e, embedder, s})
			}
		}
	}
	return list, closeAll, nil
}

// documents are rows of the development sets whose texts have 200 to 300 tokens
// of the pruner, the sets in turn.
func documents(e *engine.Engine, count int) ([]dataset.Row, error) {
	dir, err := shared.Dir("data", "dev")
	if err != nil {
		return nil, err
	}
	data, err := dataset.Read(dir)
	if err != nil {
		return nil, err
	}
	fitting := fittingRows(data, e.Tokenizer.Count, count)
	var out []dataset.Row
	for i := range count {
		for _, own := range fitting {
			if i < len(own) && len(out) < count {
				out = append(out, own[i])
			}
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no text in %s has 200 to 300 tokens", dir)
	}
	return out, nil
}

// fittingRows are at most count rows of each set with 200 to 300 tokens.
func fittingRows(data *dataset.Data, tokens func(string) int, count int) [][]dataset.Row {
	var fitting [][]dataset.Row
	seen := make(map[string]bool)
	for _, set := range data.Sets {
		var own []dataset.Row
		for _, r := range set.Rows {
			if seen[r.Text] || len(own) == count {
				continue
			}
			if n := tokens(r.Text); n >= 200 && n <= 300 {
				seen[r.Text] = true
				own = append(own, r)
			}
		}
		fitting = append(fitting, own)
	}
	return fitting
}
