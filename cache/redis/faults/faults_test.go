package faults_test

import (
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ragprune/ragprune/cache/redis/faults"
	"github.com/ragprune/ragprune/cache/redis/redistest"
	"github.com/ragprune/ragprune/labeler"
	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/ort/orttest"
	"github.com/ragprune/ragprune/models/tokenizer"
	"github.com/ragprune/ragprune/models/workers"
	"github.com/ragprune/ragprune/prune"
	"github.com/ragprune/ragprune/rerank"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Whatever happens to Redis, every request gets the answer that it would have
// got without it, and Redis is used again afterwards. How fast, bench/faults
// tells: here the machine may be busy with other tests.
func TestFaults(t *testing.T) {
	if err := redistest.Available(); err != nil {
		if os.Getenv("RAGPRUNE_TEST_REQUIRE") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	runner, err := faults.New(t.Context(), faults.Options{
		Pruner: realModel(t), During: 400 * time.Millisecond, Requests: 12,
	})
	fatal(t, err)
	t.Run("all", func(t *testing.T) {
		for _, scenario := range faults.Scenarios() {
			t.Run(scenario.Name, func(t *testing.T) {
				t.Parallel()
				row, err := runner.Run(t.Context(), scenario)
				fatal(t, err)
				t.Logf("%d requests, %d documents from Redis, with %v, without %v, waited %v, recovery %v, %.1f dials/s, %d lines",
					row.Requests, row.Cached, row.With, row.Without, row.Waited, row.Recovery, row.Dials, row.Lines)
				if row.Failed != 0 || row.Wrong != 0 || row.Requests == 0 {
					t.Errorf("of %d requests %d failed and %d had a wrong answer", row.Requests, row.Failed, row.Wrong)
				}
				if row.Lines > 3 {
					t.Errorf("%d lines in the log", row.Lines)
				}
			})
		}
	})
}

// realModel opens the default bundle.
func realModel(t *testing.T) prune.Options {
	t.Helper()
	bundle, err := models.Open("../../../models/ragprune-small")
	fatal(t, err)
	fatal(t, bundle.Verify())
	tok, err := tokenizer.Load(bundle.TokenizerPath())
	fatal(t, err)
	session := orttest.Open(t, orttest.Start(t), bundle)
	pool, err := workers.New(0)
	fatal(t, err)
	t.Cleanup(pool.Close)
	l, err := labeler.New(labeler.Options{Runner: session, Tokenizer: tok, Manifest: bundle.Manifest, Pool: pool})
	fatal(t, err)
	return prune.Options{
		Labeler: l, Counter: tok, Model: bundle.ID(), ModelDigest: bundle.Digest(),
		Presets: bundle.Thresholds.Presets, DefaultPreset: bundle.Thresholds.Default,
		Calibration: rerank.Calibration(bundle.Calibration),
	}
}
