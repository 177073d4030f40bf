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
