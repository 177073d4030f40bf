// Command robustness prunes small test sets that were written for one weakness
// each, and writes what survives to bench/results/robustness.md.
//
// The sets are the text files in sets; parse.go says how they are written. The
// JSON Lines files beside this one hold the same in the format of the labelled
// sets, for `ragprune eval` and other tools. They are made from the text files:
//
//	go test ./bench/robustness -update
//
//	main.go     flags, and the way of a run
//	sets.go     the sets and their items
//	parse.go    the text files
//	build.go    text, offsets and labels of an item
//	fill.go     the long documents
//	encode.go   items to JSON Lines
//	measure.go  one item: requests and what came of them
//	figures.go  outcomes to figures
//	tables.go   figures to tables; languages.go, those of the languages
//
// Usage:
//
//	go run ./bench/robustness [-model DIR]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ragprune/ragprune/bench/internal/engine"
	"github.com/ragprune/ragprune/bench/internal/program"
	"github.com/ragprune/ragprune/bench/internal/pruning"
	"github.com/ragprune/ragprune/bench/internal/report"
)

type options struct {
	model    string
	sets     string
	settings string
	out      string
	timeout  time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.model, "model", "models/ragprune-small", "folder of the model bundle")
	flag.StringVar(&o.sets, "sets", "", "comma-separated names of the sets; empty means all")
	flag.StringVar(&o.settings, "settings", "0.1,safe,balanced,aggressive", "thresholds and presets")
	flag.StringVar(&o.out, "out", "bench/results/robustness.md", "report to write")
	flag.DurationVar(&o.timeout, "timeout", 30*time.Minute, "time for the whole run")
	flag.Parse()
	program.Run("robustness", o.timeout, func(ctx context.Context) error { return run(ctx, o) })
}

func run(ctx context.Context, o options) (err error) {
	sets, err := chosen(o.sets)
	if err != nil {
		return err
	}
	e, err := engine.Open(engine.Options{Bundle: o.model})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	pruner, err := pruning.New(e)
	if err != nil {
		return err
	}
	m := &measurer{pruner: pruner, tokenizer: e.Tokenizer, settings: strings.Split(o.settings, ",")}
	var results []setResult
	for i, s := range sets {
		start := time.Now()
		result, err := m.set(ctx, s)
		if err != nil {
			return fmt.Errorf("set %s: %w", s.name, err)
		}
		results = append(results, result)
		fmt.Fprintf(os.Stderr, "%2d/%d %-16s %3d items, %.1f s\n", i+1, len(sets), s.name, len(s.items), time.Since(start).Seconds())
	}
	return write(o, m, results)
}

// chosen returns the sets of a comma-separated list, or all there are.
func chosen(list string) ([]set, error) {
	sets, err := loadSets()
	if err != nil || list == "" {
		return sets, err
	}
	var out []set
	for name := range strings.SplitSeq(list, ",") {
		i := slices.IndexFunc(sets, func(s set) bool { return s.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no set %q in bench/robustness/sets", name)
		}
		out = append(out, sets[i])
	}
	return out, nil
}

func write(o options, m *measurer, results []setResult) error {
	r := report.New("Robustness", report.Command("robustness"))
	r.Text("Model: %s. Presets: %s. The sets were written for this project, each for one weakness, and are small: "+
		"one answer is about five points of a figure.", m.pruner.Model, m.pruner.Presets())
	describe(r, results)
	for i, s := range m.settings {
		perSetting(r, i, s, results)
	}
	languages(r, m.settings, results)
	pages(r, m.settings, results)
	planted(r, m.settings, results)
	faults(r, m.settings, results)
	if err := r.Write(o.out); err != nil {
		return err
	}
	fmt.Print(r)
	return nil
}
