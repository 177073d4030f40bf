// Command faults breaks Redis in one way after another under a stream of real
// requests, with real servers, and writes what the requests felt of it to
// bench/results/faults.md.
//
//	main.go   flags, and the way of a run
//	tables.go rows to a page
//
// Usage; redis-server must be installed, and -h lists the flags:
//
//	go run ./bench/faults
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/ragprune/ragprune/bench/internal/engine"
	"github.com/ragprune/ragprune/bench/internal/program"
	"github.com/ragprune/ragprune/bench/internal/report"
	"github.com/ragprune/ragprune/cache/redis"
	"github.com/ragprune/ragprune/cache/redis/faults"
	"github.com/ragprune/ragprune/cache/redis/redistest"
	"github.com/ragprune/ragprune/prune"
	"github.com/ragprune/ragprune/rerank"
)

type options struct {
	bundle, embedder, only, out string
	during                      time.Duration
	requests, callers           int
}

func main() {
	var o options
	flag.StringVar(&o.bundle, "bundle", "models/ragprune-small", "folder of the pruner")
	flag.StringVar(&o.embedder, "embedder", "models/ragprune-embed", "folder of the embedder")
	flag.StringVar(&o.only, "only", "", "regular expression: only faults whose name matches")
	flag.DurationVar(&o.during, "during", 10*time.Second, "time that each fault lasts")
	flag.IntVar(&o.requests, "requests", 48, "different requests")
	flag.IntVar(&o.callers, "callers", 2, "callers at once")
	flag.StringVar(&o.out, "out", "bench/results/faults.md", "report to write")
	flag.Parse()
	program.Run("faults", 0, func(ctx context.Context) error { return run(ctx, o) })
}

func run(ctx context.Context, o options) (err error) {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	if err := redistest.Available(); err != nil {
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
	pruner, err := prunerOptions(e, embedder)
	if err != nil {
		return err
	}
	runner, err := faults.New(ctx, faults.Options{Pruner: pruner, Requests: o.requests, Callers: o.callers, During: o.during})
	if err != nil {
		return err
	}
	rows, failed := measure(ctx, runner, only)
	page := report.New("Requests while Redis fails", report.Command("faults"))
	page.Text("%s with %s, %d callers, each fault for %v or until another node has taken over; time-out of a lookup %v. Load of the machine at the end: %s.",
		e.Bundle.ID(), embedder.Bundle.ID(), o.callers, o.during, redis.DefaultTimeout, load())
	tables(page, rows, failed)
	if err := page.Write(o.out); err != nil {
		return err
	}
	fmt.Print(page)
	return errors.Join(failed...)
}

// load is the mean number of programs that wanted a processor in the last 15
// minutes: above the number of processors, times are those of waiting for one.
func load() string {
	data, err := os.ReadFile("/proc/loadavg")
	if fields := strings.Fields(string(data)); err == nil && len(fields) > 2 {
		return fields[2]
	}
	return "unknown"
}

func prunerOptions(e *engine.Engine, embedder *engine.Embedder) (prune.Options, error) {
	embedding, err := embedder.Embedding(e)
	if err != nil {
		return prune.Options{}, err
	}
	return prune.Options{
		Labeler: e.Labeler, Counter: e.Tokenizer, Model: e.Bundle.ID(), ModelDigest: e.Bundle.Digest(),
		Embedder: embedder, Embedding: embedding,
		Presets: e.Bundle.Thresholds.Presets, DefaultPreset: e.Bundle.Thresholds.Default,
		Calibration: rerank.Calibration(e.Bundle.Calibration),
	}, nil
}

// measure runs the scenarios one after another; one that cannot be run does not
// keep the others from it.
func measure(ctx context.Context, runner *faults.Runner, only *regexp.Regexp) (rows []faults.Row, failed []error) {
	for _, scenario := range faults.Scenarios() {
		if !only.MatchString(scenario.Name) || ctx.Err() != nil {
			continue
		}
		row, err := runner.Run(ctx, scenario)
		if err != nil {
			failed = append(failed, err)
			fmt.Fprintln(os.Stderr, err)
			continue
		}
		fmt.Fprintf(os.Stderr, "%-45s %5d requests, %d failed, %d wrong, waited p99 %v, recovery %v\n",
			row.Fault, row.Requests, row.Failed, row.Wrong, row.Waited.P99.Round(time.Millisecond), row.Recovery.Round(time.Millisecond))
		rows = append(rows, row)
	}
	return rows, append(failed, ctx.Err())
}
