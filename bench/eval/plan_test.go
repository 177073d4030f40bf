package eval_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/bench/eval"
)

// passages lists, for each query of a set, the ids of its passages.
func passages(s eval.PlannedSet) map[string][]string {
	out := map[string][]string{}
	for _, q := range s.Queries {
		for _, p := range q.Passages {
			out[q.ID] = append(out[q.ID], p.ID)
		}
	}
	return out
}

// Of the passages that share a word with the query, the nearest are negatives;
// those that help are not.
func TestNegatives(t *testing.T) {
	data := read(t, "s", `
{"id":"own","query":"who built the tower","text":"The tower was built by Ana in 1920.","answer":"Ana"}
{"id":"same query","query":"Who  built THE tower","text":"Built in stone, the tower stands.","positive":false}
{"id":"answer","query":"x1","text":"ANA keeps the tower she built.","relevant":[[0,3]]}
{"id":"part of a word","query":"x2","text":"Anatol built the tower of Pisa.","relevant":[[0,6]]}
{"id":"relevant sentence","query":"x3","text":"See here. The tower was built by Ana in 1920.","relevant":[[0,3]]}
{"id":"near","query":"x4","text":"The bridge and the tower are old.","relevant":[[0,3]]}
{"id":"copy of near","query":"x5","text":"The bridge and the tower are old.","relevant":[[0,3]]}
{"id":"far","query":"x6","text":"Herring.","relevant":[[0,3]]}
`)
	got := passages(plan(t, data, eval.PlanOptions{Negatives: 5}).Sets[0])["own"]
	// The labelled negative of the same query is ranked, too.
	want := []string{"own", "part of a word", "near", "same query"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("passages (-want +got):\n%s", diff)
	}
	got = passages(plan(t, data, eval.PlanOptions{Negatives: 1}).Sets[0])["own"]
	if diff := cmp.Diff([]string{"own", "part of a word", "same query"}, got); diff != "" {
		t.Errorf("passages with one hard negative (-want +got):\n%s", diff)
	}
}

// A labelled negative without a positive of its query is a query by itself.
func TestLabelledNegativeAlone(t *testing.T) {
	p := plan(t, read(t, "s", `
{"id":"yes","query":"q","text":"One.","answer":"one"}
{"id":"no","query":"other","text":"Two.","positive":false}
`), eval.PlanOptions{})
	want := map[string][]string{"yes": {"yes"}, "no": {"no"}}
	if diff := cmp.Diff(want, passages(p.Sets[0])); diff != "" {
		t.Errorf("passages (-want +got):\n%s", diff)
	}
}

func TestDraw(t *testing.T) {
	var lines strings.Builder
	for i := range 40 {
		fmt.Fprintf(&lines, `{"id":%d,"query":"towers %d","text":"%d towers.","positive":%v%s}`+"\n", i, i, i+100, i < 30, map[bool]string{true: fmt.Sprintf(`,"answer":"%d"`, i+100)}[i < 30])
	}
	data := read(t, "s", lines.String()+`{"id":1,"dataset":"negative","query":"q","text":"x","positive":false}`)
	ids := func(o eval.PlanOptions) (positives, negatives []string, ranked int) {
		p := plan(t, data, o)
		if diff := cmp.Diff([]string{"negative"}, p.Skipped); diff != "" {
			t.Errorf("skipped (-want +got):\n%s", diff)
		}
		for _, q := range p.Sets[0].Queries {
			if q.Row.Positive {
				positives = append(positives, q.ID)
			} else {
				negatives = append(negatives, q.ID)
			}
			if len(q.Passages) > 1 {
				ranked++
			}
		}
		return positives, negatives, ranked
	}
	all, labelled, _ := ids(eval.PlanOptions{Seed: 1})
	if len(all) != 30 || len(labelled) != 10 {
		t.Errorf("%d positives and %d negatives, want all of them", len(all), len(labelled))
	}
	some, labelled, ranked := ids(eval.PlanOptions{Seed: 1, Limit: 5, Negatives: 1, Ranked: 2})
	if diff := cmp.Diff(all[:5], some); diff != "" || len(labelled) != 3 || ranked != 2 {
		t.Errorf("%d negatives, want 3; %d ranked, want 2; positives (-want +got):\n%s", len(labelled), ranked, diff)
	}
	if other, _, _ := ids(eval.PlanOptions{Seed: 2, Limit: 5}); cmp.Equal(some, other) {
		t.Error("another seed draws the same")
	}
	if few, _, _ := ids(eval.PlanOptions{Seed: 1, Characters: 25}); len(few) != 3 { // of 11 characters each
		t.Errorf("%d positives within 25 characters, want 3", len(few))
	}
}

func TestNothingToMeasure(t *testing.T) {
	_, err := eval.NewPlan(read(t, "s", `{"id":1,"query":"q","text":"x","positive":false}`), eval.PlanOptions{})
	if err == nil || !strings.Contains(err.Error(), "no row is positive") {
		t.Errorf("error %v", err)
	}
	if _, err := eval.NewPlan(read(t, "s", small), eval.PlanOptions{Limit: -1}); err == nil {
		t.Error("no error for a negative limit")
	}
}
