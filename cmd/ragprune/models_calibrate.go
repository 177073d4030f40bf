package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"text/tabwriter"

	"github.com/ragprune/ragprune/bench/eval"
	"github.com/ragprune/ragprune/bench/eval/dataset"
	"github.com/ragprune/ragprune/bench/eval/fit"
	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/rerank"
)

// modelsCalibrateCommand fits a bundle's presets and calibration.
type modelsCalibrateCommand struct {
	folderFlags
	trialFlags
	Bundle string   `arg:"" help:"Folder or name of a bundle that prunes or reranks."`
	Data   []string `arg:"" help:"Files of labelled rows (.jsonl, .jsonl.gz), folders of them, or - for standard input; see ragprune eval --help."`

	Keep      map[string]float64 `help:"Presets to fit, with the share of answers that each is to keep." default:"safe=0.99,balanced=0.98,aggressive=0.92" placeholder:"NAME=SHARE,..." mapsep:","`
	Limit     int                `help:"Rows of each set at most, drawn by the seed; 0: all." default:"0"`
	Negatives int                `help:"Passages of other rows that look most like an answer, for every query." default:"2"`
	Seed      uint64             `help:"Seed of all that is drawn." default:"1"`
	Workers   int                `help:"Queries at once. 0: the number of cores." env:"RAGPRUNE_WORKERS" default:"0"`
	DryRun    bool               `help:"Tell what would be written, and write nothing."`
	Progress  string             `help:"Show progress: ${enum}." enum:"auto,always,never" default:"auto"`
}

// calibrateFolds is the number of parts that a fit is checked in.
const calibrateFolds = 5

// Run fits, tells what it is worth, and writes the manifest.
func (c modelsCalibrateCommand) Run(ctx context.Context, std streams) error {
	b, err := c.bundle()
	if err != nil {
		return oneLine(err)
	}
	data, plan, err := c.plan(std)
	if err != nil {
		return err
	}
	passages, err := c.score(ctx, b, plan, std)
	if err != nil {
		return oneLine(err)
	}
	o := fit.Options{Aims: c.Keep, Rescale: b.Kind == models.KindReranker}
	result, err := fit.Fit(passages, o)
	if err != nil {
		return &settingError{"data", err}
	}
	result.Calibration = rerank.Calibration{Scale: fourDigits(result.Calibration.Scale), Bias: fourDigits(result.Calibration.Bias)}
	if err := writeFit(std.out, b, plan, passages, result, o); err != nil {
		return err
	}
	if !c.DryRun {
		if err := b.WriteFit(fitted(b, result), models.Calibration(result.Calibration)); err != nil {
			return oneLine(err)
		}
		fmt.Fprintf(std.out, "written to %s; a running service has it after a SIGHUP\n", filepath.Join(b.Dir, models.ManifestFile))
	}
	return leftOut(len(data.Problems), 0)
}

// bundle is one whose fit is for this command.
func (c modelsCalibrateCommand) bundle() (*models.Bundle, error) {
	b, err := c.open(c.Bundle)
	if err != nil {
		return nil, err
	}
	if b.Kind == models.KindEmbedder {
		return nil, fmt.Errorf("%s is a bundle of kind embedder, which models/export/fuse.py fits", b.Dir)
	}
	return b, wantKind(b, pruningKinds()...)
}

// plan reads the data and draws from it.
func (c modelsCalibrateCommand) plan(std streams) (*dataset.Data, *eval.Plan, error) {
	data, err := (&evalCommand{Paths: c.Data}).read(std)
	if err != nil {
		return nil, nil, &settingError{"data", err}
	}
	for _, p := range data.Problems {
		fmt.Fprintln(std.err, p)
	}
	plan, err := eval.NewPlan(data, eval.PlanOptions{Limit: c.Limit, Negatives: c.Negatives, Seed: c.Seed})
	if err != nil {
		return nil, nil, &settingError{"data", errors.Join(err, leftOut(len(data.Problems), 0))}
	}
	return data, plan, nil
}

// score reads the passages of the plan with the bundle. The scores of a reranker
// are taken as they are without its calibration.
func (c modelsCalibrateCommand) score(ctx context.Context, b *models.Bundle, plan *eval.Plan, std streams) (out []fit.Passage, err error) {
	raw := *b
	if raw.Kind == models.KindReranker {
		raw.Calibration = models.Calibration{Scale: 1}
	}
	l, err := loadBundle(&raw, pruningKinds()...)
	if err != nil {
		return nil, err
	}
	e, err := c.engine(c.Workers)
	m := &pruningModel{loaded: l}
	defer func() { err = errors.Join(err, m.close(), e.close()) }()
	if err != nil {
		return nil, err
	}
	if err := m.start(ctx, e, nil); err != nil {
		return nil, err
	}
	workers := c.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	bar := newBar(c.Progress, "scoring", plan.Passages(), std.err)
	var mu sync.Mutex
	out, err = fit.Score(ctx, plan, m.labeler, fit.ScoreOptions{Workers: workers, Progress: func(n int) {
		mu.Lock()
		defer mu.Unlock()
		_ = bar.Add(n) // a bar that cannot be drawn is no reason to stop
	}})
	_ = bar.Finish()
	return out, err
}

// fitted are the thresholds of b with those of r. What r lacks stays, unless
// scores mean something else now.
func fitted(b *models.Bundle, r *fit.Result) models.Thresholds {
	t := models.Thresholds{Default: b.Thresholds.Default, Presets: make(map[string]float64)}
	if b.Kind != models.KindReranker {
		maps.Copy(t.Presets, b.Thresholds.Presets)
	}
	maps.Copy(t.Presets, r.Presets)
	if _, ok := t.Presets[t.Default]; !ok {
		t.Default = slices.Sorted(maps.Keys(t.Presets))[0]
		if _, ok := t.Presets["balanced"]; ok {
			t.Default = "balanced"
		}
	}
	return t
}

// writeFit tells what was fitted, and what it is worth.
func writeFit(out io.Writer, b *models.Bundle, plan *eval.Plan, passages []fit.Passage, r *fit.Result, o fit.Options) error {
	before := &fit.Result{Presets: b.Thresholds.Presets, Calibration: rerank.Calibration(b.Calibration)}
	was, now, unseen := before.Check(passages, o), r.Check(passages, o), fit.CrossCheck(passages, o, calibrateFolds)
	positives := 0
	for _, p := range passages {
		if p.Positive {
			positives++
		}
	}
	fmt.Fprintf(out, "%s on %d sets: %d passages that help, %d that do not\n", b.ID(), len(plan.Sets), positives, len(passages)-positives)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PRESET\tTHRESHOLD\tANSWERS KEPT\tTEXT REMOVED\tBEFORE\tKEPT\tREMOVED\tUNSEEN KEPT\tREMOVED")
	names := slices.SortedFunc(maps.Keys(r.Presets), func(a, b string) int { return cmp.Or(cmp.Compare(o.Aims[b], o.Aims[a]), cmp.Compare(a, b)) })
	for _, name := range names {
		fmt.Fprintf(w, "%s\t%v\t%s\t%s\t", name, r.Presets[name], percent(now.Kept[name]), percent(now.Removed[name]))
		if t, ok := before.Presets[name]; ok {
			fmt.Fprintf(w, "%v\t%s\t%s\t", t, percent(was.Kept[name]), percent(was.Removed[name]))
		} else {
			fmt.Fprint(w, "-\t-\t-\t")
		}
		fmt.Fprintf(w, "%s\t%s\n", percent(unseen.Kept[name]), percent(unseen.Removed[name]))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "calibration: scale %v, bias %v (before %v, %v); error %.3f, before %.3f, unseen %.3f\n",
		r.Calibration.Scale, r.Calibration.Bias, b.Calibration.Scale, b.Calibration.Bias, now.Error, was.Error, unseen.Error)
	_, err := fmt.Fprintf(out, "unseen: each of %d parts of the queries with what is fitted on the others\n", calibrateFolds)
	return err
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

// fourDigits rounds to what a manifest has.
func fourDigits(x float64) float64 { return math.Round(x*1e4) / 1e4 }
