package eval_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/bench/eval"
	"github.com/ragprune/ragprune/bench/eval/dataset"
)

// fixed gives every passage the scores under its id.
type fixed struct {
	info   eval.Info
	scores map[string]eval.Scores
	err    error
}

func (f fixed) Info() eval.Info { return f.info }

func (f fixed) Score(_ context.Context, r eval.Request) ([]eval.Scores, error) {
	out := make([]eval.Scores, len(r.Passages))
	for i, p := range r.Passages {
		out[i] = f.scores[p.ID]
	}
	return out, f.err
}

// words counts fields.
type words struct{}

func (words) Count(text string) int { return len(strings.Fields(text)) }

func read(t *testing.T, set, lines string) *dataset.Data {
	t.Helper()
	data, err := dataset.ReadStream(set, strings.NewReader(lines))
	if err != nil || len(data.Problems) > 0 {
		t.Fatal(err, data.Problems)
	}
	return data
}

func plan(t *testing.T, data *dataset.Data, o eval.PlanOptions) *eval.Plan {
	t.Helper()
	p, err := eval.NewPlan(data, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Three rows of sentences of 10 characters and 2 words: a has two relevant
// sentences and no answer, b an answer that is in two places, and c is labelled
// as not helping the query of a.
const small = `
{"id":"a","query":"alpha","text":"aaaa aaaa.bbbb bbbb.cccc cccc.dddd dddd.","sentences":[[0,10],[10,20],[20,30],[30,40]],"relevant":[0,2]}
{"id":"b","query":"beta","text":"eeee eeee.ffff ffff.gggg gggg.","sentences":[[0,10],[10,20],[20,30]],"relevant":[1],"answer":["GGGG","eeee. ffff","eeee.ffff"]}
{"id":"c","query":"Alpha","text":"hhhh hhhh.iiii iiii.","sentences":[[0,10],[10,20]],"relevant":[]}
`

func smallSystem() fixed {
	return fixed{
		info: eval.Info{Name: "fixed", Absolute: true, Probability: true, Presets: map[string]float64{"low": 0.15}},
		scores: map[string]eval.Scores{
			"a": {Sentences: []float32{0.8, 0.6, 0.1, 0.4}, Passage: 0.9},
			"b": {Sentences: []float32{0.7, 0.3, 0.2}, Passage: 0.3},
			"c": {Sentences: []float32{0.5, 0}, Passage: 0.5},
		},
	}
}

func run(t *testing.T, p *eval.Plan, o eval.Options, systems ...eval.System) *eval.Report {
	t.Helper()
	r, err := eval.Run(context.Background(), p, systems, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func wantFigures(t *testing.T, what string, got map[eval.Measure]eval.Estimate, want map[eval.Measure]float64) {
	t.Helper()
	for name, w := range want {
		e, ok := got[name]
		if math.IsNaN(w) != !ok || ok && math.Abs(e.Value-w) > 1e-6 {
			t.Errorf("%s: %s is %v (%v), want %v", what, name, e.Value, ok, w)
		}
	}
}

// Every figure of the small data, worked out by hand.
func TestFigures(t *testing.T) {
	r := run(t, plan(t, read(t, "s", small), eval.PlanOptions{}), eval.Options{Thresholds: []float64{0.5}, Resamples: -1, Counter: words{}}, smallSystem())
	f := r.Systems[0].Sets[0]
	wantFigures(t, "ranked", f.Ranked, map[eval.Measure]float64{
		// a: relevant at ranks 1 and 4; b: at rank 2.
		eval.AveragePrecision: ((1+0.5)/2 + 0.5) / 2,
		// Positives 0.9 and 0.3 against 0.5; only a has a negative beside it.
		eval.DocumentAUC: 0.5, eval.DocumentMRR: 1, eval.DocumentNDCG: 1,
		// Positives weigh 1/4 each, the negative 1/2.
		eval.DocumentECE: 0.25*0.1 + 0.25*0.7 + 0.5*0.5,
		// One of seven in each bin, relevant: 0.8, 0.1, 0.3.
		eval.SentenceECE: (0.2 + 0.6 + 0.9 + 0.4 + 0.7 + 0.7 + 0.2) / 7,
		// Answers come in at 0.8 (a) and 0.3 (b: the first two sentences) while
		// sentences do at 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1.
		eval.Area: (0.25 + 3*0.5 + 0.75 + 2) / 7, "answer_kept_at_50": 0.5, "answer_kept_at_30": 0.5 + 0.5*0.9,
	})
	wantFigures(t, "at 0.5", f.At[0], map[eval.Measure]float64{
		eval.AnswerKept: 0.5, eval.RelevantKept: 0.5, eval.Emptied: 0,
		eval.CharactersRemoved: 4.0 / 7, eval.TokensRemoved: 4.0 / 7, eval.NegativesRemoved: 1,
		eval.Precision: 1.0 / 3, eval.Recall: 1.0 / 3, eval.F2: 1.0 / 3,
	})
	wantFigures(t, "at low", f.At[1], map[eval.Measure]float64{
		eval.AnswerKept: 1, eval.RelevantKept: 1, eval.CharactersRemoved: 1.0 / 7, eval.NegativesRemoved: 0.5,
		eval.Precision: 2.0 / 6, eval.Recall: 2.0 / 3, eval.F2: 5 * (1.0 / 3) * (2.0 / 3) / (4.0/3 + 2.0/3),
	})
	wantSet := eval.SetInfo{Name: "s", Positives: 2, Negatives: 1, Sentences: 7, Characters: 70, Tokens: 14, Fingerprint: r.Sets[0].Fingerprint}
	if diff := cmp.Diff(wantSet, r.Sets[0]); diff != "" {
		t.Errorf("set (-want +got):\n%s", diff)
	}
	if f.Tokens != 18 {
		t.Errorf("%d tokens were scored, want 18", f.Tokens)
	}
}

// The settings come in the order of the thresholds, then the presets.
func TestSettings(t *testing.T) {
	r := run(t, plan(t, read(t, "s", small), eval.PlanOptions{}), eval.Options{Resamples: -1}, smallSystem(), eval.First{})
	got := fmt.Sprint(r.Systems[0].Settings, r.Systems[1].Settings)
	want := "[{0.05 0.05} {0.1 0.1} {0.3 0.3} {0.5 0.5} {low 0.15}] " +
		"[{k=10 0.09090909361839294} {k=5 0.1666666716337204} {k=3 0.25} {k=1 0.5}]"
	if got != want {
		t.Errorf("settings %s, want %s", got, want)
	}
}
