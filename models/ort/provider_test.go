package ort_test

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/ort"
)

func TestProviderValidate(t *testing.T) {
	for _, c := range []struct {
		name     string
		provider ort.Provider
		want     string // "": no error
	}{
		{"cpu", ort.Provider{Name: "cpu"}, ""},
		{"options", ort.Provider{Name: "cuda", Options: map[string]string{"device_id": "1"}}, ""},
		{"unknown", ort.Provider{Name: "tpu"}, `there is no execution provider "tpu": want one of cpu, openvino, cuda, coreml`},
		{"no name", ort.Provider{}, `there is no execution provider ""`},
		{"options of the CPU", ort.Provider{Name: "cpu", Options: map[string]string{"threads": "2", "fast": "1"}}, "cpu has no options, got fast, threads"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.provider.Validate()
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("Validate says %v, want %q", err, c.want)
			}
		})
	}
}

func TestProviderString(t *testing.T) {
	p := ort.Provider{Name: "openvino", Options: map[string]string{"num_streams": "2", "device_type": "CPU"}}
	if got, want := p.String(), "openvino device_type=CPU num_streams=2"; got != want {
		t.Errorf("String is %q, want %q", got, want)
	}
}

// A provider that the library lacks is told at the start, with what to do, and
// the process can start again without it.
func TestStartWithoutProvider(t *testing.T) {
	library, err := ort.Locate(os.Getenv("RAGPRUNE_ORT_LIBRARY"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"openvino": "onnxruntime-openvino", "cuda": "onnxruntime-gpu", "coreml": "macOS",
	} {
		t.Run(name, func(t *testing.T) {
			r, err := ort.Start(library, ort.Provider{Name: name})
			if err == nil {
				_ = r.Close()
				t.Fatal("started")
			}
			if !errors.Is(err, ort.ErrNoProvider) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), library) {
				t.Errorf("Start says %q, want ErrNoProvider, the library and %q", err, want)
			}
		})
	}
	start(t)
}

// openVINO is the library that `make openvino` brings.
func openVINO(t *testing.T) string {
	t.Helper()
	library, err := filepath.Abs("../../.ort/openvino/libonnxruntime.so.1.24.1")
	if err == nil {
		_, err = os.Stat(library)
	}
	switch {
	case err == nil:
		return library
	case os.Getenv("RAGPRUNE_TEST_REQUIRE") != "" && runtime.GOOS == "linux" && runtime.GOARCH == "amd64":
		t.Fatalf("run `make openvino`: %v", err)
	}
	t.Skip("needs `make openvino`, on Linux on x86-64")
	return ""
}

// OpenVINO in fp32 gives what the CPU gives. A process can load one library, so
// OpenVINO runs in another.
func TestOpenVINO(t *testing.T) {
	const inner = "RAGPRUNE_TEST_OPENVINO"
	if library := os.Getenv(inner); library != "" {
		runOpenVINO(t, library)
		return
	}
	library := openVINO(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestOpenVINO$", "-test.v")
	cmd.Env = append(os.Environ(), inner+"="+library)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func runOpenVINO(t *testing.T, library string) {
	graph, options := "../export/testdata/openprovence-bert/model.onnx", ort.Options{
		IDs: "input_ids", Mask: "attention_mask", Types: "token_type_ids", Outputs: []string{"keep_logits", "rank_logit"},
	}
	ids, types := []int64{1, 7, 9, 2, 11, 12, 2}, []int64{0, 0, 0, 0, 1, 1, 1}
	outputs := map[string][][]float32{}
	for _, p := range []ort.Provider{
		{Name: ort.ProviderCPU},
		{Name: ort.ProviderOpenVINO, Options: map[string]string{"device_type": "CPU", "load_config": `{"CPU":{"INFERENCE_PRECISION_HINT":"f32"}}`}},
	} {
		r, err := ort.Start(library, p)
		if err != nil {
			t.Fatal(err)
		}
		int8, fp32 := models.Manifest{Precision: models.PrecisionInt8}, models.Manifest{Precision: "fp32"}
		if got := [2]string{r.Provider(&int8), r.Provider(&fp32)}; got != [2]string{ort.ProviderCPU, p.String()} {
			t.Errorf("graphs of int8 and fp32 are computed by %q, want the CPU and %s", got, p)
		}
		s, err := r.Open(graph, options)
		if err != nil {
			t.Fatal(err)
		}
		if outputs[p.Name], err = s.Run(ids, types); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.Close(), r.Close()); err != nil {
			t.Fatal(err)
		}
	}
	for i, values := range outputs[ort.ProviderCPU] {
		for j, want := range values {
			if got := outputs[ort.ProviderOpenVINO][i][j]; math.Abs(float64(got-want)) > 1e-4 {
				t.Errorf("output %d[%d] is %v, want %v", i, j, got, want)
			}
		}
	}
}
