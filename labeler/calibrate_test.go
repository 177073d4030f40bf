package labeler_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ragprune/ragprune/labeler"
	"github.com/ragprune/ragprune/models"
)

func TestCalibrateKnownValues(t *testing.T) {
	// Odds of 1, 1/3 and 1/9 sum to 13/9; 0 is a unit without tokens.
	c := models.UnitCalibration{Scale: 2, Context: -1, Bias: 0}
	scores := []float32{0.5, 0.25, 0, 0.1}
	labeler.Calibrate(&c, scores)
	odds := func(x float32) float32 { return x / (x + 13.0/9) }
	for i, want := range []float32{odds(1), odds(1.0 / 9), 0, odds(1.0 / 81)} {
		if abs(scores[i]-want) > 1e-6 {
			t.Errorf("score %d is %v, want %v", i, scores[i], want)
		}
	}
}

func TestCalibrateIdentity(t *testing.T) {
	kept := []float32{0.2, 0.7}
	if labeler.Calibrate(nil, kept); kept[0] != 0.2 || kept[1] != 0.7 {
		t.Errorf("no calibration made %v", kept)
	}
	for _, want := range [][]float32{nil, {0}, {0.3}, {0.2, 0, 0.9, 0.0001}} {
		got := slices.Clone(want)
		labeler.Calibrate(&models.UnitCalibration{Scale: 1}, got)
		for i := range want {
			if abs(got[i]-want[i]) > 1e-6 {
				t.Errorf("%v became %v", want, got)
			}
		}
	}
}

// Whatever the scores, calibration may not put one unit before another, nor
// leave 0 to 1.
func TestCalibrateKeepsOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		c := models.UnitCalibration{Scale: 0.1 + 3*rng.Float64(), Bias: 6*rng.Float64() - 3}
		c.Context = 3*rng.Float64() - c.Scale + 0.01
		before := make([]float32, 1+rng.IntN(30))
		for i := range before {
			before[i] = float32(rng.IntN(1001)) / 1000
		}
		after := slices.Clone(before)
		labeler.Calibrate(&c, after)
		for i := range before {
			if after[i] < 0 || after[i] > 1 {
				t.Fatalf("%+v made %v of %v", c, after[i], before[i])
			}
			for j := range before {
				if before[i] > before[j] && after[i] < after[j] {
					t.Fatalf("%+v turned %v and %v into %v and %v", c, before[i], before[j], after[i], after[j])
				}
			}
		}
	}
}

// The same sentence counts for less beside a better one.
func TestCalibrateSeesTheDocument(t *testing.T) {
	c := models.UnitCalibration{Scale: 1.2, Context: -0.4}
	alone, beside := []float32{0.1}, []float32{0.1, 0.9}
	labeler.Calibrate(&c, alone)
	labeler.Calibrate(&c, beside)
	if alone[0] <= beside[0] {
		t.Errorf("%v alone, %v beside a better one", alone[0], beside[0])
	}
}
