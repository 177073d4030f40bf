package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/bench/internal/devset"
)

func TestMeasure(t *testing.T) {
	row := devset.Row{Text: "Él ríe. Ella va. Fin.", Sentences: [][2]int{{0, 7}, {8, 21}}}
	m := measure([]devset.Row{row, row})
	got := []int{m.passages, m.right, m.extra, m.missing}
	if diff := cmp.Diff([]int{1, 1, 1, 0}, got); diff != "" {
		t.Errorf("passages, right, extra, missing (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"1", "1", "0.5000", "1.0000", "0.6667"}, m.cells()[:5]); diff != "" {
		t.Errorf("cells (-want +got):\n%s", diff)
	}
	m = measure([]devset.Row{{Text: "One of two.", Sentences: [][2]int{{0, 3}, {4, 11}}}})
	if m.missing != 1 || len(m.misses) != 1 {
		t.Errorf("missing %d, %v", m.missing, m.misses)
	}
}
