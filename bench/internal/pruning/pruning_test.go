package pruning_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/bench/internal/devset"
	"github.com/ragprune/ragprune/bench/internal/pruning"
	"github.com/ragprune/ragprune/prune"
)

func TestJudge(t *testing.T) {
	r := devset.Row{
		Text: "Ünë sentence. Two here. Three.", Sentences: [][2]int{{0, 13}, {14, 23}, {24, 30}},
		Relevant: []int{1}, Answers: []string{"Two"},
	}
	got := pruning.Judge(r, prune.Result{Text: "sentence. Three.", Kept: []prune.Kept{{Start: 4, End: 13}, {Start: 24, End: 30}}})
	want := pruning.Outcome{Kept: 2, Chars: 30, CharsKept: 16}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcome (-want +got):\n%s", diff)
	}
	r.Answers = nil
	if got := pruning.Judge(r, prune.Result{Kept: []prune.Kept{{Start: 14, End: 20}}}); !got.Survived || got.GoldKept != 1 {
		t.Errorf("outcome %+v, want the gold sentence kept", got)
	}
}
