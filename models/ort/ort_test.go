package ort_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/ort"
)

func Example() {
	library, err := ort.Locate(os.Getenv("RAGPRUNE_ORT_LIBRARY"))
	if err != nil {
		fmt.Println(err)
		return
	}
	runtime, err := ort.Start(library)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer runtime.Close()
	session, err := runtime.Open("../ragprune-small/model.onnx", ort.Options{
		IDs: "input_ids", Mask: "attention_mask", Types: "token_type_ids",
		Outputs: []string{"keep_logits", "rank_logit"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer session.Close()
	// [CLS] hello [SEP] world [SEP]
	outputs, err := session.Run([]int64{101, 7592, 102, 2088, 102}, []int64{0, 0, 0, 1, 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(outputs[0]), "keep logits,", len(outputs[1]), "rank logit")
	// Output: 5 keep logits, 1 rank logit
}

func start(t *testing.T) *ort.Runtime {
	t.Helper()
	library, err := ort.Locate(os.Getenv("RAGPRUNE_ORT_LIBRARY"))
	if err != nil {
		t.Fatal(err)
	}
	runtime, err := ort.Start(library)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := runtime.Close(); err != nil {
			t.Error(err)
		}
	})
	return runtime
}

func TestLocate(t *testing.T) {
	if _, err := ort.Locate(filepath.Join(t.TempDir(), "no.so")); !errors.Is(err, ort.ErrNoLibrary) {
		t.Errorf("error is %v, want ErrNoLibrary", err)
	}
	if _, err := ort.Locate(t.TempDir()); !errors.Is(err, ort.ErrNoLibrary) {
		t.Errorf("a folder: error is %v, want ErrNoLibrary", err)
	}
	t.Run("walks up", func(t *testing.T) {
		dir := t.TempDir()
		below := filepath.Join(dir, "a", "b")
		library := filepath.Join(dir, ".ort", "libonnxruntime.so."+ort.Version)
		for _, d := range []string{below, filepath.Dir(library)} {
			if err := os.MkdirAll(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(library, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		t.Chdir(below)
		got, err := ort.Locate("")
		if err != nil || got != library {
			t.Errorf("Locate = %q, %v, want %q", got, err, library)
		}
	})
}

// Runs side by side on one session give what each gives alone.
func TestConcurrentRuns(t *testing.T) {
	runtime := start(t)
	b, err := models.Open("../ragprune-small")
	if err != nil {
		t.Fatal(err)
	}
	session, err := runtime.Open(b.ModelPath(), ort.OptionsOf(&b.Manifest))
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	want := make([][][]float32, 8)
	for i := range want {
		if want[i], err = session.Run(sequence(i)); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for i := range want {
		wg.Go(func() {
			got, err := session.Run(sequence(i))
			if err != nil || !cmp.Equal(want[i], got) {
				t.Errorf("sequence %d differs beside others: %v", i, err)
			}
		})
	}
	wg.Wait()
	if _, err := session.Run([]int64{101, 99999999, 102}, []int64{0, 0, 1}); err == nil {
		t.Error("an id outside the vocabulary is accepted")
	}
}

func sequence(i int) (ids, types []int64) {
	ids, types = []int64{101}, []int64{0}
	for k := range 20 + 10*i {
		ids, types = append(ids, int64(2000+37*k+i)), append(types, 1)
	}
	return append(ids, 102), append(types, 1)
}

func TestStartAndOpenErrors(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "libbroken.so")
	if err := os.WriteFile(broken, []byte("no library"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ort.Start(broken); err == nil {
		t.Error("Start accepts a file that is no library")
	}
	runtime := start(t)
	if _, err := ort.Start("again"); !errors.Is(err, ort.ErrStarted) {
		t.Errorf("second Start: error is %v, want ErrStarted", err)
	}
	if _, err := runtime.Open(filepath.Join(t.TempDir(), "none.onnx"), ort.Options{IDs: "a", Mask: "b", Outputs: []string{"c"}}); err == nil {
		t.Error("Open accepts a file that does not exist")
	}
}

// A graph that computes nonsense is an error, whose scores would else be below
// every threshold.
func TestRunRefusesNumbersThatAreNone(t *testing.T) {
	session, err := start(t).Open(filepath.Join("testdata", "log.onnx"), ort.Options{IDs: "input_ids", Mask: "attention_mask", Outputs: []string{"logits"}})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	for id, fine := range map[int64]bool{101: true, 100: false, 99: false} {
		out, err := session.Run([]int64{200, id}, nil)
		if (err == nil) != fine {
			t.Errorf("token %d: %v, error is %v", id, out, err)
		}
	}
}
