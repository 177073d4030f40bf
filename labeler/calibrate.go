package labeler

import (
	"math"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/rerank"
)

// Calibrate replaces the scores of all units of a document, 0 to 1, by what c
// makes of them; nil leaves them. Their order stays; a unit without tokens, which
// scores 0, goes on scoring 0 and says nothing of the others.
func Calibrate(c *models.UnitCalibration, scores []float32) {
	if c == nil {
		return
	}
	var odds float64
	for _, p := range scores {
		if p > 0 {
			odds += math.Exp(rerank.Logit(float64(p)))
		}
	}
	shift := c.Context*math.Log(odds) + c.Bias
	for i, p := range scores {
		if p > 0 {
			scores[i] = sigmoid(float32(c.Scale*rerank.Logit(float64(p)) + shift))
		}
	}
}
