// Command parity compares what Go makes of pairs of queries and passages with
// what PyTorch made of them in fp32: token ids, keep decisions, sentence
// probabilities and document scores, for the bundle's graph and for others. It
// writes bench/results/parity.md.
//
//	main.go       flags, and the way of a run
//	reference.go  the file that models/export/reference.py wrote
//	compare.go    one pair through Go
//	metrics.go    differences and rank correlation
//	tables.go     comparisons to tables
//
// Usage:
//
//	python3 models/export/reference.py --weights WEIGHTS --bundle models/ragprune-small --out reference.jsonl.gz
//	go run ./bench/parity -reference reference.jsonl.gz -fp32 fp32/model.onnx
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/ragprune/ragprune/bench/internal/engine"
	"github.com/ragprune/ragprune/bench/internal/program"
	"github.com/ragprune/ragprune/bench/internal/report"
	"github.com/ragprune/ragprune/labeler"
)

type options struct {
	bundle    string
	reference string
	fp32      string
	pairs     int
	out       string
	timeout   time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.bundle, "bundle", "models/ragprune-small", "folder of the model bundle")
	flag.StringVar(&o.reference, "reference", "", "file of models/export/reference.py (.jsonl.gz); mandatory")
	flag.StringVar(&o.fp32, "fp32", "", "fp32 form of the bundle's graph to compare as well (export_pruner.py --precision fp32); empty means none")
	flag.IntVar(&o.pairs, "pairs", 0, "pairs to read; 0 means all. The sets take turns in the file, so a part is a fair sample")
	flag.StringVar(&o.out, "out", "bench/results/parity.md", "report to write")
	flag.DurationVar(&o.timeout, "timeout", 30*time.Minute, "time for the whole run")
	flag.Parse()
	program.Run("parity", o.timeout, func(ctx context.Context) error { return run(ctx, o) })
}

func run(ctx context.Context, o options) (err error) {
	if o.reference == "" {
		return errors.New("-reference is mandatory: a file of models/export/reference.py")
	}
	pairs, err := readReference(o.reference, o.pairs)
	if err != nil {
		return err
	}
	e, err := engine.Open(engine.Options{Bundle: o.bundle})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()

	c := &comparer{engine: e, pairs: pairs, thresholds: thresholds(e.Bundle.Thresholds.Presets)}
	for _, p := range pairs {
		// The file holds what the graph says, before calibration.
		labeler.Calibrate(e.Bundle.UnitCalibration, p.FP32.Scores)
	}
	c.tokenize()
	graph := string(e.Bundle.Precision) + " bundle"
	if err := c.compare(ctx, graph, "those of the reference", c.replay(e.Session)); err != nil {
		return err
	}
	if err := c.compare(ctx, graph, "those of the labeler", c.label); err != nil {
		return err
	}
	if o.fp32 != "" {
		session, err := e.OpenGraph(o.fp32)
		if err != nil {
			return err
		}
		err = c.compare(ctx, "fp32", "those of the reference", c.replay(session))
		if err = errors.Join(err, session.Close()); err != nil {
			return err
		}
	}
	return write(o, c)
}

// threshold is a threshold with the name it has in the report.
type threshold struct {
	name  string
	value float64
}

// thresholds are 0.1, 0.5 and the presets, in ascending order of their names.
func thresholds(presets map[string]float64) []threshold {
	out := []threshold{{"0.1", 0.1}, {"0.5", 0.5}}
	for _, name := range slices.Sorted(maps.Keys(presets)) {
		out = append(out, threshold{name + " " + strconv.FormatFloat(presets[name], 'g', -1, 64), presets[name]})
	}
	return out
}

func write(o options, c *comparer) error {
	r := report.New("Go against PyTorch fp32", report.Command("parity"))
	units, tokens := 0, 0
	for _, p := range c.pairs {
		units += len(p.Units)
		for _, w := range p.Windows {
			tokens += len(w.IDs)
		}
	}
	r.Text("%d pairs with %d sentences and %d tokens in windows, from the development sets by a fixed seed. Model: %s.",
		len(c.pairs), units, tokens, c.engine.Bundle.ID())
	c.tokenizerText(r)
	c.graphs(r)
	c.sets(r)
	if err := r.Write(o.out); err != nil {
		return err
	}
	fmt.Print(r)
	return nil
}
