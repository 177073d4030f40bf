package rerank

import "math"

// Calibration maps the raw relevance of a model to the probability that a
// document helps: Platt scaling, 1/(1+e^-(Scale*x+Bias)).
type Calibration struct {
	// Scale multiplies the logit. 0 means 1.
	Scale float64
	// Bias is added. 0 leaves a logit of 0 at the probability one half.
	Bias float64
}

// Probability returns the probability for logit, 0 to 1. A logit that is not a
// number gives 0: a broken score must not lift a document above the others.
func (c Calibration) Probability(logit float64) float64 {
	if math.IsNaN(logit) {
		return 0
	}
	scale := c.Scale
	if scale == 0 {
		scale = 1
	}
	x := scale*logit + c.Bias
	if math.IsNaN(x) {
		return 0
	}
	return 1 / (1 + math.Exp(-x))
}

// smallest is the probability whose logit stands for all below, and for those
// as near to 1: beyond it, scores kept in 32 bits say nothing.
const smallest = 1e-6

// Logit is ln(p/(1-p)) of a probability, and finite for 0 and 1.
func Logit(p float64) float64 {
	p = min(max(p, smallest), 1-smallest)
	return math.Log(p / (1 - p))
}
