package rerank_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/rerank"
)

func ExampleTopN() {
	fmt.Println(rerank.TopN([]float64{0.2, 0.9, 0.5}, 2))
	// Output: [1 2]
}

func TestOrder(t *testing.T) {
	tests := map[string]struct {
		scores []float64
		n      int
		want   []int
	}{
		"ties keep their order": {[]float64{0.5, 0.9, 0.5}, 0, []int{1, 0, 2}},
		"NaN comes last":        {[]float64{math.NaN(), 0, 1}, 0, []int{2, 1, 0}},
		"fewer than n":          {[]float64{1, 2}, 5, []int{1, 0}},
		"the best":              {[]float64{1, 3, 2}, 1, []int{1}},
		"none":                  {nil, 3, []int{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, rerank.TopN(tt.scores, tt.n)); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCalibration(t *testing.T) {
	tests := map[string]struct {
		c     rerank.Calibration
		logit float64
		want  float64
	}{
		"zero value is the sigmoid": {rerank.Calibration{}, 0, 0.5},
		"bias":                      {rerank.Calibration{Scale: 2, Bias: -2}, 1, 0.5},
		"far":                       {rerank.Calibration{Scale: 1}, -1000, 0},
		"not a number":              {rerank.Calibration{Scale: 1}, math.NaN(), 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.c.Probability(tt.logit); math.Abs(got-tt.want) > 1e-9 {
				t.Errorf("probability is %v, want %v", got, tt.want)
			}
		})
	}
}

// BM25 prefers the unit with the rarer words of the query, stays within 0 and
// 1 whatever is repeated, and gives 0 where nothing is shared.
func TestBM25(t *testing.T) {
	documents := [][]string{
		{"The capital of France is Paris.", "The weather is fine.", "Paris Paris Paris capital France capital France"},
		{"Bananas are yellow."},
		{},
	}
	b := rerank.NewBM25("What is the capital of France?", documents)
	units, score := b.Units(0)
	if len(units) != 3 || units[0] <= units[1] {
		t.Errorf("scores %v, want the first above the second", units)
	}
	for _, u := range units {
		if u < 0 || u > 1 {
			t.Errorf("score %v is not within 0 and 1", u)
		}
	}
	if other, none := b.Units(1); other[0] != 0 || none != 0 || score <= none {
		t.Errorf("nothing shared scores %v and %v, the other document %v", other, none, score)
	}
	if empty, none := b.Units(2); len(empty) != 0 || none != 0 {
		t.Errorf("a document without units scores %v and %v", empty, none)
	}
}
