package measure_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ragprune/ragprune/bench/eval/measure"
)

func cases(positives, negatives []float64) []measure.Case {
	var out []measure.Case
	for _, s := range positives {
		out = append(out, measure.Case{Score: s, Positive: true, Unit: len(out)})
	}
	for _, s := range negatives {
		out = append(out, measure.Case{Score: s, Unit: len(out)})
	}
	measure.Sort(out)
	return out
}

func TestAUC(t *testing.T) {
	for _, tt := range []struct {
		positives, negatives, weights []float64
		want                          float64
	}{
		{[]float64{2, 3}, []float64{0, 1}, nil, 1},
		{[]float64{0}, []float64{1}, nil, 0},
		{[]float64{1, 1}, []float64{1}, nil, 0.5},
		{[]float64{1, 3}, []float64{2}, nil, 0.5},
		{[]float64{1, 3}, []float64{2, 3}, nil, 0.375},                  // 0, 0, 1, 0.5 of 4 pairs
		{[]float64{1, 3}, []float64{2}, []float64{3, 1, 1}, 0.25},       // one win of four
		{[]float64{1, 3}, []float64{2}, []float64{0, 1, 1}, 1},          // the loss is not drawn
		{[]float64{1, 3}, []float64{2}, []float64{1, 1, 0}, math.NaN()}, // no negative is
		{nil, []float64{1}, nil, math.NaN()},
	} {
		if got := measure.AUC(cases(tt.positives, tt.negatives), tt.weights); !near(got, tt.want) {
			t.Errorf("%v over %v, weights %v: %v, want %v", tt.positives, tt.negatives, tt.weights, got, tt.want)
		}
	}
}

func TestCalibrationError(t *testing.T) {
	tests := map[string]struct {
		positives, negatives []float64
		balanced             bool
		want                 float64
	}{
		// Bins: {0.1-} off by 0.1, {0.3+} by 0.7, {0.9+, 0.9-} by 0.4.
		"by hand": {[]float64{0.3, 0.9}, []float64{0.1, 0.9}, false, 0.25*0.1 + 0.25*0.7 + 0.5*0.4},
		"perfect": {[]float64{1}, []float64{0, 0}, false, 0},
		"one":     {[]float64{1}, []float64{1, 1, 1}, false, 0.75},
		// The positive weighs as much as the three negatives together.
		"balanced":         {[]float64{1}, []float64{1, 1, 1}, true, 0.5},
		"one class":        {[]float64{1}, nil, true, math.NaN()},
		"one class, given": {[]float64{0.25}, nil, false, 0.75},
		"nothing":          {nil, nil, false, math.NaN()},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			bins := measure.Reliability(cases(tt.positives, tt.negatives), nil, 10, tt.balanced)
			if got := measure.CalibrationError(bins); !near(got, tt.want) {
				t.Errorf("error %v, want %v; bins %v", got, tt.want, bins)
			}
		})
	}
}

func TestReliability(t *testing.T) {
	got := measure.Reliability(cases([]float64{0.2, 0.9}, []float64{0.4, 1}), nil, 2, false)
	want := []measure.Bin{{Weight: 0.5, Score: 0.3, Positive: 0.5}, {Weight: 0.5, Score: 0.95, Positive: 0.5}}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
		t.Errorf("bins (-want +got):\n%s", diff)
	}
}
