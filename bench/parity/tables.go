package main

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/ragprune/ragprune/bench/internal/report"
)

func (c *comparer) tokenizerText(r *report.Report) {
	r.Text("Token ids of queries and sentences: %d of %d texts the same (%s).", c.texts.same, c.texts.total,
		precise(c.texts))
}

// precise formats a share that is near 1.
func precise(a agreement) string {
	return report.Number(100*report.Ratio(a.same, a.total), 2) + " %"
}

func (c *comparer) graphs(r *report.Report) {
	r.Section("Graphs")
	r.Text("Same at T: share of sentences with the same keep decision as PyTorch fp32. Difference: of sentence probabilities. " +
		"Rank correlation: Spearman, of the document scores of all pairs. The reference cuts long passages into windows by a rule of its own; " +
		"its windows show the graph alone, those of the labeler the whole way of the service.")
	header := []string{"graph", "windows"}
	for _, t := range c.thresholds {
		header = append(header, "same at "+t.name)
	}
	header = append(header, "largest difference", "mean difference", "rank correlation", "seconds")
	var rows [][]string
	for _, k := range c.comparisons {
		d := c.difference(k, "")
		row := []string{k.graph, k.windows}
		for _, a := range d.decisions {
			row = append(row, precise(a))
		}
		rows = append(rows, append(row, fmt.Sprintf("%.2g", d.largest), fmt.Sprintf("%.2g", d.sum/float64(d.units)),
			report.Number(spearman(logits(k.got), c.reference()), 5), report.Number(k.seconds, 0)))
	}
	r.Table(header, rows)
}

// sets writes the figures of the first comparison for each set.
func (c *comparer) sets(r *report.Report) {
	k := c.comparisons[0]
	r.Section("By set (" + k.graph + ", windows of the reference)")
	header := []string{"set", "sentences"}
	for _, t := range c.thresholds {
		header = append(header, "same at "+t.name)
	}
	header = append(header, "largest difference", "mean difference")
	var names []string
	for _, p := range c.pairs {
		if !slices.Contains(names, p.Dataset) {
			names = append(names, p.Dataset)
		}
	}
	slices.Sort(names)
	var rows [][]string
	for _, name := range names {
		d := c.difference(k, name)
		row := []string{name, strconv.Itoa(d.units)}
		for _, a := range d.decisions {
			row = append(row, precise(a))
		}
		rows = append(rows, append(row, fmt.Sprintf("%.2g", d.largest), fmt.Sprintf("%.2g", d.sum/float64(d.units))))
	}
	r.Table(header, rows)
}

// difference of a comparison over the pairs of a set, all if set is empty.
func (c *comparer) difference(k comparison, set string) *difference {
	d := newDifference(c.thresholds)
	for i, p := range c.pairs {
		if set == "" || p.Dataset == set {
			d.add(c.thresholds, k.got[i].Scores, p.FP32.Scores)
		}
	}
	return d
}

// reference has the rank logits of PyTorch.
func (c *comparer) reference() []float64 {
	out := make([]float64, len(c.pairs))
	for i, p := range c.pairs {
		out[i] = p.FP32.Logit
	}
	return out
}

func logits(all []scores) []float64 {
	out := make([]float64, len(all))
	for i, s := range all {
		out[i] = s.Logit
	}
	return out
}
