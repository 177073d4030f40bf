package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/bench/eval/dataset"
)

func TestMeasure(t *testing.T) {
	row := dataset.Row{Text: "Él ríe. Ella va. Fin.", Sentences: []dataset.Span{{Start: 0, End: 9}, {Start: 10, End: 23}}}
	m := measure([]dataset.Row{row, row})
	got := []int{m.passages, m.right, m.extra, m.missing}
	if diff := cmp.Diff([]int{1, 1, 1, 0}, got); diff != "" {
		t.Errorf("passages, right, extra, missing (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"1", "1", "0.5000", "1.0000", "0.6667"}, m.cells()[:5]); diff != "" {
		t.Errorf("cells (-want +got):\n%s", diff)
	}
	m = measure([]dataset.Row{{Text: "One of two.", Sentences: []dataset.Span{{Start: 0, End: 3}, {Start: 4, End: 11}}}})
	if m.missing != 1 || len(m.misses) != 1 {
		t.Errorf("missing %d, %v", m.missing, m.misses)
	}
}
