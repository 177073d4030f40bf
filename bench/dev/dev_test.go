package main

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/bench/internal/devset"
	"github.com/ragprune/ragprune/prune"
)

func TestAveragePrecision(t *testing.T) {
	for _, c := range []struct {
		scores   []float64
		relevant []bool
		want     float64
	}{
		{[]float64{3, 2, 1}, []bool{true, false, false}, 1},
		{[]float64{1, 2, 3}, []bool{true, false, false}, 1.0 / 3},
		{[]float64{4, 3, 2, 1}, []bool{false, true, false, true}, 0.5},
		{[]float64{1, 2}, []bool{true, true}, math.NaN()},
		{[]float64{1, 2}, []bool{false, false}, math.NaN()},
	} {
		got := averagePrecision(c.scores, c.relevant)
		if math.IsNaN(c.want) != math.IsNaN(got) || math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v %v: %v, want %v", c.scores, c.relevant, got, c.want)
		}
	}
}

func TestAUC(t *testing.T) {
	for _, c := range []struct {
		positives, negatives []float64
		want                 float64
	}{
		{[]float64{2, 3}, []float64{0, 1}, 1},
		{[]float64{0}, []float64{1}, 0},
		{[]float64{1, 1}, []float64{1}, 0.5},
		{[]float64{1, 3}, []float64{2}, 0.5},
	} {
		if got := auc(c.positives, c.negatives); got != c.want {
			t.Errorf("%v over %v: %v, want %v", c.positives, c.negatives, got, c.want)
		}
	}
}

func TestJudge(t *testing.T) {
	r := devset.Row{
		Text: "Ünë sentence. Two here. Three.", Sentences: [][2]int{{0, 13}, {14, 23}, {24, 30}},
		Relevant: []int{1}, Answers: []string{"Two"},
	}
	got := judge(r, prune.Result{Text: "sentence. Three.", Kept: []prune.Kept{{Start: 4, End: 13}, {Start: 24, End: 30}}})
	want := outcome{kept: 2, chars: 30, charsKept: 16}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(outcome{})); diff != "" {
		t.Errorf("outcome (-want +got):\n%s", diff)
	}
	r.Answers = nil
	if got := judge(r, prune.Result{Kept: []prune.Kept{{Start: 14, End: 20}}}); !got.survived || got.goldKept != 1 {
		t.Errorf("outcome %+v, want the gold sentence kept", got)
	}
}

func TestHardNegatives(t *testing.T) {
	rows := []devset.Row{
		{Query: "who built the tower", Text: "The tower was built by Ana.", Answers: []string{"Ana"}, Positive: true},
		{Query: "who  built THE tower", Text: "Built in stone, the tower stands."},
		{Query: "tower keeper", Text: "Ana keeps the tower she built."},
		{Query: "how old is the bridge", Text: "The bridge and the tower are old."},
		{Query: "fish", Text: "Herring."},
	}
	s := draw(rows, 10, 1000)
	var got []string
	for _, r := range hardNegatives(s.positives, rows) {
		got = append(got, r.Text)
	}
	// The same question and a passage with the answer are left out.
	if diff := cmp.Diff([]string{"The bridge and the tower are old."}, got); diff != "" {
		t.Errorf("negatives (-want +got):\n%s", diff)
	}
	if len(s.negatives) != 5 {
		t.Errorf("%d negatives, want the hard one and the four that are labelled", len(s.negatives))
	}
}
