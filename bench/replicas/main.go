// Command replicas measures what more processes of the service bring: the
// requests and tokens per second of one, two and three of them, each on one core
// from its first thread on, behind callers that go round them in turn. Nothing
// is cached, so every request is computed. It writes bench/results/replicas.md
// and ends with an error when a request failed. Linux only.
//
//	main.go         flags, and the way of a run
//	group.go        the processes, each on its core
//	cores_linux.go  cores of a process and of its threads, time on them
//	cores_other.go  other systems: an error
//	load.go         callers, and what of their requests lies in a time
//	report.go       runs to a page
//
// Usage, with a binary that `make build` made; it is started for the run:
//
//	go run ./bench/replicas -serve bin/ragprune
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/ragprune/ragprune/bench/internal/program"
	"github.com/ragprune/ragprune/bench/internal/report"
	"github.com/ragprune/ragprune/bench/internal/texts"
	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/tokenizer"
)

type options struct {
	binary    string
	bundle    string
	documents int
	tokens    int
	processes int
	callers   int
	time      time.Duration
	warmup    time.Duration
	rounds    int
	out       string
	timeout   time.Duration
}

func parseFlags() options {
	var o options
	flag.StringVar(&o.binary, "serve", "bin/ragprune", "ragprune binary to start for this run")
	flag.StringVar(&o.bundle, "bundle", "models/ragprune-small", "bundle that the processes run")
	flag.IntVar(&o.documents, "documents", 10, "documents of a request")
	flag.IntVar(&o.tokens, "tokens", 250, "tokens of a document, about")
	flag.IntVar(&o.processes, "processes", 3, "processes at most; every number from one on is measured")
	flag.IntVar(&o.callers, "callers", 2, "callers for each process")
	flag.DurationVar(&o.time, "time", 20*time.Second, "time that is measured in each run")
	flag.DurationVar(&o.warmup, "warmup", 4*time.Second, "time under load before it")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds; each measures every number of processes once")
	flag.StringVar(&o.out, "out", "bench/results/replicas.md", "report to write")
	flag.DurationVar(&o.timeout, "timeout", 30*time.Minute, "time for the whole run")
	flag.Parse()
	return o
}

func main() {
	o := parseFlags()
	program.Run("replicas", o.timeout, func(ctx context.Context) error { return run(ctx, o) })
}

func run(ctx context.Context, o options) error {
	if min(o.processes, o.callers, o.rounds) < 1 || o.time <= 0 || o.warmup < 0 {
		return errors.New("processes, callers, rounds and time must be positive, the warm-up not negative")
	}
	cores, err := ownCores()
	if err != nil {
		return err
	}
	// The page begins now: the commit may be another one when the run ends.
	page := report.New("Several processes", report.Command("replicas"))
	maker, bundle, err := newTexts(o)
	if err != nil {
		return err
	}
	runs, err := measure(ctx, o, maker, cores)
	if err != nil {
		return err
	}
	fill(page, o, setting{bundle.ID(), maker.MeanTokens(), cores}, runs)
	if err := page.Write(o.out); err != nil {
		return err
	}
	fmt.Print(page)
	return failures(runs)
}

func newTexts(o options) (*texts.Maker, *models.Bundle, error) {
	bundle, err := models.Open(o.bundle)
	if err != nil {
		return nil, nil, err
	}
	t, err := tokenizer.Load(bundle.TokenizerPath())
	if err != nil {
		return nil, nil, err
	}
	return texts.New(t.Count, o.documents, o.tokens, uint64(time.Now().UnixNano())), bundle, nil
}

// measure returns the runs of each number of processes, a round after the other.
func measure(ctx context.Context, o options, maker *texts.Maker, cores []int) ([][]result, error) {
	runs := make([][]result, o.processes)
	for round := range o.rounds {
		for _, n := range order(round, o.processes) {
			r, err := measureOne(ctx, o, maker, cores, n)
			if err != nil {
				return nil, fmt.Errorf("round %d, %d processes: %w", round+1, n, err)
			}
			runs[n-1] = append(runs[n-1], r)
			fmt.Fprintf(os.Stderr, "round %d, %d processes: %.2f requests/s, %.0f tokens/s, %d failed\n",
				round+1, n, r.requests, r.tokens, r.failed)
		}
	}
	return runs, nil
}

// order is the numbers of processes in a round: up, then down, so that a machine
// that becomes slower or faster favours none.
func order(round, processes int) []int {
	var out []int
	for n := range processes {
		out = append(out, n+1)
	}
	if round%2 == 1 {
		slices.Reverse(out)
	}
	return out
}

// measureOne starts so many processes, drives them and stops them. Their threads
// are looked at again after the load, which may have made new ones.
func measureOne(ctx context.Context, o options, maker *texts.Maker, cores []int, n int) (r result, err error) {
	g, err := openGroup(ctx, o, cores, n)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, g.close()) }()
	if r, err = drive(ctx, o, maker, g); err != nil {
		return r, err
	}
	return r, g.check()
}
