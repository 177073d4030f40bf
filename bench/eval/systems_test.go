package eval_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ragprune/ragprune/bench/eval"
	"github.com/ragprune/ragprune/rerank"
)

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func request() eval.Request {
	return eval.Request{Set: "s", ID: "1", Query: "who built the tower", Passages: []eval.Passage{
		{ID: "1", Title: "Tower", Sentences: []string{"It is old.", "Ana built the tower.", "It is tall."}},
		{ID: "2", Sentences: []string{"Herring is a fish."}},
	}}
}

func score(t *testing.T, s eval.System) []eval.Scores {
	t.Helper()
	out, err := s.Score(context.Background(), request())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestBaselines(t *testing.T) {
	nan := math.NaN()
	approx := []cmp.Option{cmpopts.EquateApprox(0, 1e-6), cmpopts.EquateNaNs()}
	want := []eval.Scores{{Sentences: []float32{1, 1, 1}, Passage: nan}, {Sentences: []float32{1}, Passage: nan}}
	if diff := cmp.Diff(want, score(t, eval.All{}), approx...); diff != "" {
		t.Errorf("all (-want +got):\n%s", diff)
	}
	want = []eval.Scores{{Sentences: []float32{1, 0.5, 1.0 / 3}, Passage: nan}, {Sentences: []float32{1}, Passage: nan}}
	if diff := cmp.Diff(want, score(t, eval.First{}), approx...); diff != "" {
		t.Errorf("first (-want +got):\n%s", diff)
	}
	chance := score(t, eval.Random{Seed: 1})
	if diff := cmp.Diff(chance, score(t, eval.Random{Seed: 1})); diff != "" {
		t.Errorf("the same seed gives other scores:\n%s", diff)
	}
	if cmp.Equal(chance, score(t, eval.Random{Seed: 2})) {
		t.Error("another seed gives the same scores")
	}
	words := score(t, eval.BM25{})
	if s := words[0].Sentences; s[1] <= s[0] || s[1] <= s[2] || words[0].Passage <= words[1].Passage {
		t.Errorf("BM25 gives %v", words)
	}
}

// The preset k keeps exactly the first k sentences.
func TestFirstPresets(t *testing.T) {
	r := request()
	r.Passages[0].Sentences = make([]string, 30)
	scores, err := eval.First{}.Score(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	for name, threshold := range (eval.First{}).Info().Presets {
		kept := 0
		for _, s := range scores[0].Sentences {
			if float64(s) > threshold {
				kept++
			}
		}
		if got := fmt.Sprintf("k=%d", kept); got != name {
			t.Errorf("preset %s keeps the %s", name, got)
		}
	}
}

// labeler is a model that scores sentences by their length.
type labeler struct{ err error }

func (l labeler) Label(_ context.Context, query, title string, units []string) ([]float32, float32, int, error) {
	scores := make([]float32, len(units))
	for i, u := range units {
		scores[i] = float32(len(u)) / 100
	}
	return scores, float32(len(query) + len(title)), 1, l.err
}

func TestLabel(t *testing.T) {
	l, err := eval.NewLabel(eval.LabelOptions{Name: "model", Labeler: labeler{}, Calibration: rerank.Calibration{Scale: 0.1, Bias: -2.4}})
	if err != nil {
		t.Fatal(err)
	}
	// Query and title have 24 letters.
	want := eval.Scores{Sentences: []float32{0.1, 0.2, 0.11}, Passage: 0.5}
	if diff := cmp.Diff(want, score(t, l)[0], cmpopts.EquateApprox(0, 1e-6)); diff != "" {
		t.Errorf("scores (-want +got):\n%s", diff)
	}
	broken, err := eval.NewLabel(eval.LabelOptions{Name: "model", Labeler: labeler{errors.New("broken")}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := broken.Score(context.Background(), request()); err == nil || !strings.Contains(err.Error(), "passage 1: broken") {
		t.Errorf("error %v", err)
	}
	if _, err := eval.NewLabel(eval.LabelOptions{Name: "model"}); err == nil {
		t.Error("no error without a labeler")
	}
}

// embedder counts letters a, b and c; it is asked for each text once.
type embedder struct{ texts map[string]int }

func (e embedder) vector(text string) []float32 {
	v := make([]float32, 3)
	for _, r := range text {
		if r >= 'a' && r <= 'c' {
			v[r-'a']++
		}
	}
	return v
}

func (e embedder) EmbedQuery(_ context.Context, query string) (eval.Vectors, error) {
	return eval.Vectors{e.vector(query)}, nil
}

// Embed reads a text in the parts between its bars.
func (e embedder) Embed(_ context.Context, texts []string) ([]eval.Vectors, error) {
	out := make([]eval.Vectors, len(texts))
	for i, t := range texts {
		e.texts[t]++
		for part := range strings.SplitSeq(t, "|") {
			out[i] = append(out[i], e.vector(part))
		}
	}
	return out, nil
}

func TestEmbed(t *testing.T) {
	counts := map[string]int{}
	e, err := eval.NewEmbed(eval.EmbedOptions{Name: "letters", Embedder: embedder{counts}})
	if err != nil {
		t.Fatal(err)
	}
	r := eval.Request{Query: "aab", Passages: []eval.Passage{{Sentences: []string{"aaaabb", "c", "ab", "xyz"}}, {Sentences: []string{"c", "c|b|c"}}}}
	for range 2 {
		got, err := e.Score(context.Background(), r)
		if err != nil {
			t.Fatal(err)
		}
		ab, b := float32(3/math.Sqrt(10)), float32(1/math.Sqrt(5))
		want := []eval.Scores{{Sentences: []float32{1, 0, ab, 0}, Passage: 1}, {Sentences: []float32{0, b}, Passage: float64(b)}}
		if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-6)); diff != "" {
			t.Errorf("scores (-want +got):\n%s", diff)
		}
	}
	for text, n := range counts {
		if n > 1 {
			t.Errorf("%q was embedded %d times", text, n)
		}
	}
	if _, err := eval.NewEmbed(eval.EmbedOptions{Name: "x"}); err == nil {
		t.Error("no error without an embedder")
	}
}

// The vectors that are remembered are bounded.
func TestEmbedForgets(t *testing.T) {
	counts := map[string]int{}
	e, err := eval.NewEmbed(eval.EmbedOptions{Name: "letters", Embedder: embedder{counts}, Remember: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, sentences := range [][]string{{"a"}, {"b"}, {"c"}, {"a"}, {"a", "b", "c"}} {
		if _, err := e.Score(context.Background(), eval.Request{Query: "a", Passages: []eval.Passage{{Sentences: sentences}}}); err != nil {
			t.Fatal(err)
		}
	}
	if counts["a"] != 2 || counts["b"] != 2 {
		t.Errorf("embedded %v; a was forgotten once, and remembered once", counts)
	}
}

func TestExternal(t *testing.T) {
	p := plan(t, read(t, "s", small), eval.PlanOptions{})
	var pairs bytes.Buffer
	if err := p.WritePairs(&pairs); err != nil {
		t.Fatal(err)
	}
	// What another program would do: add scores to every line.
	scores := map[string]string{
		`"id":"a","query"`:   `"scores":[0.8,0.6,0.1,0.4],"score":0.9`,
		`"id":"b","query"`:   `"scores":[0.7,0.3,0.2],"score":0.3`,
		`"id":"a","passage"`: `"scores":[0.5,0],"score":0.5`,
	}
	var lines strings.Builder
	for line := range strings.Lines(pairs.String()) {
		for key, add := range scores {
			if strings.Contains(line, key) {
				lines.WriteString(strings.Replace(line, "}\n", ","+add+"}\n", 1))
			}
		}
	}
	path := filepath.Join(t.TempDir(), "scores.jsonl")
	writeFile(t, path, lines.String())
	e, err := eval.ReadScores("fixed", path)
	if err != nil {
		t.Fatal(err)
	}
	if errs := e.Check(p); len(errs) > 0 {
		t.Errorf("problems %v", errs)
	}
	theirs := run(t, p, eval.Options{Resamples: 10}, e)
	ours := run(t, p, eval.Options{Resamples: 10}, fixed{info: e.Info(), scores: smallSystem().scores})
	if diff := cmp.Diff(ours.Systems[0].Mean.Ranked, theirs.Systems[0].Mean.Ranked); diff != "" {
		t.Errorf("figures differ (-computed +read):\n%s", diff)
	}
}

// Rows without scores are named and left out of this system alone.
func TestExternalMissing(t *testing.T) {
	p := plan(t, read(t, "s", small), eval.PlanOptions{})
	path := filepath.Join(t.TempDir(), "scores.jsonl")
	writeFile(t, path, `{"id":"b","dataset":"s","scores":[5,-1,2]}`+"\n")
	e, err := eval.ReadScores("part", path)
	if err != nil {
		t.Fatal(err)
	}
	if errs := e.Check(p); len(errs) != 1 || !strings.Contains(errs[0].Error(), `no scores for id "a" of s`) {
		t.Errorf("problems %v", errs)
	}
	r := run(t, p, eval.Options{Resamples: -1}, e).Systems[0]
	if r.Mean.Missing != 1 || r.Absolute || r.Probability {
		t.Errorf("%d missing, want 1; scores beyond 0 to 1 are no probabilities: %+v", r.Mean.Missing, r.Info)
	}
	wantFigures(t, "part", r.Mean.Ranked, map[eval.Measure]float64{eval.AveragePrecision: 1.0 / 3, eval.DocumentAUC: math.NaN()})
	writeFile(t, path, `{"id":"a","scores":[1]}`+"\n"+`{"id":"b","score":1}`)
	if e, err = eval.ReadScores("part", path); err != nil {
		t.Fatal(err)
	}
	if errs := e.Check(p); len(errs) != 1 || !strings.Contains(errs[0].Error(), "1 scores for 4 sentences") {
		t.Errorf("problems %v", errs)
	}
}

func TestExternalAmbiguous(t *testing.T) {
	p := plan(t, read(t, "s", small+`{"id":"b","dataset":"z","query":"q","text":"One.","answer":"One"}`), eval.PlanOptions{})
	path := filepath.Join(t.TempDir(), "scores.jsonl")
	writeFile(t, path, `{"id":"a","scores":[1,2,3,4]}`+"\n"+`{"id":"b","scores":[1,2,3]}`)
	e, err := eval.ReadScores("x", path)
	if err != nil {
		t.Fatal(err)
	}
	if errs := fmt.Sprint(e.Check(p)); !strings.Contains(errs, `id "b" is in several sets`) {
		t.Errorf("problems %v", errs)
	}
}

func TestReadScoresRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scores.jsonl")
	for line, want := range map[string]string{
		`{`: "scores.jsonl:2: ", `{"scores":[1]}`: "id is missing", `{"id":"x"}`: "neither scores nor score",
		`{"id":"a","passage":"a","scores":[2]}`: "already given",
	} {
		writeFile(t, path, `{"id":"a","scores":[1]}`+"\n"+line)
		if _, err := eval.ReadScores("x", path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one that says %q", line, err, want)
		}
	}
	if _, err := eval.ReadScores("x", filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
