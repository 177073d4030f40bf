package eval_test

import (
	"strings"
	"testing"

	"github.com/ragprune/ragprune/bench/eval"
)

// The table reads the sweep between its points: 60 % is half way between 40 and
// 80. Of a mixture with as many negatives, of which all goes at the first step,
// 70 % removed is the first point.
func TestOneThreshold(t *testing.T) {
	sweep := []eval.SweepPoint{
		{Threshold: 0, AnswerKept: 1},
		{Threshold: 0.5, AnswerKept: 0.9, Removed: 0.4, NegativesRemoved: 1},
		{Threshold: 0.9, AnswerKept: 0.5, Removed: 0.8, NegativesRemoved: 1},
	}
	of := func(sweep []eval.SweepPoint) string {
		r := &eval.Report{Systems: []eval.SystemReport{{Info: eval.Info{Name: "one"}, Mean: eval.Figures{Sweep: sweep}}}}
		return r.Markdown(eval.PageOptions{})
	}
	page := of(sweep)
	for _, want := range []string{
		"| one | positives | 92.5 % | 80.0 % | 70.0 % | 60.0 % | 50.0 % | 25.0 % |",
		"| one | 50 % positives, 50 % negatives | 95.7 % | 92.9 % | 91.4 % | 90.0 % | 70.0 % | 50.0 % |",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for i := range sweep {
		sweep[i].NegativesRemoved = 0
	}
	if page := of(sweep); strings.Contains(page, "% positives,") || !strings.Contains(page, "| one | positives |") {
		t.Error("a mixture with negatives that nobody measured")
	}
	if page := of(nil); strings.Contains(page, "with one threshold for all sets") {
		t.Error("a table without a sweep")
	}
}
