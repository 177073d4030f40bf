package rerank_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/ort/orttest"
	"github.com/ragprune/ragprune/models/tokenizer"
	"github.com/ragprune/ragprune/rerank"
)

// Embedders that models/export/convert.py made of tiny checkpoints give the
// vectors of PyTorch, for both kinds of pooling and with the query's prefix.
func TestConvertedEmbeddersMatchPyTorch(t *testing.T) {
	runtime := orttest.Start(t)
	for _, name := range []string{"embedder-bert", "embedder-xlm-roberta"} {
		t.Run(name, func(t *testing.T) {
			bundle, err := models.Open(filepath.Join("../models/export/testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			tok, err := tokenizer.Load(bundle.TokenizerPath())
			if err != nil {
				t.Fatal(err)
			}
			o := embedderOptions(t, orttest.Open(t, runtime, bundle))
			o.Tokenizer, o.Manifest = tok, bundle.Manifest
			compareVectors(t, newEmbedder(t, o), bundle.Dir)
		})
	}
}

func compareVectors(t *testing.T, e *rerank.Embedder, dir string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Query       string      `json:"query"`
			Units       []string    `json:"units"`
			QueryVector []float64   `json:"query_vector"`
			UnitVectors [][]float64 `json:"unit_vectors"`
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) < 4 {
		t.Fatalf("only %d golden pairs", len(file.Cases))
	}
	for _, c := range file.Cases {
		query, err := e.EmbedQuery(t.Context(), c.Query)
		if err != nil {
			t.Fatal(err)
		}
		units, err := e.EmbedTexts(t.Context(), c.Units)
		if err != nil {
			t.Fatal(err)
		}
		got, want := append(query.Vectors, units.Vectors...), append([][]float64{c.QueryVector}, c.UnitVectors...)
		for i, v := range want {
			for k, x := range v {
				if math.Abs(float64(got[i][k])-x) > 1e-4 {
					t.Fatalf("vector %d of %q differs: %v, want %v", i, c.Query, got[i], v)
				}
			}
		}
	}
}
