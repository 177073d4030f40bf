package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/schollz/progressbar/v3"

	"github.com/ragprune/ragprune/bench/eval"
	"github.com/ragprune/ragprune/bench/eval/dataset"
	"github.com/ragprune/ragprune/bench/eval/plots"
)

// evalCommand measures models and baselines on labelled data.
type evalCommand struct {
	Paths []string `arg:"" name:"data" help:"Files of labelled rows (.jsonl, .jsonl.gz), folders of them, or - for standard input; with --compare, JSON files of earlier runs."`

	Model    []string `help:"Model bundle, as DIR or NAME=DIR; may be repeated. Default: the default bundle." env:"RAGPRUNE_MODEL" group:"model" placeholder:"DIR" sep:"none"`
	Embedder []string `help:"Embedder bundle for a bi-encoder baseline, and for fused where it was fitted to a model, as DIR or NAME=DIR; may be repeated. auto: the default embedder, if it is there; none: without." env:"RAGPRUNE_EMBEDDER" group:"model" placeholder:"DIR" default:"auto" sep:"none"`
	providerSettings
	ORTLibrary string   `name:"ort-library" help:"ONNX Runtime shared library. Default: the one that 'make setup' brings." env:"RAGPRUNE_ORT_LIBRARY" group:"model" placeholder:"FILE"`
	Scores     []string `help:"Scores that another program wrote for --pairs, as FILE or NAME=FILE; may be repeated." placeholder:"FILE" group:"model" sep:"none"`
	Systems    []string `help:"What to measure, of label, embed, fused, scores, all, first, bm25 and random. Default: all of them." placeholder:"NAME,..." group:"model"`

	Limit      int       `help:"Positive rows of each set at most, drawn by the seed; 0: all." default:"0" group:"data"`
	Characters int       `help:"Draw no more rows of a set once their passages have so many characters; 0: no bound." default:"0" group:"data"`
	Negatives  int       `help:"Hard negatives for each query; 0: only those that the data labels." default:"4" group:"data"`
	Ranked     int       `help:"Queries of each set that get hard negatives, which take most of the time; 0: all." default:"0" group:"data"`
	Thresholds []float64 `help:"Thresholds to measure at, beside the presets." default:"0.05,0.1,0.3,0.5" group:"data"`
	Resamples  int       `help:"Bootstrap samples for the intervals." default:"1000" group:"data"`
	Seed       uint64    `help:"Seed of all that is drawn." default:"1" group:"data"`
	Workers    int       `help:"Requests at once. 0: the number of cores." env:"RAGPRUNE_WORKERS" default:"0" group:"data"`

	Compare  bool   `help:"Put earlier runs side by side: the arguments are files that --json wrote." group:"output"`
	Pairs    string `help:"Write what is to be scored, for another program, and stop." placeholder:"FILE" group:"output"`
	JSON     string `help:"Write everything as JSON, for --compare and for programs." placeholder:"FILE" group:"output"`
	Markdown string `help:"Write a page with all tables." placeholder:"FILE" group:"output"`
	Title    string `help:"Title of that page." default:"Quality" group:"output"`
	Plots    string `help:"Write PNG pictures into a folder." placeholder:"DIR" group:"output"`
	Progress string `help:"Show progress: ${enum}." enum:"auto,always,never" default:"auto" group:"output"`
}

// Help teaches by example.
func (evalCommand) Help() string {
	return `A row is a line of JSON: a query, a passage, and which of its sentences help.

  {"id": 1, "query": "who built it?", "text": "It was old. Ana built it.", "answer": "Ana"}

Only id, query, text (or html) and either answer or relevant are needed:
  relevant   numbers of sentences, or ranges [start, end) of the text
  sentences  ranges [start, end) in code points; without them the text is cut as ragprune cuts it
  answer     a string or several; title, dataset, positive (false: a passage that does not help)

Examples:
  ragprune eval data.jsonl                                     # the default model against the baselines
  ragprune eval dev/ --limit 150 --json a.json --markdown a.md --plots plots/
  ragprune eval dev/ --model models/ragprune-small --model old=../old-bundle
  ragprune eval dev/ --systems label,bm25 --thresholds 0.02,0.05,0.1
  ragprune eval --compare a.json b.json --markdown both.md     # earlier runs side by side

Another program's scores, here one that reads lines and adds "scores" and "score":
  ragprune eval dev/ --limit 150 --pairs pairs.jsonl
  my-scorer < pairs.jsonl > scored.jsonl
  ragprune eval dev/ --limit 150 --scores llmlingua=scored.jsonl

Lines that cannot be used are named, and the rest is measured. The exit status
is 0 if all is well, 1 if lines or scores were left out, 2 if a file cannot be
read or the command line makes no sense.`
}

// Run measures, or compares what was measured.
func (c *evalCommand) Run(ctx context.Context, std streams) error {
	if c.Compare {
		return c.compare(std)
	}
	data, err := c.read(std)
	if err != nil {
		return &settingError{"data", err}
	}
	for _, p := range data.Problems {
		fmt.Fprintln(std.err, p)
	}
	plan, err := eval.NewPlan(data, eval.PlanOptions{
		Limit: c.Limit, Characters: c.Characters, Negatives: c.Negatives, Ranked: c.Ranked, Seed: c.Seed,
	})
	if err != nil {
		return errors.Join(err, leftOut(len(data.Problems), 0))
	}
	for _, name := range plan.Skipped {
		fmt.Fprintf(std.err, "set %s has no positive row; it is left out\n", name)
	}
	if c.Pairs != "" {
		return errors.Join(c.writePairs(plan, std.out), leftOut(len(data.Problems), 0))
	}
	return c.measure(ctx, std, data, plan)
}

func (c *evalCommand) read(std streams) (*dataset.Data, error) {
	if len(c.Paths) == 1 && c.Paths[0] == "-" {
		return dataset.ReadStream("stdin", std.in)
	}
	return dataset.Read(c.Paths...)
}

// leftOut is the error about what was not measured; nil if there was nothing.
func leftOut(lines, scores int) error {
	var errs []error
	if lines > 0 {
		errs = append(errs, fmt.Errorf("%d problems in the data are listed above; those lines were left out", lines))
	}
	if scores > 0 {
		errs = append(errs, fmt.Errorf("%d problems in the scores are listed above; those rows were left out of their system", scores))
	}
	return errors.Join(errs...)
}

func (c *evalCommand) measure(ctx context.Context, std streams, data *dataset.Data, plan *eval.Plan) (err error) {
	e := &evalSystems{command: c}
	defer func() { err = errors.Join(err, e.models.close()) }()
	if err := e.open(plan); err != nil {
		return err
	}
	for _, p := range e.problems {
		fmt.Fprintln(std.err, p)
	}
	stamp := eval.Stamp(version, commandLine())
	stamp.Problems = len(data.Problems)
	bar := newBar(c.Progress, "scoring", plan.Passages()*len(e.systems), std.err)
	var mu sync.Mutex
	report, err := eval.Run(ctx, plan, e.systems, eval.Options{
		Thresholds: c.Thresholds, Resamples: c.Resamples, Seed: c.Seed, Workers: c.Workers, Counter: e.models.counter,
		Stamp: stamp,
		Progress: func(passages int) {
			mu.Lock()
			defer mu.Unlock()
			_ = bar.Add(passages) // a bar that cannot be drawn is no reason to stop
		},
	})
	if err != nil {
		return err
	}
	_ = bar.Finish()
	if err := c.write(report, std.out); err != nil {
		return err
	}
	return leftOut(len(data.Problems), len(e.problems))
}

// commandLine is what was typed, quoted where a shell needs it.
func commandLine() string {
	parts := []string{"ragprune"}
	for _, a := range os.Args[1:] {
		if a == "" || strings.ContainsAny(a, " \t\n'\"$&|;<>()*?`\\") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		parts = append(parts, a)
	}
	return strings.Join(parts, " ")
}

func (c *evalCommand) compare(std streams) error {
	var reports []*eval.Report
	var names []string
	for _, path := range c.Paths {
		r, err := eval.ReadReport(path)
		if err != nil {
			return &settingError{"--compare", err}
		}
		reports = append(reports, r)
		names = append(names, strings.TrimSuffix(filepath.Base(path), ".json"))
	}
	merged, err := eval.Merge(reports, names)
	if err != nil {
		return &settingError{"--compare", err}
	}
	return c.write(merged, std.out)
}

// write makes the files that were asked for, and prints the means.
func (c *evalCommand) write(r *eval.Report, out io.Writer) error {
	page := eval.PageOptions{Title: c.Title}
	if c.Plots != "" {
		pictures, err := plots.Write(r, c.Plots)
		if err != nil {
			return err
		}
		page.Pictures = relativeTo(pictures, filepath.Dir(c.Markdown))
	}
	if c.Markdown != "" {
		if err := writeFile(c.Markdown, func(w io.Writer) error { _, err := io.WriteString(w, r.Markdown(page)); return err }); err != nil {
			return err
		}
	}
	if c.JSON != "" {
		if err := writeFile(c.JSON, r.WriteJSON); err != nil {
			return err
		}
	}
	return r.WriteText(out)
}

// relativeTo names pictures as a page in dir does.
func relativeTo(pictures []eval.Picture, dir string) []eval.Picture {
	for i, p := range pictures {
		if path, err := filepath.Rel(dir, p.Path); err == nil {
			pictures[i].Path = filepath.ToSlash(path)
		}
	}
	return pictures
}

func (c *evalCommand) writePairs(p *eval.Plan, out io.Writer) error {
	if c.Pairs == "-" {
		return p.WritePairs(out)
	}
	return writeFile(c.Pairs, p.WritePairs)
}

// writeFile makes the folder of path, too.
func writeFile(path string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // reports are for everybody
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// newBar counts to n on w, if mode says so or w is a terminal.
func newBar(mode, what string, n int, w io.Writer) *progressbar.ProgressBar {
	return progressbar.NewOptions(n,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetVisibility(mode == "always" || mode == "auto" && isTerminal(w)),
		progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(),
		progressbar.OptionClearOnFinish(),
	)
}
