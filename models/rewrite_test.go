package models_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/models"
)

// Only what was fitted is another, and a fit that cannot be used changes nothing.
func TestWriteFit(t *testing.T) {
	dir := t.TempDir()
	before, err := os.ReadFile("ragprune-small/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, models.ManifestFile)
	if err := os.WriteFile(path, before, 0o644); err != nil {
		t.Fatal(err)
	}
	b, err := models.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	thresholds := models.Thresholds{Default: "x", Presets: map[string]float64{"x": 0.5}}
	if err := b.WriteFit(thresholds, models.Calibration{}); err == nil || !strings.Contains(err.Error(), "scale must be positive") {
		t.Errorf("a scale of 0: error is %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("a fit that was refused changed the manifest, %v", err)
	}
	old, scaled := b.Thresholds, b.Calibration
	if err := b.WriteFit(thresholds, models.Calibration{Scale: 2, Bias: -1}); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	presets := fmt.Sprintf("\n      \"safe\": %v,\n      \"balanced\": %v,\n      \"aggressive\": %v\n",
		old.Presets["safe"], old.Presets["balanced"], old.Presets["aggressive"])
	calibration := fmt.Sprintf("\"calibration\": {\n    \"scale\": %v,\n    \"bias\": %v\n", scaled.Scale, scaled.Bias)
	want := strings.NewReplacer(`"default": "balanced"`, `"default": "x"`, presets, "\n      \"x\": 0.5\n",
		calibration, "\"calibration\": {\n    \"scale\": 2,\n    \"bias\": -1\n").Replace(string(before))
	if diff := cmp.Diff(want, string(after)); diff != "" {
		t.Errorf("manifest (-want +got):\n%s", diff)
	}
	again, err := models.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b, again); diff != "" {
		t.Errorf("in memory and on disk: %s", diff)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
