package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/bench/internal/devset"
)

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
