// Command overload measures a service that is asked for more than it can do.
// It finds the capacity with callers that each wait for their last answer, then
// sends new documents at fixed rates around it, whether answers come or not,
// and writes bench/results/overload.md.
//
//	main.go    flags, and the way of a run
//	attack.go  requests at a fixed rate, and what came of them
//	report.go  the page
//
// Usage, with a binary that `make build` made; it is started for the run:
//
//	go run ./bench/overload -serve bin/ragprune
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/ragprune/ragprune/bench/internal/engine"
	"github.com/ragprune/ragprune/bench/internal/program"
	"github.com/ragprune/ragprune/bench/internal/remote"
	"github.com/ragprune/ragprune/bench/internal/texts"
)

type options struct {
	service   remote.Options
	bundle    string
	documents int
	tokens    int
	callers   int
	time      time.Duration
	out       string
	timeout   time.Duration
}

func parseFlags() options {
	var o options
	flag.StringVar(&o.service.URL, "url", "http://127.0.0.1:8080", "address of a running service")
	flag.IntVar(&o.service.PID, "pid", 0, "process of the service at -url, to read its memory")
	flag.StringVar(&o.service.Binary, "serve", "", "ragprune binary to start for this run, instead of -url and -pid")
	flag.StringVar(&o.bundle, "bundle", "models/ragprune-small", "bundle that the service runs, to count tokens")
	flag.IntVar(&o.documents, "documents", 2, "documents of a request")
	flag.IntVar(&o.tokens, "tokens", 250, "tokens of a document, about")
	flag.IntVar(&o.callers, "callers", 8, "callers at once that find the capacity")
	flag.DurationVar(&o.time, "time", 30*time.Second, "time of each level")
	flag.StringVar(&o.out, "out", "bench/results/overload.md", "report to write")
	flag.DurationVar(&o.timeout, "timeout", 20*time.Minute, "time for the whole run")
	flag.Parse()
	return o
}

func main() {
	o := parseFlags()
	program.Run("overload", o.timeout, func(ctx context.Context) error { return run(ctx, o) })
}

// factors are the rates, in parts of the capacity.
func factors() []float64 { return []float64{0.5, 1, 2, 5} }

func run(ctx context.Context, o options) (err error) {
	e, err := engine.Open(engine.Options{Bundle: o.bundle})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	service, err := remote.Open(ctx, o.service)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, service.Close()) }()

	b := &bench{options: o, service: service, texts: texts.New(e.Tokenizer.Count, o.documents, o.tokens, uint64(time.Now().UnixNano()))}
	capacity, err := b.capacity(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "capacity %.1f requests/s\n", capacity)
	levels := make([]level, 0, len(factors()))
	for _, f := range factors() {
		l, err := b.attack(ctx, f, capacity)
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%g times: %d sent, %d answered in full, %d refused\n", f, l.sent, l.full, l.refused)
		levels = append(levels, l)
	}
	return b.write(capacity, levels)
}
