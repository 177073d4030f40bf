package main

import (
	"cmp"
	"math"
	"slices"
)

// difference sums up how far scores are from the reference.
type difference struct {
	units        int
	largest, sum float64
	// decisions has one entry for each threshold: equal keep decisions.
	decisions []agreement
}

func newDifference(thresholds []threshold) *difference {
	return &difference{decisions: make([]agreement, len(thresholds))}
}

// add takes the scores of one pair.
func (d *difference) add(thresholds []threshold, got, want []float32) {
	for i := range want {
		by := math.Abs(float64(got[i] - want[i]))
		d.units++
		d.sum += by
		d.largest = max(d.largest, by)
		for k, t := range thresholds {
			d.decisions[k].add((float64(got[i]) > t.value) == (float64(want[i]) > t.value))
		}
	}
}

// spearman is the rank correlation of two lists, ties given their mean rank.
// NaN if one of them is constant.
func spearman(a, b []float64) float64 {
	return pearson(ranks(a), ranks(b))
}

func ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	out := make([]float64, len(values))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && values[order[to]] == values[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			out[i] = float64(from+to-1) / 2
		}
		from = to
	}
	return out
}

func pearson(a, b []float64) float64 {
	n := float64(len(a))
	var sumA, sumB float64
	for i := range a {
		sumA, sumB = sumA+a[i], sumB+b[i]
	}
	var ab, aa, bb float64
	for i := range a {
		x, y := a[i]-sumA/n, b[i]-sumB/n
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	return ab / math.Sqrt(aa*bb)
}
