// Command pages asks a running service four questions about each of the real
// pages of the shared data folder, three that the page answers and one that it
// does not, and writes what survived to bench/results/pages.md.
//
//	main.go       flags, and the way of a run
//	questions.go  the settings that questions are asked with
//	run.go        one page: requests and outcomes
//	tables.go     outcomes to tables
//
// Usage, with the service on its default address:
//
//	go run ./bench/pages
//
// With -boilerplate it compares what may become of navigation and the like.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ragprune/ragprune/bench/internal/program"
	"github.com/ragprune/ragprune/bench/internal/remote"
	"github.com/ragprune/ragprune/bench/internal/report"
	"github.com/ragprune/ragprune/bench/internal/shared"
	"github.com/ragprune/ragprune/bench/internal/webpage"
)

type options struct {
	service  remote.Options
	settings string
	// boilerplate lists the ways to ask for, each with all settings.
	boilerplate string
	pages       string
	out         string
	timeout     time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.service.URL, "url", "http://127.0.0.1:8080", "address of a running service")
	flag.StringVar(&o.service.Binary, "serve", "", "ragprune binary to start for this run, instead of -url")
	flag.StringVar(&o.settings, "settings", "safe,balanced,aggressive,0.1,balanced/1024",
		"presets or thresholds, each with an optional token budget after a slash; the first is asked with a cold cache")
	flag.StringVar(&o.boilerplate, "boilerplate", "",
		"comma-separated list of demote, keep and drop: compare these with every setting, and write a short report")
	flag.StringVar(&o.pages, "pages", "", "comma-separated names of pages; empty means all")
	flag.StringVar(&o.out, "out", "bench/results/pages.md", "report to write")
	flag.DurationVar(&o.timeout, "timeout", 15*time.Minute, "time for the whole run")
	flag.Parse()
	program.Run("pages", o.timeout, func(ctx context.Context) error { return run(ctx, o) })
}

func run(ctx context.Context, o options) (err error) {
	settings, err := parseSettings(o.settings)
	if err != nil {
		return err
	}
	settings = withBoilerplate(settings, o.boilerplate)
	pages, err := webpage.Load(o.pages)
	if err != nil {
		return err
	}
	folder, err := shared.Dir("data", "pages")
	if err != nil {
		return err
	}
	service, err := remote.Open(ctx, o.service)
	if err != nil {
		return err
	}
	defer func() {
		if e := service.Close(); err == nil {
			err = e
		}
	}()
	asker := &asker{client: remote.NewClient(service.URL, 1, 2*time.Minute), settings: settings}
	var results []pageResult
	for i, p := range pages {
		source, err := os.ReadFile(filepath.Join(folder, p.Name+".html"))
		if err != nil {
			return err
		}
		result, err := asker.ask(ctx, p, string(source))
		if err != nil {
			return fmt.Errorf("page %s: %w", p.Name, err)
		}
		results = append(results, result)
		fmt.Fprintf(os.Stderr, "%2d/%d %-30s %s\n", i+1, len(pages), p.Name, result.progress(settings[0]))
	}
	return write(o, asker, results)
}

func write(o options, a *asker, results []pageResult) error {
	r := report.New("Questions on real pages", report.Command("pages"))
	names := make([]string, len(a.settings))
	for i, s := range a.settings {
		names[i] = s.name
	}
	r.Text("%d pages, each with three questions that its text answers and one that it does not (`bench/internal/webpage/questions.jsonl`). "+
		"Settings: %s; the number after a slash is `max_tokens`. Model: %s.", len(results), strings.Join(names, ", "), a.model)
	totals(r, a.settings, results)
	if o.boilerplate == "" {
		perPage(r, a.settings, results)
	}
	missed(r, a.settings, results)
	if err := r.Write(o.out); err != nil {
		return err
	}
	fmt.Print(r)
	return nil
}
