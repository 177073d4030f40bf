package triton_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/triton"
)

var update = flag.Bool("update", false, "write the golden files")

func usual() triton.Options {
	return triton.Options{Batch: 16, QueueDelay: 2 * time.Millisecond, Instances: 2}
}

func bundle(t *testing.T, name string) *models.Bundle {
	t.Helper()
	b, err := models.Open(filepath.Join("..", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestConfig(t *testing.T) {
	tests := map[string]func(*models.Manifest, *triton.Options){
		"int8": func(*models.Manifest, *triton.Options) {},
		"fp32": func(m *models.Manifest, _ *triton.Options) { m.Precision = "fp32" },
		"fp16-gpu": func(m *models.Manifest, o *triton.Options) {
			m.Precision, m.Activation, o.GPU = "fp16", models.Softmax, true
		},
		"reranker": func(m *models.Manifest, _ *triton.Options) {
			m.Precision, m.Kind, m.Inputs.Types, m.Outputs.Keep = "fp32", models.KindReranker, "", ""
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			b, o := bundle(t, "ragprune-small"), usual()
			change(&b.Manifest, &o)
			got, err := triton.Config(&b.Manifest, o)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name+".pbtxt")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("config (-want +got):\n%s", diff)
			}
		})
	}
}

func TestExport(t *testing.T) {
	out := filepath.Join(t.TempDir(), "repository")
	b := bundle(t, "ragprune-tiny")
	dir, err := triton.Export(b, out, usual())
	if err != nil || dir != filepath.Join(out, "ragprune-tiny") {
		t.Fatalf("%s, %v", dir, err)
	}
	graph, err := os.ReadFile(filepath.Join(dir, "1", "model.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(b.ModelPath())
	if err != nil || string(graph) != string(want) {
		t.Errorf("the graph is another, %v", err)
	}
	if config, err := os.ReadFile(filepath.Join(dir, "config.pbtxt")); err != nil || !strings.Contains(string(config), `name: "ragprune-tiny"`) {
		t.Errorf("config is %q, %v", config, err)
	}
	if _, err := triton.Export(b, out, usual()); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("once more: error is %v", err)
	}
	if entries, err := os.ReadDir(out); err != nil || len(entries) != 1 {
		t.Errorf("the repository has %v, %v", entries, err)
	}
}

func TestExportRefuses(t *testing.T) {
	tests := map[string]struct {
		change func(*models.Bundle, *triton.Options)
		want   string
	}{
		"embedder":  {func(b *models.Bundle, _ *triton.Options) { b.Kind = models.KindEmbedder }, "kind embedder"},
		"batch":     {func(_ *models.Bundle, o *triton.Options) { o.Batch = 0 }, "batch of 0"},
		"delay":     {func(_ *models.Bundle, o *triton.Options) { o.QueueDelay = time.Hour }, "1h0m0s"},
		"instances": {func(_ *models.Bundle, o *triton.Options) { o.Instances = 1000 }, "1000 instances"},
		"name":      {func(b *models.Bundle, _ *triton.Options) { b.Name = "../x" }, "no name of a folder"},
		"damage":    {func(b *models.Bundle, _ *triton.Options) { b.Files["model.onnx"] = strings.Repeat("0", 64) }, "checksum mismatch"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			b, o := bundle(t, "ragprune-tiny"), usual()
			tt.change(b, &o)
			if _, err := triton.Export(b, out, o); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want %q", err, tt.want)
			}
			if entries, err := os.ReadDir(out); err != nil || len(entries) != 0 {
				t.Errorf("left behind: %v, %v", entries, err)
			}
		})
	}
}
