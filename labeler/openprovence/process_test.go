package openprovence_test

import (
	"compress/gzip"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"github.com/ragprune/ragprune/labeler/openprovence"
	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/ort"
	"github.com/ragprune/ragprune/models/ort/orttest"
	"github.com/ragprune/ragprune/models/tokenizer"
	"github.com/ragprune/ragprune/models/workers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answers are what the reference's process() answered, or the error it raised
// (models/export/openprovence_reference.py).
type answers struct{ Cases []oneAnswer }

// oneAnswer is that to one call.
type oneAnswer struct {
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments"`
	Result    map[string]any  `json:"result"`
	Error     string          `json:"error"`
}

func readAnswers(t *testing.T, path string) answers {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var a answers
	if err := json.NewDecoder(z).Decode(&a); err != nil {
		t.Fatal(err)
	}
	if len(a.Cases) < 60 {
		t.Fatalf("%s has only %d cases", path, len(a.Cases))
	}
	return a
}

// options runs the bundle in dir.
func options(t *testing.T, runtime *ort.Runtime, dir string) openprovence.Options {
	t.Helper()
	b, err := models.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(); err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Load(b.TokenizerPath())
	if err != nil {
		t.Fatal(err)
	}
	pool, err := workers.New(2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return openprovence.Options{Runner: orttest.Open(t, runtime, b), Tokenizer: tok, Manifest: b.Manifest, Pool: pool}
}

const converted = "../../models/export/testdata"

// mended are the cases in which the reference's defects show.
var mended = []string{
	"Chinese", "a title each", "a title per query", "first line", "first line always", "first line of pre-split",
	"long query", "long sentence", "long sentence, whole", "long text with a title", "one title", "one title always", "one title for all", "query above all limits",
	"sentence above all limits", "titles of two sentences", "too few titles",
}

// With its defects, the answers are those of the reference: the same sentences
// kept, scores within 1e-4. Without, they are too, but for the cases in which a
// defect shows.
func TestMatchesReference(t *testing.T) {
	runtime, shown := orttest.Start(t), map[string]bool{}
	for _, family := range []string{"bert", "modernbert", "xlm-roberta", "deberta", "deberta-v2"} {
		t.Run(family, func(t *testing.T) {
			dir := filepath.Join(converted, "openprovence-"+family)
			o, want := options(t, runtime, dir), readAnswers(t, filepath.Join(dir, "process.json.gz"))
			compareAnswers(t, o, want, false, shown)
			// Longer than 512 tokens is refused, where PyTorch reads on if it can.
			for i, c := range want.Cases {
				if c.Name == "query above all limits" {
					want.Cases[i].Error = "too long"
				}
			}
			compareAnswers(t, o, want, true, shown)
		})
	}
	t.Run("ragprune-small", func(t *testing.T) {
		o := options(t, runtime, "../../models/ragprune-small")
		o.Manifest.Thresholds.Presets = maps.Clone(o.Manifest.Thresholds.Presets)
		o.Manifest.Thresholds.Presets[o.Manifest.Thresholds.Default] = 0.1 // the reference's own
		compareAnswers(t, o, readAnswers(t, "testdata/ragprune-small.json.gz"), true, shown)
	})
	for _, name := range mended {
		if !shown[name] {
			t.Errorf("%s: the mended answer is that of the reference for every model", name)
		}
	}
}

// compareAnswers notes in shown which of the mended cases differ.
func compareAnswers(t *testing.T, o openprovence.Options, want answers, defects bool, shown map[string]bool) {
	t.Helper()
	m, err := openprovence.New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range want.Cases {
		var r openprovence.Request
		if err := json.Unmarshal(c.Arguments, &r); err != nil {
			t.Fatal(err)
		}
		r.Defects, r.ReturnSentenceMetrics, r.ReturnSentenceTexts = defects, true, true
		got, err := m.Process(t.Context(), &r)
		failed := c.Error != "" && (defects || c.Name != "query above all limits")
		diff := ""
		if err == nil && c.Error == "" {
			diff = difference(t, got, c.Result)
		}
		switch {
		case failed != (err != nil):
			t.Errorf("%s, defects %v: error is %v, that of the reference %q", c.Name, defects, err, c.Error)
		case !defects && slices.Contains(mended, c.Name):
			shown[c.Name] = shown[c.Name] || diff != ""
		case diff != "":
			t.Errorf("%s, defects %v (-reference +got):\n%s", c.Name, defects, diff)
		}
	}
}

// difference compares the JSON of both, numbers within 1e-4 (percentages within
// 1e-3).
func difference(t *testing.T, got *openprovence.Response, want map[string]any) (diff string) {
	t.Helper()
	data, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	for _, field := range slices.Sorted(maps.Keys(want)) {
		near := cmpopts.EquateApprox(0, 1e-4)
		if field == "compression_rate" {
			near = cmpopts.EquateApprox(0, 1e-3)
		}
		if d := cmp.Diff(want[field], all[field], near, cmpopts.EquateEmpty()); d != "" {
			diff += field + ":\n" + d
		}
	}
	return diff
}
