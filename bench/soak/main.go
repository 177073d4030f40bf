// Command soak lets a service answer mixed traffic for half an hour and finds
// what grows: memory, goroutines, descriptors, threads. After a warm-up a line is
// fitted through the samples of each; it ends with an error when one rises
// faster than it may, or when an answer is not the one expected. It writes
// bench/results/soak.md.
//
//	main.go     flags, and the way of a run
//	traffic.go  the kinds of requests, at a steady pace
//	bodies.go   what the requests say
//	sample.go   what a process holds at a time
//	report.go   slopes, bounds and the page
//
// Usage, with a binary that `make build` made; it is started for the run:
//
//	go run ./bench/soak -serve bin/ragprune
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/ragprune/ragprune/bench/internal/program"
	"github.com/ragprune/ragprune/bench/internal/remote"
	"github.com/ragprune/ragprune/bench/internal/report"
)

type options struct {
	service remote.Options
	time    time.Duration
	warmup  time.Duration
	every   time.Duration
	rate    float64
	callers int
	seed    uint64
	out     string
}

func parseFlags() options {
	var o options
	flag.StringVar(&o.service.Binary, "serve", "bin/ragprune", "ragprune binary to start for this run")
	flag.DurationVar(&o.time, "time", 30*time.Minute, "time of the run, the warm-up included")
	flag.DurationVar(&o.warmup, "warmup", 6*time.Minute, "time at the start that bounds do not look at")
	flag.DurationVar(&o.every, "every", 5*time.Second, "time between samples")
	flag.Float64Var(&o.rate, "rate", 2, "requests a second")
	flag.IntVar(&o.callers, "callers", 4, "requests at once at most; those beyond are left out")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the traffic")
	flag.StringVar(&o.out, "out", "bench/results/soak.md", "report to write")
	flag.Parse()
	o.service.Operator = true
	// A warning for each caller who leaves would hide the progress.
	o.service.Settings = []string{"RAGPRUNE_LOG_LEVEL=error"}
	return o
}

func main() {
	o := parseFlags()
	program.Run("soak", o.time+2*time.Minute, func(ctx context.Context) error { return run(ctx, o) })
}

func run(ctx context.Context, o options) (err error) {
	if o.warmup >= o.time || o.rate <= 0 || o.callers < 1 {
		return errors.New("the time must exceed the warm-up, the rate and the callers be positive")
	}
	// The page begins now: the commit may be another one when the run ends.
	page := report.New("Soak", report.Command("soak"))
	service, err := remote.Open(ctx, o.service)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, service.Close()) }()
	t := newTraffic(o, service.URL)
	sent := make(chan error, 1)
	go func() { sent <- t.send(ctx) }()
	samples, err := watch(ctx, o, service, t)
	if err := errors.Join(err, <-sent); err != nil {
		return err
	}
	done, skipped := t.counts()
	return finish(o, page, samples, done, skipped)
}

// watch takes samples until the time is over, and says every minute how it goes.
func watch(ctx context.Context, o options, service *remote.Service, t *traffic) ([]sample, error) {
	ticker := time.NewTicker(o.every)
	defer ticker.Stop()
	start, said := time.Now(), time.Duration(0)
	var samples []sample
	for {
		select {
		case <-ctx.Done():
			return samples, ctx.Err()
		case <-ticker.C:
		}
		at := time.Since(start)
		if at > o.time {
			return samples, nil
		}
		s, err := take(ctx, service)
		if err != nil {
			return samples, err
		}
		s.at = at
		samples = append(samples, s)
		if at-said >= time.Minute {
			said = at
			fmt.Fprintf(os.Stderr, "%v: %s; %s\n", at.Round(time.Second), s, t.progress())
		}
	}
}
