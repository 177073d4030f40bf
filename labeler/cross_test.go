package labeler_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/ragprune/ragprune/labeler"
	"github.com/ragprune/ragprune/models"
)

// lengthRunner is a cross-encoder whose logit is the number of tokens of a text
// less ten, and which remembers the longest sequence.
type lengthRunner struct {
	mu      sync.Mutex
	runs    int
	longest int
	outputs int // 0 means 1
}

func (r *lengthRunner) Run(ids, types []int64) ([][]float32, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.runs++
	r.longest = max(r.longest, len(ids))
	var text float32
	for _, t := range types {
		text += float32(t)
	}
	return append([][]float32{{text - 1 - 10}}, make([][]float32, r.outputs)...), nil
}

func newCross(t *testing.T, r labeler.Runner) *labeler.Cross {
	t.Helper()
	b, tok := defaultBundle(t)
	m := b.Manifest
	m.UnitCalibration = nil
	m.Kind, m.Outputs, m.Calibration = models.KindReranker, models.Outputs{Rank: "rank"}, models.Calibration{Scale: 0.5, Bias: 1}
	c, err := labeler.NewCross(labeler.Options{Runner: r, Tokenizer: tok, Manifest: m, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Each unit is scored by itself, the document as a whole, and what is longer
// than a window by its best window.
func TestCross(t *testing.T) {
	r := &lengthRunner{}
	c := newCross(t, r)
	units := []string{"One two three.", "", strings.Repeat("word ", 600)}
	scores, logit, tokens, err := c.Label(t.Context(), "a query", "", units)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "a short unit", float64(scores[0]), 1/(1+math.Exp(-(0.5*(4-10)+1))), 1e-6)
	if scores[1] != 0 {
		t.Errorf("a unit without tokens scores %v", scores[1])
	}
	b, tok := defaultBundle(t)
	if r.longest > b.WindowTokens || logit < 100 || tokens < 2*tok.Count(units[2]) {
		t.Errorf("longest window %d, logit %v, %d tokens", r.longest, logit, tokens)
	}
	runs := r.runs
	if _, logit, _, err = c.Label(t.Context(), "a query", "", units[:1]); err != nil || logit != 4-10 || r.runs != runs+1 {
		t.Errorf("a document of one unit: logit %v, %d runs, %v", logit, r.runs-runs, err)
	}
}

func TestCrossErrors(t *testing.T) {
	if _, _, _, err := newCross(t, &lengthRunner{}).Label(t.Context(), "q", "", nil); !errors.Is(err, labeler.ErrNoUnits) {
		t.Errorf("no units: error is %v", err)
	}
	if _, _, _, err := newCross(t, &lengthRunner{outputs: 1}).Label(t.Context(), "q", "", []string{"x"}); err == nil {
		t.Error("a graph with two outputs is accepted")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, _, err := newCross(t, &lengthRunner{}).Label(ctx, "q", "", []string{"x"}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: error is %v", err)
	}
	b, tok := defaultBundle(t)
	if _, err := labeler.NewCross(labeler.Options{Runner: &lengthRunner{}, Tokenizer: tok, Manifest: b.Manifest}); err == nil {
		t.Error("a pruner is accepted as a cross-encoder")
	}
}

// The normalisation of a manifest reaches the model, and makes room in Fit.
func TestProvenceQuery(t *testing.T) {
	seen := &idsRunner{}
	_, tok := defaultBundle(t)
	l := newLabeler(t, seen, func(o *labeler.Options) { o.Manifest.QueryNormalization = models.ProvenceQuery })
	if _, _, _, err := l.Label(t.Context(), "  What's the CAT's\tname?! ", "", []string{"x"}); err != nil {
		t.Fatal(err)
	}
	want := tok.Count("whats the cats name")
	if got := len(seen.ids) - len("x") - 3; got != want {
		t.Errorf("the model reads a query of %d tokens, want %d", got, want)
	}
	long := strings.Repeat("a, b; c. ", 20) // 60 words and as many marks
	if fitted, cut := l.Fit(long); cut || fitted != long {
		t.Errorf("Fit cuts a query whose words fit to %q", fitted)
	}
	if fitted, cut := l.Fit(strings.Repeat("a, ", 100)); !cut || fitted != strings.TrimSuffix(strings.Repeat("a, ", 64), " ") {
		t.Errorf("Fit cuts to %q", fitted)
	}
}

type idsRunner struct{ ids []int64 }

func (r *idsRunner) Run(ids, _ []int64) ([][]float32, error) {
	r.ids = ids
	return [][]float32{make([]float32, len(ids)), {0}}, nil
}

// A graph may give two keep logits per token.
func TestSoftmax(t *testing.T) {
	l := newLabeler(t, twoLogits{}, func(o *labeler.Options) { o.Manifest.Activation, o.Manifest.UnitCalibration = models.Softmax, nil })
	scores, _, _, err := l.Label(t.Context(), "q", "", []string{"one"})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "score", float64(scores[0]), math.Exp(3)/(math.Exp(3)+math.Exp(1)), 1e-6)
	l = newLabeler(t, &idsRunner{}, func(o *labeler.Options) { o.Manifest.Activation = models.Softmax })
	if _, _, _, err := l.Label(t.Context(), "q", "", []string{"one"}); err == nil {
		t.Error("one logit per token is accepted for a softmax")
	}
}

type twoLogits struct{}

func (twoLogits) Run(ids, _ []int64) ([][]float32, error) {
	var keep []float32
	for range ids {
		keep = append(keep, 1, 3)
	}
	return [][]float32{keep, {0}}, nil
}
