package labeler_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/ragprune/ragprune/labeler"
	"github.com/ragprune/ragprune/models/ort/orttest"
)

// golden is one pair with the scores that PyTorch gives with the fp32 weights,
// and ONNX Runtime in Python with the bundle's own graph.
type golden struct {
	Query string   `json:"query"`
	Units []string `json:"units"`
	FP32  scores   `json:"fp32"`
	INT8  scores   `json:"int8"`
}

type scores struct {
	Scores []float32 `json:"scores"`
	Logit  float64   `json:"logit"`
}

// The default bundle in Go gives what its graph gives elsewhere, and is close
// to the weights it was made from.
func TestDefaultBundleMatchesPyTorch(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(bundleDir, "testdata", "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var pairs []golden
	if err := json.Unmarshal(data, &pairs); err != nil {
		t.Fatal(err)
	}
	if len(pairs) < 10 {
		t.Fatalf("only %d golden pairs", len(pairs))
	}
	b, _ := defaultBundle(t)
	l := realLabeler(t)
	for _, p := range pairs {
		// The files hold what the graph says, before calibration.
		labeler.Calibrate(b.UnitCalibration, p.FP32.Scores)
		labeler.Calibrate(b.UnitCalibration, p.INT8.Scores)
		got, logit, _, err := l.Label(t.Context(), p.Query, "", p.Units)
		if err != nil {
			t.Fatal(err)
		}
		for i := range p.Units {
			near(t, "int8 score", float64(got[i]), float64(p.INT8.Scores[i]), 0.02)
			near(t, "fp32 score", float64(got[i]), float64(p.FP32.Scores[i]), 0.15)
		}
		near(t, "int8 logit", float64(logit), p.INT8.Logit, 0.1)
		near(t, "fp32 logit", float64(logit), p.FP32.Logit, 1)
	}
}

// near allows for processors that round int8 products another way.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("%s is %.4f, want %.4f within %v", what, got, want, tolerance)
	}
}

// realLabeler runs the default bundle; it needs the library of `make setup`.
func realLabeler(t *testing.T) *labeler.Labeler {
	t.Helper()
	b, _ := defaultBundle(t)
	return newLabeler(t, orttest.Open(t, orttest.Start(t), b), nil)
}
