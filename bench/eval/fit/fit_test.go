package fit_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ragprune/ragprune/bench/eval"
	"github.com/ragprune/ragprune/bench/eval/dataset"
	"github.com/ragprune/ragprune/bench/eval/fit"
)

// ladder is a set of n passages whose answers lie at the levels 1/n, 2/n, ... 1,
// each with a passage that does not help.
func ladder(set, n int) (out []fit.Passage) {
	for i := range n {
		level := float32(i+1) / float32(n)
		out = append(out,
			fit.Passage{
				Set: set, Query: set*n + i, Positive: true, Logit: 1 + float64(i%3),
				Scores: []float32{level, 0.001}, Sizes: []int{10, 30}, Level: level,
			},
			fit.Passage{Set: set, Query: set*n + i, Logit: -2 + float64(i%5)})
	}
	return out
}

func TestPresets(t *testing.T) {
	for name, test := range map[string]struct {
		passages []fit.Passage
		aim      float64
		want     float64
	}{
		"all":         {ladder(0, 100), 1, 0.0099},
		"most":        {ladder(0, 100), 0.9, 0.1},
		"half":        {ladder(0, 100), 0.5, 0.5},
		"two digits":  {ladder(0, 80), 0.9, 0.11}, // below 9/80 = 0.1125
		"equal sets":  {append(ladder(0, 100), ladder(1, 10)...), 0.95, 0.1},
		"unreachable": {append(ladder(0, 20), fit.Passage{Query: 99, Positive: true, Scores: []float32{0}, Sizes: []int{1}}), 1, 0},
	} {
		r, err := fit.Fit(test.passages, fit.Options{Aims: map[string]float64{"it": test.aim}})
		if err != nil {
			t.Fatal(name, err)
		}
		if got := r.Presets["it"]; math.Abs(got-test.want) > 1e-12 {
			t.Errorf("%s: threshold is %v, want %v", name, got, test.want)
		}
	}
}

// Logits whose probability is known give it back.
func TestCalibration(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var passages []fit.Passage
	for i := range 20000 {
		x := random.NormFloat64() * 2
		p := fit.Passage{Query: i, Logit: (x - 1) / 2} // x = 2*logit + 1
		if random.Float64() < 1/(1+math.Exp(-x)) {
			p.Positive, p.Scores, p.Sizes, p.Level = true, []float32{0.5}, []int{1}, 0.5
		}
		passages = append(passages, p)
	}
	o := fit.Options{Aims: fit.DefaultAims()}
	r, err := fit.Fit(passages, o)
	if err != nil {
		t.Fatal(err)
	}
	if c := r.Calibration; math.Abs(c.Scale-2) > 0.1 || math.Abs(c.Bias-1) > 0.1 {
		t.Errorf("calibration is %+v, want about 2 and 1", c)
	}
	if f := fit.CrossCheck(passages, o, 5); f.Error > 0.03 {
		t.Errorf("calibration error is %v", f.Error)
	}
}

// Passages that are parted perfectly do not lead to a certainty.
func TestCalibrationOfFew(t *testing.T) {
	var passages []fit.Passage
	for i := range fit.LeastQueries {
		passages = append(passages, fit.Passage{Query: i, Positive: true, Logit: 3, Scores: []float32{1}, Sizes: []int{1}, Level: 1}, fit.Passage{Query: i, Logit: -3})
	}
	r, err := fit.Fit(passages, fit.Options{Aims: fit.DefaultAims()})
	if err != nil {
		t.Fatal(err)
	}
	if p := r.Calibration.Probability(3); p < 0.85 || p > 0.95 {
		t.Errorf("ten of ten passages give the probability %v, want about 11/12", p)
	}
}

func TestFigures(t *testing.T) {
	o := fit.Options{Aims: map[string]float64{"half": 0.5}}
	passages := ladder(0, 100)
	r, err := fit.Fit(passages, o)
	if err != nil {
		t.Fatal(err)
	}
	got := r.Check(passages, o)
	// Half of the sentences with 10 and all with 30 of 40 code points are gone.
	want := fit.Figures{Kept: map[string]float64{"half": 0.5}, Removed: map[string]float64{"half": 0.875}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(fit.Figures{}, "Error"), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Error(diff)
	}
	if f := fit.CrossCheck(passages, o, 5); math.Abs(f.Kept["half"]-0.5) > 0.05 || f.Removed["half"] < 0.8 {
		t.Errorf("cross-checked: %+v", f)
	}
}

// With Rescale a threshold means what the new calibration makes of it.
func TestRescale(t *testing.T) {
	passages := ladder(0, 100)
	o := fit.Options{Aims: map[string]float64{"most": 0.9}, Rescale: true}
	r, err := fit.Fit(passages, o)
	if err != nil {
		t.Fatal(err)
	}
	odds := math.Log(0.11 / 0.89) // of the lowest answer that is kept
	if got, below := r.Presets["most"], r.Calibration.Probability(odds); got >= below || got < below*0.9 {
		t.Errorf("threshold is %v, want a little less than %v", got, below)
	}
	if f := r.Check(passages, o); f.Kept["most"] < 0.9 {
		t.Errorf("it keeps %v", f.Kept)
	}
}

func TestFitRefuses(t *testing.T) {
	aims := fit.Options{Aims: fit.DefaultAims()}
	var alone, upside []fit.Passage
	for _, p := range ladder(0, 20) {
		if p.Positive {
			alone = append(alone, p)
		}
		p.Logit = -p.Logit
		upside = append(upside, p)
	}
	for name, test := range map[string]struct {
		passages []fit.Passage
		options  fit.Options
		want     string
	}{
		"few":          {ladder(0, 9), aims, "9 queries"},
		"no negatives": {alone, aims, "no passage that does not help"},
		"upside down":  {upside, aims, "does not rank"},
		"no aim":       {alone, fit.Options{}, "no preset"},
		"odd aim":      {alone, fit.Options{Aims: map[string]float64{"x": 1.5}}, "preset x"},
	} {
		if _, err := fit.Fit(test.passages, test.options); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error is %v, want %q", name, err, test.want)
		}
	}
}

// model likes the word yes.
type model struct{ err error }

func (m model) Label(_ context.Context, _, _ string, units []string) (scores []float32, logit float32, tokens int, err error) {
	for _, u := range units {
		score := float32(0.1)
		if strings.Contains(u, "yes") {
			score, logit = 0.9, 1
		}
		scores = append(scores, score)
	}
	return scores, logit, 0, m.err
}

func TestScore(t *testing.T) {
	data, err := dataset.ReadStream("f.jsonl", strings.NewReader(`
{"id":1,"query":"q","text":"No. Oh yes.","sentences":[[0,3],[4,11]],"relevant":[1]}
{"id":2,"query":"q","text":"No.","sentences":[[0,3]],"relevant":[]}
`))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := eval.NewPlan(data, eval.PlanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := fit.Score(t.Context(), plan, model{}, fit.ScoreOptions{Workers: 2})
	want := []fit.Passage{
		{Positive: true, Logit: 1, Scores: []float32{0.1, 0.9}, Sizes: []int{3, 7}, Level: 0.9},
		{},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error %v, difference %s", err, diff)
	}
	broken := errors.New("broken")
	if _, err := fit.Score(t.Context(), plan, model{broken}, fit.ScoreOptions{}); !errors.Is(err, broken) {
		t.Errorf("error is %v", err)
	}
}
