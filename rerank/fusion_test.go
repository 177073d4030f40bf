package rerank_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ragprune/ragprune/rerank"
)

func TestFusion(t *testing.T) {
	f := rerank.Fusion{Logit: 2, Cosine: 10, Bias: -5}
	if got := f.Probability(0.5, 0.5); math.Abs(got-0.5) > 1e-9 {
		t.Errorf("probability is %v, want 0.5", got)
	}
	if f.Probability(0.5, 0.6) <= f.Probability(0.5, 0.5) || f.Probability(0.6, 0.5) <= f.Probability(0.5, 0.5) {
		t.Error("the probability does not rise with both")
	}
	for _, p := range []float64{0, 1} {
		if got := f.Probability(p, 0); !(got >= 0 && got <= 1) {
			t.Errorf("a labeler that is sure (%v) gives %v", p, got)
		}
	}
}

// Both rankings count alike, and equal scores share the better place.
func TestReciprocalRanks(t *testing.T) {
	got := rerank.ReciprocalRanks([]float64{0.9, 0.1, 0.5, 0.1}, []float64{0, 3, 0, 0})
	want := []float64{1.0/61 + 1.0/62, 1.0/63 + 1.0/61, 1.0/62 + 1.0/62, 1.0/63 + 1.0/62}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
		t.Errorf("fused (-want +got):\n%s", diff)
	}
	if got := rerank.ReciprocalRanks(); got != nil {
		t.Errorf("no ranking gives %v", got)
	}
}

// A threshold T leaves out the lowest share T of the units.
func TestShares(t *testing.T) {
	tests := map[string]struct{ scores, want []float64 }{
		"one":  {[]float64{7}, []float64{1}},
		"many": {[]float64{3, 1, 2, 4}, []float64{0.75, 0.25, 0.5, 1}},
		"ties": {[]float64{1, 1, 2, 0}, []float64{0.75, 0.75, 1, 0.25}},
		"none": {nil, []float64{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, rerank.Shares(tt.scores)); diff != "" {
				t.Errorf("shares (-want +got):\n%s", diff)
			}
		})
	}
}
