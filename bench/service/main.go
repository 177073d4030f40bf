// Command service measures a service under load: the time of requests with ten
// documents of about 250 tokens, cold and from the cache, with one and many
// callers, its tokens per second against the bare ONNX session on the same
// windows, and its memory. It writes bench/results/service.md.
//
//	main.go     flags, and the way of a run
//	load.go     callers side by side, each sending after its last answer
//	windows.go  the windows that the service makes of a request
//	bare.go     the ONNX session alone on those windows
//	tables.go   samples to tables
//
// Usage, with a binary that `make build` made; it is started for the run:
//
//	go run ./bench/service -serve bin/ragprune
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ragprune/ragprune/bench/internal/engine"
	"github.com/ragprune/ragprune/bench/internal/program"
	"github.com/ragprune/ragprune/bench/internal/remote"
	"github.com/ragprune/ragprune/bench/internal/report"
	"github.com/ragprune/ragprune/bench/internal/texts"
)

type options struct {
	service   remote.Options
	bundle    string
	documents int
	tokens    int
	callers   string
	cold      bounds
	cached    bounds
	rounds    int
	round     int
	out       string
	timeout   time.Duration
}

// bounds end a measurement: whichever comes first.
type bounds struct {
	requests int
	time     time.Duration
}

func parseFlags() options {
	var o options
	flag.StringVar(&o.service.URL, "url", "http://127.0.0.1:8080", "address of a running service")
	flag.IntVar(&o.service.PID, "pid", 0, "process of the service at -url, to read its memory")
	flag.StringVar(&o.service.Binary, "serve", "", "ragprune binary to start for this run, instead of -url and -pid")
	flag.StringVar(&o.bundle, "bundle", "models/ragprune-small", "bundle that the service runs")
	flag.IntVar(&o.documents, "documents", 10, "documents of a request")
	flag.IntVar(&o.tokens, "tokens", 250, "tokens of a document, about")
	flag.StringVar(&o.callers, "callers", "1,8,64", "callers at once, each level measured by itself")
	flag.IntVar(&o.cold.requests, "cold", 192, "cold requests of each level at most")
	flag.DurationVar(&o.cold.time, "cold-time", 30*time.Second, "time of cold requests of each level at most")
	flag.IntVar(&o.cached.requests, "cached", 4000, "requests from the cache of each level at most")
	flag.DurationVar(&o.cached.time, "cached-time", 15*time.Second, "time of requests from the cache of each level at most")
	flag.IntVar(&o.rounds, "rounds", 6, "alternating rounds of the service and the bare session")
	flag.IntVar(&o.round, "round", 8, "requests of such a round")
	flag.StringVar(&o.out, "out", "bench/results/service.md", "report to write")
	flag.DurationVar(&o.timeout, "timeout", 20*time.Minute, "time for the whole run")
	flag.Parse()
	return o
}

func main() {
	o := parseFlags()
	program.Run("service", o.timeout, func(ctx context.Context) error { return run(ctx, o) })
}

func run(ctx context.Context, o options) (err error) {
	levels, err := parseLevels(o.callers)
	if err != nil {
		return err
	}
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

	bench := &bench{
		options: o, engine: e, service: service,
		texts: texts.New(e.Tokenizer.Count, o.documents, o.tokens, uint64(time.Now().UnixNano())),
	}
	result, err := bench.measure(ctx, levels)
	if err != nil {
		return err
	}
	return write(o, bench, result)
}

func parseLevels(list string) ([]int, error) {
	var levels []int
	for field := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil || n <= 0 {
			return nil, fmt.Errorf("callers: %q is not a positive number", field)
		}
		levels = append(levels, n)
	}
	return levels, nil
}

// bench holds what all measurements share.
type bench struct {
	options
	engine  *engine.Engine
	service *remote.Service
	texts   *texts.Maker
}

// results of a run.
type results struct {
	levels  []level
	rounds  []round
	windows []int
	memory  memory
}

// level is what was measured with one number of callers.
type level struct {
	callers      int
	cold, cached load
}

// memory of the service in bytes; zeros if its process is not known.
type memory struct {
	idle, load, after int64
}

func (b *bench) measure(ctx context.Context, levels []int) (results, error) {
	var r results
	var err error
	if r.memory.idle, err = b.resident(); err != nil {
		return r, err
	}
	watching, stop := context.WithCancel(ctx)
	defer stop()
	largest := remote.Watch(watching, b.service.PID, 50*time.Millisecond)
	if r.rounds, r.windows, err = b.compare(ctx); err != nil {
		return r, err
	}
	for _, callers := range levels {
		l, err := b.level(ctx, callers)
		if err != nil {
			return r, fmt.Errorf("%d callers: %w", callers, err)
		}
		r.levels = append(r.levels, l)
	}
	stop()
	r.memory.load = <-largest
	fmt.Fprintln(os.Stderr, "waiting 10 s for the memory after load")
	select {
	case <-ctx.Done():
		return r, ctx.Err()
	case <-time.After(10 * time.Second):
	}
	r.memory.after, err = b.resident()
	return r, err
}

func (b *bench) resident() (int64, error) {
	if b.service.PID == 0 {
		return 0, nil
	}
	return remote.Resident(b.service.PID)
}

func write(o options, b *bench, result results) error {
	r := report.New("Service under load", report.Command("service"))
	r.Text("Requests: %d documents of %s tokens (no markup), a question of %d tokens, answered as text at the preset. Model: %s.",
		o.documents, report.Number(b.texts.MeanTokens(), 0), b.engine.Tokenizer.Count(texts.Query), b.engine.Bundle.ID())
	latency(r, result.levels)
	throughput(r, o, result)
	memoryTable(r, result.memory)
	if err := r.Write(o.out); err != nil {
		return err
	}
	fmt.Print(r)
	return nil
}
