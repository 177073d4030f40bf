// Command htmlrag asks questions about pages that are larger than their budget:
// the real pages of the shared data folder, and pages assembled from its
// development sets. It writes to bench/results/htmlrag.md how many tokens each
// step leaves, what of the answers every scorer keeps in a budget, and the time
// of the steps, beside PyPI htmlrag 0.1.1.
//
//	main.go      flags, and the way of a run
//	items.go     questions with pages
//	assemble.go  passages to a page
//	systems.go   the scorers, with and without a coarse step, as they are asked
//	run.go       one question: requests and outcomes
//	peer.go      the same by htmlrag; peer.py is run for it
//	tables.go    outcomes to tables
//
// Usage:
//
//	go run ./bench/htmlrag -python venv/bin/python
//
// with the packages of requirements.txt in that Python; without -python the rows
// of htmlrag are left out.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ragprune/ragprune/bench/internal/engine"
	"github.com/ragprune/ragprune/bench/internal/program"
	"github.com/ragprune/ragprune/bench/internal/report"
)

type options struct {
	bundle, embedder string
	python           string
	budgets          string
	coarse           int
	perPage, perSet  int
	tokens           int
	pages            string
	systems, sizes   string
	seed             uint64
	out              string
	timeout          time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.bundle, "bundle", "models/ragprune-small", "folder of the pruner bundle")
	flag.StringVar(&o.embedder, "embedder", "models/ragprune-embed", "folder of the embedder bundle")
	flag.StringVar(&o.python, "python", "", "Python with the packages of bench/htmlrag/requirements.txt; empty: without htmlrag")
	flag.StringVar(&o.budgets, "budgets", "512,1024,2048,4096", "values of max_tokens")
	flag.IntVar(&o.coarse, "coarse", 2048, "tokens that a coarse step leaves")
	flag.StringVar(&o.sizes, "sizes", "", "comma-separated words per block to measure the labeler with, beside single sentences")
	flag.IntVar(&o.perPage, "questions", 1, "questions about each real page, at most 3")
	flag.IntVar(&o.perSet, "n", 1, "assembled pages of each development set")
	flag.IntVar(&o.tokens, "tokens", 6000, "tokens of the text of an assembled page")
	flag.StringVar(&o.pages, "pages", "", "comma-separated names of real pages; empty means all, none means none")
	flag.StringVar(&o.systems, "systems", "", "comma-separated names of systems; empty means all")
	flag.Uint64Var(&o.seed, "seed", 1, "chooses the assembled pages")
	flag.StringVar(&o.out, "out", "bench/results/htmlrag.md", "report to write")
	flag.DurationVar(&o.timeout, "timeout", 30*time.Minute, "time for the whole run")
	flag.Parse()
	program.Run("htmlrag", o.timeout, func(ctx context.Context) error { return run(ctx, o) })
}

func run(ctx context.Context, o options) (err error) {
	budgets, err := parseBudgets(o.budgets)
	if err != nil {
		return err
	}
	e, err := engine.Open(engine.Options{Bundle: o.bundle})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	embedder, err := e.OpenEmbedder(o.embedder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, embedder.Close()) }()
	groups, err := loadGroups(o, e.Tokenizer.Count)
	if err != nil {
		return err
	}
	a := &asker{engine: e, embedder: embedder, budgets: budgets, coarse: o.coarse}
	if err := a.start(o); err != nil {
		return err
	}
	for i, g := range groups {
		if err := a.askAll(ctx, g); err != nil {
			return err
		}
		if o.python != "" {
			if err := a.askPeer(ctx, o, g); err != nil {
				return err
			}
		}
		if err := write(o, a, groups[:i+1]); err != nil {
			return err
		}
	}
	return nil
}

func parseBudgets(list string) ([]int, error) {
	var budgets []int
	for word := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n <= 0 {
			return nil, fmt.Errorf("budget %q is not a positive number", word)
		}
		budgets = append(budgets, n)
	}
	return slices.Sorted(slices.Values(budgets)), nil
}

func write(o options, a *asker, groups []*group) error {
	r := report.New("HTML into a budget", report.Command("htmlrag"))
	tables(r, a, groups)
	return r.Write(o.out)
}
