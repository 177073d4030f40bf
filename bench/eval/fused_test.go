package eval_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ragprune/ragprune/bench/eval"
)

// sum adds both.
type sum struct{}

func (sum) Probability(p, cosine float64) float64 { return p + cosine }

// counted counts its calls by row.
type counted struct {
	eval.System
	calls map[string]int
}

func (c counted) Score(ctx context.Context, r eval.Request) ([]eval.Scores, error) {
	c.calls[r.Set+"/"+r.ID]++
	return c.System.Score(ctx, r)
}

func TestFused(t *testing.T) {
	label, embed := smallSystem(), smallSystem()
	label.info.Version, embed.info = "m@1", eval.Info{Name: "cosine", Version: "e@1"}
	embed.scores = map[string]eval.Scores{
		"a": {Sentences: []float32{0, 0.1, 0.2, 0.1}}, "b": {Sentences: []float32{0.1, 0.1, 0}}, "c": {Sentences: []float32{0, 0}},
	}
	f, err := eval.NewFused(eval.FusedOptions{Name: "both", Label: label, Embed: embed, Fusion: sum{}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.Score(context.Background(), plan(t, read(t, "s", small), eval.PlanOptions{}).Sets[0].Queries[0].Request)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]float32{"a": {0.8, 0.7, 0.3, 0.5}, "b": {0.8, 0.4, 0.2}}
	id, passage := "a", 0.9
	if len(got) == 1 { // the query that was drawn first
		id, passage = "b", 0.3
	}
	if diff := cmp.Diff(eval.Scores{Sentences: want[id], Passage: passage}, got[0], cmpopts.EquateApprox(0, 1e-6)); diff != "" {
		t.Errorf("scores of %s (-want +got):\n%s", id, diff)
	}
	if i := f.Info(); i.Version != "m@1 with e@1" || !cmp.Equal(i.Shares, []string{"fixed", "cosine"}) || !i.Probability {
		t.Errorf("info %+v", i)
	}
	if _, err := eval.NewFused(eval.FusedOptions{Name: "both", Label: label}); err == nil {
		t.Error("no error without an embedder")
	}
}

func TestFusedFails(t *testing.T) {
	ok, short, broken := smallSystem(), smallSystem(), smallSystem()
	short.scores = nil
	broken.err = errors.New("broken")
	for want, pair := range map[string][2]eval.System{
		"probabilities and 0 cosines": {ok, short}, "broken": {broken, ok},
	} {
		f, err := eval.NewFused(eval.FusedOptions{Name: "both", Label: pair[0], Embed: pair[1], Fusion: sum{}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Score(context.Background(), eval.Request{Passages: []eval.Passage{{ID: "a", Sentences: []string{"x"}}}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}

// Systems that share another's scores cost it one run, set by set.
func TestOnce(t *testing.T) {
	calls := map[string]int{}
	label := eval.Once(counted{smallSystem(), calls})
	f, err := eval.NewFused(eval.FusedOptions{Name: "both", Label: label, Embed: label, Fusion: sum{}})
	if err != nil {
		t.Fatal(err)
	}
	data := read(t, "s", small+`{"id":"b","dataset":"z","query":"q","text":"One. Two. Three.","relevant":[[0,3]]}`)
	r := run(t, plan(t, data, eval.PlanOptions{}), eval.Options{Resamples: -1, Workers: 1}, label, f)
	if diff := cmp.Diff(map[string]int{"s/a": 1, "s/b": 1, "z/b": 1}, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	a, b := r.Systems[0].Mean.Ranked[eval.AveragePrecision], r.Systems[1].Mean.Ranked[eval.AveragePrecision]
	if a != b {
		t.Errorf("twice the score ranks otherwise: %v, %v", a, b)
	}
}
