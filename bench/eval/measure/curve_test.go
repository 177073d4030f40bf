package measure_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ragprune/ragprune/bench/eval/measure"
)

// While the threshold falls, sentences of 10 characters come in at 0.9, 0.5,
// 0.2 and 0.1, and answers at 0.9 and 0.2: the curve goes through (100 %
// removed, none kept), (75, 1/2), (50, 1/2), (25, 1) and (0, 1).
func TestCurve(t *testing.T) {
	curve := measure.NewCurve([]measure.Pruned{
		{Scores: []float32{0.9, 0.1}, Sizes: []int{10, 10}, Level: 0.9},
		{}, // not scored
		{Scores: []float32{0.5, 0.2}, Sizes: []int{10, 10}, Level: 0.2},
	})
	kept, area := curve.At([]float64{0, 0.25, 0.375, 0.5, 0.6, 0.75, 0.875, 1}, nil)
	want := []float64{1, 1, 0.75, 0.5, 0.5, 0.5, 0.25, 0}
	if diff := cmp.Diff(want, kept, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	if want := 0.25*1 + 0.25*0.75 + 0.25*0.5 + 0.25*0.25; !near(area, want) {
		t.Errorf("area %v, want %v", area, want)
	}
	// Of the first passage alone: (100, 0), (50, 1), (0, 1).
	kept, area = curve.At([]float64{0.5, 0.75}, []float64{2, 0, 0})
	if diff := cmp.Diff([]float64{1, 0.5}, kept, cmpopts.EquateApprox(0, 1e-12)); diff != "" || !near(area, 0.75) {
		t.Errorf("area %v, want 0.75; kept (-want +got):\n%s", area, diff)
	}
}

// Equal scores are a straight line; one score for all is no curve.
func TestCurveTies(t *testing.T) {
	curve := measure.NewCurve([]measure.Pruned{
		{Scores: []float32{1, 1}, Sizes: []int{30, 10}, Level: 1},
		{Scores: []float32{1, 0}, Sizes: []int{40, 20}, Level: 1},
	})
	kept, area := curve.At([]float64{0.2, 0.6, 1}, nil)
	if diff := cmp.Diff([]float64{1, 0.5, 0}, kept, cmpopts.EquateApprox(0, 1e-12)); diff != "" || !near(area, 0.6) {
		t.Errorf("area %v, want 0.6; kept (-want +got):\n%s", area, diff)
	}
	flat := measure.NewCurve([]measure.Pruned{{Scores: []float32{1, 1}, Sizes: []int{1, 1}, Level: 1}})
	if kept, area := flat.At([]float64{0.5}, nil); !math.IsNaN(area) || !math.IsNaN(kept[0]) {
		t.Errorf("one score for all gives %v and %v, want NaN", kept, area)
	}
}
