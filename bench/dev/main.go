// Command dev prunes the labelled development sets of the shared data folder
// in its own process and writes how many answers survive, how much goes, and
// how well sentences and documents are ranked to bench/results/dev.md.
//
//	main.go     flags, and the way of a run
//	sample.go   which rows, and their hard negatives
//	bm25.go     the passage nearest to a query
//	measure.go  one row: requests and what came of them
//	metrics.go  AUC and F2
//	tables.go   outcomes to tables
//
// Usage:
//
//	go run ./bench/dev
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/ragprune/ragprune/bench/internal/devset"
	"github.com/ragprune/ragprune/bench/internal/engine"
	"github.com/ragprune/ragprune/bench/internal/pruning"
	"github.com/ragprune/ragprune/bench/internal/report"
	"github.com/ragprune/ragprune/bench/internal/shared"
)

type options struct {
	bundle   string
	rows     int
	chars    int
	sets     string
	settings string
	out      string
	timeout  time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.bundle, "bundle", "models/ragprune-small", "folder of the model bundle")
	flag.IntVar(&o.rows, "n", 150, "positive rows of each set, drawn by a fixed seed")
	flag.IntVar(&o.chars, "chars", 250_000, "characters of positive passages of each set at most, so that sets of long passages do not take all the time")
	flag.StringVar(&o.sets, "sets", "", "comma-separated names of the sets; empty means all")
	flag.StringVar(&o.settings, "settings", "0.05,0.1,0.3,0.5,safe,balanced,aggressive", "thresholds and presets")
	flag.StringVar(&o.out, "out", "bench/results/dev.md", "report to write")
	flag.DurationVar(&o.timeout, "timeout", 30*time.Minute, "time for the whole run")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "dev:", err)
		os.Exit(1)
	}
}

func run(o options) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()

	dir, err := shared.Dir("data", "dev")
	if err != nil {
		return err
	}
	names, err := chosen(dir, o.sets)
	if err != nil {
		return err
	}
	e, err := engine.Open(engine.Options{Bundle: o.bundle})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	pruner, err := pruning.New(e)
	if err != nil {
		return err
	}
	m := &measurer{pruner: pruner, settings: strings.Split(o.settings, ",")}
	var results []setResult
	for _, name := range names {
		rows, err := devset.Read(dir, name)
		if err != nil {
			return err
		}
		start := time.Now()
		result, err := m.set(ctx, name, draw(rows, o.rows, o.chars))
		if err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
		result.seconds = time.Since(start).Seconds()
		results = append(results, result)
		fmt.Fprintf(os.Stderr, "%-14s %4d rows, %4d negatives, AP %.3f, AUC %.3f, %.1f s\n",
			name, len(result.rows), len(result.negatives), result.averagePrecision(), result.auc(), result.seconds)
	}
	return write(o, m, results)
}

// chosen returns the sets of a comma-separated list, or all there are.
func chosen(dir, list string) ([]string, error) {
	names, err := devset.Names(dir)
	if err != nil || list == "" {
		return names, err
	}
	wanted := strings.Split(list, ",")
	for _, name := range wanted {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("no set %q; there are %s", name, strings.Join(names, ", "))
		}
	}
	return wanted, nil
}

func write(o options, m *measurer, results []setResult) error {
	r := report.New("Development sets", report.Command("dev"))
	r.Text("Model: %s. At most %d positive rows of each set and %d characters of passages, drawn by a fixed seed; a hard negative for half of them. "+
		"Presets: %s.", m.pruner.Model, o.rows, o.chars, m.pruner.Presets())
	r.Text("The sets are described by the table of the data folder. The labels of policyqa, subjqa, obliqa, medquad and qmsum_long are known to be " +
		"incomplete or wide, so precision there is low for any model.")
	summary(r, m.settings, results)
	ranking(r, results)
	for i, s := range m.settings {
		perSet(r, i, s, results)
	}
	if err := r.Write(o.out); err != nil {
		return err
	}
	fmt.Print(r)
	return nil
}
