//go:build !noplots

package plots_test

import (
	"context"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/bench/eval"
	"github.com/ragprune/ragprune/bench/eval/dataset"
	"github.com/ragprune/ragprune/bench/eval/plots"
)

func newReport(t *testing.T, systems ...eval.System) *eval.Report {
	t.Helper()
	data, err := dataset.ReadStream("s", strings.NewReader(`
{"id":1,"dataset":"../s","query":"who built the tower?","text":"It is old. The tower was built by Ana. It is tall.","answer":"Ana"}
{"id":2,"dataset":"../s","query":"where is the bridge?","text":"The bridge is in Turin. It was built.","answer":"Turin"}
`))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := eval.NewPlan(data, eval.PlanOptions{Negatives: 1})
	if err != nil {
		t.Fatal(err)
	}
	r, err := eval.Run(context.Background(), plan, systems, eval.Options{Resamples: -1})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// probable says that its scores, which are by chance, are probabilities.
type probable struct{ eval.Random }

func (probable) Info() eval.Info {
	return eval.Info{Name: "probable", Absolute: true, Probability: true}
}

func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "plots")
	pictures, err := plots.Write(newReport(t, probable{}, eval.BM25{}, eval.All{}), dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range pictures {
		names = append(names, filepath.Base(p.Path))
		f, err := os.Open(p.Path)
		if err != nil {
			t.Fatal(err)
		}
		size, err := png.DecodeConfig(f)
		if err != nil || size.Width < 300 || size.Height < 200 {
			t.Errorf("%s is %dx%d, %v", p.Path, size.Width, size.Height, err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if p.Caption == "" {
			t.Errorf("%s has no caption", p.Path)
		}
	}
	// The name of a set names no other folder.
	want := []string{"curve-mean.png", "thresholds-mean.png", "reliability-documents.png", "reliability-sentences.png", "curve-.._s.png"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("pictures (-want +got):\n%s", diff)
	}
}

// Nothing is drawn of what a system has not.
func TestWriteNothing(t *testing.T) {
	pictures, err := plots.Write(newReport(t, eval.All{}), t.TempDir())
	if err != nil || len(pictures) > 0 {
		t.Errorf("pictures %v, error %v, want none", pictures, err)
	}
}

func TestWriteFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := plots.Write(newReport(t, eval.First{}), file); err == nil {
		t.Error("no error for a folder that is a file")
	}
}
