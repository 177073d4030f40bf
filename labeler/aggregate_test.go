package labeler_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ragprune/ragprune/labeler"
	"github.com/ragprune/ragprune/models"
)

// keeps applies a rule as it is published, for one threshold.
func keeps(rule models.Aggregation, probs []float32, t float32) bool {
	var sum, above float32
	for _, p := range probs {
		sum += p
		if p > t {
			above++
		}
	}
	n := float32(len(probs))
	switch rule {
	case models.Majority:
		return above/n > 0.5
	case models.Ratio:
		return above/n > t
	default:
		return sum/n > t
	}
}

// One score per unit must decide as the published rule does, at any threshold.
func TestAggregateDecidesAsPublished(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, rule := range []models.Aggregation{models.Mean, models.Majority, models.Ratio} {
		t.Run(string(rule), func(t *testing.T) {
			for range 3000 {
				// Eighths are exact in float32, so the sums are too.
				probs := make([]float32, 1<<rng.IntN(5))
				for i := range probs {
					probs[i] = float32(rng.IntN(9)) / 8
				}
				score := labeler.Aggregate(rule, slices.Clone(probs))
				for k := range 33 {
					threshold := float32(k) / 32
					if got, want := score > threshold, keeps(rule, probs, threshold); got != want {
						t.Fatalf("%v at %v: score %v keeps %v, the rule keeps %v", probs, threshold, score, got, want)
					}
				}
			}
		})
	}
}

func TestAggregateKnownValues(t *testing.T) {
	probs := []float32{0.9, 0.8, 0.1, 0.05}
	for rule, want := range map[models.Aggregation]float32{
		models.Mean: 0.4625, models.Majority: 0.1, models.Ratio: 0.5,
	} {
		if got := labeler.Aggregate(rule, slices.Clone(probs)); abs(got-want) > 1e-6 {
			t.Errorf("%s = %v, want %v", rule, got, want)
		}
	}
	if got := labeler.Aggregate(models.Mean, nil); got != 0 {
		t.Errorf("no tokens score %v, want 0", got)
	}
}

func abs(x float32) float32 { return max(x, -x) }
