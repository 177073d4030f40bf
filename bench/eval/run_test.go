package eval_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/bench/eval"
)

// The same seed gives the same report, another one other intervals around the
// same figures.
func TestRunIsDeterministic(t *testing.T) {
	p := plan(t, read(t, "s", small), eval.PlanOptions{})
	once := func(seed uint64) *eval.Report {
		r := run(t, p, eval.Options{Resamples: 50, Seed: seed, Workers: 2}, smallSystem(), eval.Random{Seed: 7})
		for i := range r.Systems { // times differ
			r.Systems[i].Mean.Seconds, r.Systems[i].Sets[0].Seconds = 0, 0
		}
		return r
	}
	first := once(1)
	if diff := cmp.Diff(first, once(1)); diff != "" {
		t.Errorf("the same run differs:\n%s", diff)
	}
	e := first.Systems[0].Mean.Ranked[eval.AveragePrecision]
	if !(e.Low < e.Value && e.Value < e.High) {
		t.Errorf("interval %v holds its figure not strictly", e)
	}
	other := once(2).Systems[0].Mean.Ranked[eval.AveragePrecision]
	if other.Value != e.Value {
		t.Errorf("the seed changes a figure: %v, %v", e, other)
	}
}

// The mean is over sets where a figure is defined, and the difference to the
// first system is that of the means, zero wide for equal systems.
func TestMeanAndBehind(t *testing.T) {
	data := read(t, "s", small+`{"id":"a","dataset":"z","query":"q","text":"One. Two.","sentences":[[0,4],[5,9]],"relevant":[1]}`)
	twin := smallSystem()
	twin.info.Name = "twin"
	system := smallSystem()
	p := plan(t, data, eval.PlanOptions{})
	for i := range p.Sets {
		if p.Sets[i].Name == "z" {
			p.Sets[i].Queries[0].Passages[0].ID = "z" // ids are unique in a set only
		}
	}
	for _, s := range []fixed{system, twin} {
		s.scores["z"] = eval.Scores{Sentences: []float32{0.9, 0.1}, Passage: 0.2}
	}
	r := run(t, p, eval.Options{Resamples: 20}, system, twin, eval.All{})
	wantFigures(t, "mean", r.Systems[0].Mean.Ranked, map[eval.Measure]float64{
		eval.AveragePrecision: (0.625 + 0.5) / 2,
		eval.DocumentAUC:      0.5, // of set s alone: z has no negative
	})
	if r.Systems[0].Behind != nil {
		t.Error("the first system is behind itself")
	}
	if e := r.Systems[1].Behind[eval.AveragePrecision]; e != (eval.Estimate{}) {
		t.Errorf("a twin is behind by %v", e)
	}
	// Keeping all has no curve and no order of passages.
	wantFigures(t, "all", r.Systems[2].Mean.Ranked, map[eval.Measure]float64{eval.Area: math.NaN(), eval.DocumentAUC: math.NaN()})
	if e := r.Systems[2].Mean.At[0]; e[eval.AnswerKept].Value != 1 || e[eval.CharactersRemoved].Value != 0 {
		t.Errorf("keep all gives %v", e)
	}
}

// A passage is scored once by each system, whatever is measured.
func TestEveryPassageOnce(t *testing.T) {
	p := plan(t, read(t, "s", small), eval.PlanOptions{Negatives: 2})
	var told atomic.Int64
	run(t, p, eval.Options{Resamples: -1, Progress: func(n int) { told.Add(int64(n)) }}, smallSystem(), eval.All{})
	if want := int64(2 * p.Passages()); told.Load() != want {
		t.Errorf("%d passages were scored, want %d", told.Load(), want)
	}
}

func TestRunRefuses(t *testing.T) {
	p := plan(t, read(t, "s", small), eval.PlanOptions{})
	failing, short, nan := smallSystem(), smallSystem(), smallSystem()
	failing.err = errors.New("out of order")
	short.scores["b"] = eval.Scores{Sentences: []float32{1}}
	nan.scores["b"] = eval.Scores{Sentences: []float32{1, 0, float32(math.NaN())}}
	tests := map[string]struct {
		systems []eval.System
		options eval.Options
		want    string
	}{
		"no system":    {nil, eval.Options{}, "no system"},
		"same names":   {[]eval.System{eval.All{}, eval.All{}}, eval.Options{}, `two systems are called "all"`},
		"threshold":    {[]eval.System{eval.All{}}, eval.Options{Thresholds: []float64{2}}, "threshold 2"},
		"fault":        {[]eval.System{failing}, eval.Options{}, "system fixed, set s: row"},
		"too few":      {[]eval.System{short}, eval.Options{}, "passage b: 1 scores for 3 sentences"},
		"not a number": {[]eval.System{nan}, eval.Options{}, "passage b: a score is not a number"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := eval.Run(context.Background(), p, tt.systems, tt.options)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one that says %q", err, tt.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := eval.Run(ctx, p, []eval.System{eval.All{}}, eval.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

// What is written can be read, and is the same.
func TestReportJSON(t *testing.T) {
	r := run(t, plan(t, read(t, "s", small), eval.PlanOptions{Negatives: 1}), eval.Options{Resamples: 10}, smallSystem(), eval.All{}, eval.BM25{})
	path := filepath.Join(t.TempDir(), "r.json")
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, b.String())
	got, err := eval.ReadReport(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r.Systems, got.Systems); diff != "" {
		t.Errorf("systems (-written +read):\n%s", diff)
	}
	for text, want := range map[string]string{
		"{": "not a report", `{"format":7}`: "format is 7", `{"format":1,"sets":[{}],"systems":[{}]}`: "figures of 0 sets",
		`{"format":1,"sets":[{}]}`: "no system or no set",
		`{"format":1,"sets":[{}],"systems":[{"sets":[{}],"settings":[{}]}]}`: "1 settings, but figures at 0",
	} {
		writeFile(t, path, text)
		if _, err := eval.ReadReport(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}
