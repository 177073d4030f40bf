package fit

import (
	"math"

	"github.com/ragprune/ragprune/rerank"
)

// point is a logit with what it should become.
type point struct{ x, target, weight float64 }

// platt fits sigmoid(scale*x + bias) by Newton's method with step halving (Lin,
// Lin and Weng 2007, A note on Platt's probabilistic outputs for support vector
// machines). Targets stay off 0 and 1 by the number of passages, so that few of
// them, or perfectly parted ones, do not give a certainty.
func platt(passages []Passage, weights []float64) rerank.Calibration {
	points := pointsOf(passages, weights)
	c := rerank.Calibration{Scale: 1}
	loss := lossOf(points, c)
	for range 100 {
		scale, bias := step(points, c)
		size := 1.0
		for ; size > 1e-10; size /= 2 {
			next := rerank.Calibration{Scale: c.Scale - size*scale, Bias: c.Bias - size*bias}
			if l := lossOf(points, next); l < loss {
				c, loss = next, l
				break
			}
		}
		if size <= 1e-10 || math.Abs(scale)+math.Abs(bias) < 1e-9 {
			break
		}
	}
	return c
}

// pointsOf lets both classes weigh one half.
func pointsOf(passages []Passage, weights []float64) []point {
	var count, weight [2]float64
	for i, p := range passages {
		count[class(p)]++
		weight[class(p)] += weights[i]
	}
	targets := [2]float64{1 / (count[0] + 2), (count[1] + 1) / (count[1] + 2)}
	points := make([]point, len(passages))
	for i, p := range passages {
		k := class(p)
		points[i] = point{p.Logit, targets[k], weights[i] / (2 * weight[k])}
	}
	return points
}

func class(p Passage) int {
	if p.Positive {
		return 1
	}
	return 0
}

// lossOf is the cross-entropy.
func lossOf(points []point, c rerank.Calibration) float64 {
	sum := 0.0
	for _, p := range points {
		f := c.Scale*p.x + c.Bias
		sum += p.weight * (math.Max(f, 0) + math.Log1p(math.Exp(-math.Abs(f))) - p.target*f)
	}
	return sum
}

// step solves for the step of Newton's method at c.
func step(points []point, c rerank.Calibration) (scale, bias float64) {
	const ridge = 1e-12
	var gx, g, hxx, hx, h float64
	for _, p := range points {
		y := 1 / (1 + math.Exp(-c.Scale*p.x-c.Bias))
		d, curve := p.weight*(y-p.target), p.weight*y*(1-y)
		gx, g = gx+d*p.x, g+d
		hxx, hx, h = hxx+curve*p.x*p.x, hx+curve*p.x, h+curve
	}
	hxx, h = hxx+ridge, h+ridge
	det := hxx*h - hx*hx
	return (h*gx - hx*g) / det, (hxx*g - hx*gx) / det
}
