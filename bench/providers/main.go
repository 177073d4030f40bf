// Command providers measures what each execution provider of ONNX Runtime makes
// of the same bundles: tokens per second, time to load, memory, and how far the
// sentence probabilities are from those of the first bundle of the same name. It
// writes bench/results/providers.md.
//
//	main.go   flags, and the rounds
//	one.go    one bundle on one provider, in a process of its own
//	table.go  measurements to tables
//
// Usage:
//
//	go run ./bench/providers -openvino DIR/libonnxruntime.so.1.24.1 FP32BUNDLE INT8BUNDLE
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/ragprune/ragprune/bench/internal/program"
	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/ort"
)

type options struct {
	openvino string
	pairs    int
	sets     string
	rounds   int
	out      string
	timeout  time.Duration
	// one is what a process of one measurement does, as JSON.
	one string
}

func main() {
	var o options
	flag.StringVar(&o.openvino, "openvino", "", "library of the PyPI package onnxruntime-openvino, the files of the package beside it; empty means not to measure OpenVINO")
	flag.IntVar(&o.pairs, "pairs", 4, "pairs of each development set to read")
	flag.StringVar(&o.sets, "sets", "", "development sets to read, comma separated; empty means all")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds; in each, every bundle runs once on every provider, in a process of its own")
	flag.StringVar(&o.out, "out", "bench/results/providers.md", "report to write")
	flag.DurationVar(&o.timeout, "timeout", time.Hour, "time for the whole run")
	flag.StringVar(&o.one, "one", "", "for the processes that this program starts")
	flag.Parse()
	program.Run("providers", o.timeout, func(ctx context.Context) error {
		if o.one != "" {
			return measureOne(ctx, o.one)
		}
		return run(ctx, o, flag.Args())
	})
}

func run(ctx context.Context, o options, bundles []string) error {
	if len(bundles) == 0 {
		return errors.New("no bundle: name the folders of one or more, the reference of each name first")
	}
	var all []*measurement
	for _, dir := range bundles {
		b, err := models.Open(dir)
		if err != nil {
			return err
		}
		for _, p := range providers(o.openvino) {
			if p.Name != ort.ProviderCPU && b.Precision == models.PrecisionInt8 {
				continue // as in the service
			}
			all = append(all, &measurement{task: task{Bundle: dir, Library: p.library, Provider: p.Provider, Pairs: o.pairs, Sets: o.sets}, label: p.label})
		}
	}
	for round := range o.rounds {
		for i, m := range all {
			fmt.Fprintf(os.Stderr, "round %d of %d, %d of %d: %s on %s\n", round+1, o.rounds, i+1, len(all), m.Bundle, m.label)
			if err := m.measure(ctx); err != nil {
				return err
			}
		}
	}
	return write(o.out, all)
}

// measure runs the task once more. A graph that a provider cannot run is a result,
// too; one that the CPU cannot run is an error.
func (m *measurement) measure(ctx context.Context) error {
	if m.fault != nil {
		return nil
	}
	r, err := start(ctx, m.task)
	if err == nil {
		m.rounds = append(m.rounds, r)
		return nil
	}
	err = fmt.Errorf("%s on %s: %w", m.Bundle, m.label, err)
	if m.Provider.Name == ort.ProviderCPU || ctx.Err() != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, err)
	m.fault = err
	return nil
}

// setting is a provider, what the report calls it, and its library.
type setting struct {
	ort.Provider
	label, library string
}

func providers(openvino string) []setting {
	out := []setting{{Provider: ort.Provider{Name: ort.ProviderCPU}, label: "CPU"}}
	if openvino == "" {
		return out
	}
	for _, precision := range []string{"f32", "bf16"} {
		p := ort.Provider{Name: ort.ProviderOpenVINO, Options: map[string]string{
			"device_type": "CPU", "num_of_threads": "2", "num_streams": "2",
			"load_config": `{"CPU":{"INFERENCE_PRECISION_HINT":"` + precision + `"}}`,
		}}
		out = append(out, setting{p, "OpenVINO " + precision, openvino})
	}
	return out
}

// start measures in a process of its own: a process can load one library.
func start(ctx context.Context, t task) (r result, err error) {
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	spec, err := json.Marshal(t)
	if err != nil {
		return r, err
	}
	cmd := exec.CommandContext(ctx, self, "-one", string(spec))
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return r, errors.New(cmp.Or(strings.TrimSpace(complaint.String()), err.Error()))
	}
	return r, json.Unmarshal(out, &r)
}
