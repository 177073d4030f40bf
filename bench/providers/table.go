package main

import (
	"fmt"
	"math"

	"github.com/ragprune/ragprune/bench/internal/report"
)

// measurement gathers the rounds of a task.
type measurement struct {
	task
	label  string
	rounds []result
	// fault is why the provider does not run the bundle; nil: it does.
	fault error
}

func (m *measurement) median(of func(result) float64) float64 {
	values := make([]float64, len(m.rounds))
	for i, r := range m.rounds {
		values[i] = of(r)
	}
	return report.Median(values)
}

func speed(r result) float64 { return float64(r.Tokens) / r.Seconds }

// ratio is the median of the ratios of m to base, round by round: what disturbs
// the machine for longer than a round then disturbs both.
func (m *measurement) ratio(base *measurement) float64 {
	values := make([]float64, len(m.rounds))
	for i := range m.rounds {
		values[i] = speed(m.rounds[i]) / speed(base.rounds[i])
	}
	return report.Median(values)
}

func write(path string, all []*measurement) error {
	r := report.New("Execution providers", report.Command("providers"))
	r.Text("Each line is a bundle on a provider of ONNX Runtime, in a process of its own; the rounds alternate, and figures are medians. "+
		"Pairs of the development sets (%d tokens) are labelled side by side, one window on each core at a time. "+
		"Differences of sentence probabilities and decisions are against the first line of the bundle's name; "+
		"bundles named for a shape have random weights, so that their decisions say nothing of a trained model. "+
		"int8 stays on the CPU: what OpenVINO in bf16 made of the default bundle were not numbers. "+
		"Ratio: speed against that line in the same round. Load: with the tokenizer, the digest and a first run.",
		all[0].rounds[0].Tokens)
	var rows [][]string
	first := map[string]*measurement{}
	name := ""
	for _, m := range all {
		if m.fault != nil { // after the CPU, which ran it
			rows = append(rows, []string{name, "", m.label, "does not run", "", "", "", "", "", "", ""})
			continue
		}
		name = m.rounds[0].Name
		base := first[name]
		if base == nil {
			base, first[name] = m, m
		}
		rows = append(rows, m.row(base))
	}
	r.Table([]string{"bundle", "precision", "provider", "tokens/s", "ratio", "load, s", "memory, MB", "mean difference", "largest", "same at 0.1", "same at 0.5"}, rows)
	return r.Write(path)
}

func (m *measurement) row(base *measurement) []string {
	a, b := m.rounds[0], base.rounds[0]
	mean, largest := differences(a.Probabilities, b.Probabilities)
	return []string{
		a.Name, a.Precision, m.label,
		report.Number(m.median(speed), 0), report.Number(m.ratio(base), 2),
		report.Number(m.median(func(r result) float64 { return r.LoadSeconds }), 2),
		report.Number(m.median(func(r result) float64 { return float64(r.Bytes) / 1e6 }), 0),
		fmt.Sprintf("%.1e", mean), fmt.Sprintf("%.1e", largest),
		report.Percent(same(a.Probabilities, b.Probabilities, 0.1)), report.Percent(same(a.Probabilities, b.Probabilities, 0.5)),
	}
}

func differences(a, b []float32) (mean, largest float64) {
	for i := range a {
		d := math.Abs(float64(a[i] - b[i]))
		mean, largest = mean+d/float64(len(a)), max(largest, d)
	}
	return mean, largest
}

// same is the share of decisions at threshold t that are alike.
func same(a, b []float32, t float32) float64 {
	n := 0
	for i := range a {
		if (a[i] > t) == (b[i] > t) {
			n++
		}
	}
	return report.Ratio(n, len(a))
}
