package measure_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/ragprune/ragprune/bench/eval/measure"
)

func ExampleAveragePrecision() {
	scores := []float64{0.9, 0.2, 0.4}
	relevant := []bool{true, false, true}
	fmt.Println(measure.AveragePrecision(scores, relevant))
	// Output: 1
}

func near(got, want float64) bool {
	return math.IsNaN(got) && math.IsNaN(want) || math.Abs(got-want) < 1e-12
}

func TestRanking(t *testing.T) {
	nan := math.NaN()
	half := 1 / math.Log2(3) // the discount of rank 2
	tests := map[string]struct {
		scores           []float64
		relevant         []bool
		precision, rank1 float64
		ndcg2            float64
	}{
		"best first":   {[]float64{3, 2, 1}, []bool{true, false, false}, 1, 1, 1},
		"worst first":  {[]float64{1, 2, 3}, []bool{true, false, false}, 1.0 / 3, 1.0 / 3, 0},
		"ranks 2, 4":   {[]float64{4, 3, 2, 1}, []bool{false, true, false, true}, 0.5, 0.5, half / (1 + half)},
		"tie of two":   {[]float64{1, 1}, []bool{false, true}, 0.75, 0.75, (1 + half) / 2},
		"tie of three": {[]float64{1, 1, 1}, []bool{true, true, false}, (1 + 5.0/6 + 7.0/12) / 3, 2.0/3 + 1.0/6, 2.0 / 3},
		"tie below":    {[]float64{2, 1, 1}, []bool{false, true, false}, (0.5 + 1.0/3) / 2, (0.5 + 1.0/3) / 2, half / 2},
		"all relevant": {[]float64{1, 2}, []bool{true, true}, nan, nan, nan},
		"none":         {[]float64{1, 2}, []bool{false, false}, nan, nan, nan},
		"nothing":      {nil, nil, nan, nan, nan},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := measure.AveragePrecision(tt.scores, tt.relevant); !near(got, tt.precision) {
				t.Errorf("average precision %v, want %v", got, tt.precision)
			}
			if got := measure.ReciprocalRank(tt.scores, tt.relevant); !near(got, tt.rank1) {
				t.Errorf("reciprocal rank %v, want %v", got, tt.rank1)
			}
			if got := measure.NDCG(tt.scores, tt.relevant, 2); !near(got, tt.ndcg2) {
				t.Errorf("nDCG@2 %v, want %v", got, tt.ndcg2)
			}
		})
	}
}

// With every score the same, a ranking has the mean over all orders.
func TestTiesAreTheMeanOverOrders(t *testing.T) {
	relevant := []bool{true, false, true, false, false}
	var precision, rank, gain float64
	n := 0
	permute(len(relevant), func(order []int) {
		scores := make([]float64, len(order))
		for i, o := range order {
			scores[i] = float64(o)
		}
		precision += measure.AveragePrecision(scores, relevant)
		rank += measure.ReciprocalRank(scores, relevant)
		gain += measure.NDCG(scores, relevant, 3)
		n++
	})
	same := make([]float64, len(relevant))
	for name, pair := range map[string][2]float64{
		"average precision": {measure.AveragePrecision(same, relevant), precision / float64(n)},
		"reciprocal rank":   {measure.ReciprocalRank(same, relevant), rank / float64(n)},
		"nDCG":              {measure.NDCG(same, relevant, 3), gain / float64(n)},
	} {
		if !near(pair[0], pair[1]) {
			t.Errorf("%s is %v, the mean over %d orders %v", name, pair[0], n, pair[1])
		}
	}
}

// permute calls visit with every order of 0 to n-1.
func permute(n int, visit func([]int)) {
	order := make([]int, 0, n)
	used := make([]bool, n)
	var place func()
	place = func() {
		if len(order) == n {
			visit(order)
			return
		}
		for i := range n {
			if !used[i] {
				used[i], order = true, append(order, i)
				place()
				used[i], order = false, order[:len(order)-1]
			}
		}
	}
	place()
}

func TestF(t *testing.T) {
	for _, tt := range []struct{ beta, precision, recall, want float64 }{
		{2, 0.5, 1, 2.5 / 3},
		{1, 0.5, 1, 2.0 / 3},
		{2, 1, 0.5, 2.5 / 4.5},
		{2, 0, 0, 0},
	} {
		if got := measure.F(tt.beta, tt.precision, tt.recall); !near(got, tt.want) {
			t.Errorf("F%v of %v and %v is %v, want %v", tt.beta, tt.precision, tt.recall, got, tt.want)
		}
	}
}
