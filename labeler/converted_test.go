package labeler_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/ragprune/ragprune/labeler"
	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/ort/orttest"
	"github.com/ragprune/ragprune/models/tokenizer"
)

// convertedDir holds tiny bundles that models/export/convert.py made of
// checkpoints in the published layouts, each with what PyTorch says of them.
const convertedDir = "../models/export/testdata"

// converted is one pair: the sequence that the model reads, the keep
// probability of each of its tokens, and what follows from them. Cross-encoders
// have no keep probabilities.
type converted struct {
	Query      string    `json:"query"`
	Units      []string  `json:"units"`
	IDs, Types []int64   `json:",omitempty"`
	Keep       []float64 `json:"keep"`
	Scores     []float64 `json:"scores"`
	Logit      float64   `json:"logit"`
}

func convertedBundles(t *testing.T) []*models.Bundle {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(convertedDir, "*"))
	if err != nil || len(dirs) < 12 {
		t.Fatalf("%d bundles in %s, %v", len(dirs), convertedDir, err)
	}
	var out []*models.Bundle
	for _, dir := range dirs {
		b, err := models.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Verify(); err != nil {
			t.Fatal(err)
		}
		if b.Kind != models.KindEmbedder {
			out = append(out, b)
		}
	}
	return out
}

func convertedPairs(t *testing.T, b *models.Bundle) []converted {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(b.Dir, "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []converted }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) < 4 {
		t.Fatalf("%s has %d golden pairs", b.Name, len(file.Cases))
	}
	return file.Cases
}

// Every converted graph gives the probabilities of PyTorch within 1e-4, for the
// token ids that the reference feeds.
func TestConvertedGraphsMatchPyTorch(t *testing.T) {
	runtime := orttest.Start(t)
	for _, b := range convertedBundles(t) {
		t.Run(b.Name, func(t *testing.T) {
			session := orttest.Open(t, runtime, b)
			for _, p := range convertedPairs(t, b) {
				outputs, err := session.Run(p.IDs, p.Types)
				if err != nil {
					t.Fatal(err)
				}
				for i, x := range outputs[0][:len(p.Keep)] {
					near(t, "keep probability", logistic(float64(x)), p.Keep[i], 1e-4)
				}
				rank := outputs[len(outputs)-1][0]
				near(t, "relevance", logistic(float64(rank)), logistic(p.Logit), 1e-4)
			}
		})
	}
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// From text to scores, with the bundle's tokenizer and manifest: the scores of
// units and the relevance of the reference within 1e-4.
func TestConvertedBundlesMatchPyTorch(t *testing.T) {
	runtime := orttest.Start(t)
	for _, b := range convertedBundles(t) {
		t.Run(b.Name, func(t *testing.T) {
			tok, err := tokenizer.Load(b.TokenizerPath())
			if err != nil {
				t.Fatal(err)
			}
			label := labelFunc(t, b, labeler.Options{Runner: orttest.Open(t, runtime, b), Tokenizer: tok, Manifest: b.Manifest, Workers: 2})
			for _, p := range convertedPairs(t, b) {
				scores, logit, _, err := label(t.Context(), p.Query, "", p.Units)
				if err != nil {
					t.Fatal(err)
				}
				for i, want := range p.Scores {
					near(t, "score of "+p.Units[i], float64(scores[i]), want, 1.1e-4)
				}
				near(t, "relevance", logistic(float64(logit)), logistic(p.Logit), 1e-4)
			}
		})
	}
}

type labelling func(ctx context.Context, query, title string, units []string) ([]float32, float32, int, error)

// labelFunc is Label of what runs the bundle's kind.
func labelFunc(t *testing.T, b *models.Bundle, o labeler.Options) labelling {
	t.Helper()
	if b.Kind == models.KindReranker {
		c, err := labeler.NewCross(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c.Label
	}
	l, err := labeler.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l.Label
}
