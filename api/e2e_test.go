package api_test

import (
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/api/client"
	"github.com/ragprune/ragprune/cache"
	"github.com/ragprune/ragprune/labeler"
	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/ort"
	"github.com/ragprune/ragprune/models/tokenizer"
	"github.com/ragprune/ragprune/prune"
	"github.com/ragprune/ragprune/rerank"
)

// newReal is a pruner with the default bundle, as the program builds it, and
// the registry of its metrics.
func newReal(t *testing.T) (*prune.Pruner, *prometheus.Registry) {
	t.Helper()
	bundle := must(t)(models.Open(filepath.Join("..", "models", "ragprune-small")))
	tok := must(t)(tokenizer.Load(bundle.TokenizerPath()))
	runtime := must(t)(ort.Start(must(t)(ort.Locate(os.Getenv("RAGPRUNE_ORT_LIBRARY")))))
	t.Cleanup(func() {
		if err := runtime.Close(); err != nil {
			t.Error(err)
		}
	})
	session := must(t)(runtime.Open(bundle.ModelPath(), ort.Options{
		IDs: bundle.Inputs.IDs, Mask: bundle.Inputs.Mask, Types: bundle.Inputs.Types,
		Outputs: []string{bundle.Outputs.Keep, bundle.Outputs.Rank},
	}))
	t.Cleanup(func() {
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	})
	registry := prometheus.NewRegistry()
	l := must(t)(labeler.New(labeler.Options{Runner: session, Tokenizer: tok, Manifest: bundle.Manifest, Registry: registry}))
	t.Cleanup(l.Close)
	store := must(t)(cache.NewMemory(cache.Options{Bytes: 16 << 20, Registry: registry}))
	return must(t)(prune.New(prune.Options{
		Labeler: l, Counter: tok, Store: store, Model: bundle.ID(),
		Presets: bundle.Thresholds.Presets, DefaultPreset: bundle.Thresholds.Default,
		Calibration: rerank.Calibration(bundle.Calibration), Registry: registry,
	})), registry
}
