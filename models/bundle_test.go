package models_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/ragprune/ragprune/models"
)

func ExampleOpen() {
	bundle, err := models.Open("ragprune-small")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(bundle.Name, bundle.Kind, bundle.License)
	// Output: ragprune-small pruner Apache-2.0
}

func TestPrunerBundles(t *testing.T) {
	for _, name := range []string{"ragprune-small", "ragprune-tiny"} {
		t.Run(name, func(t *testing.T) {
			b, err := models.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := b.Verify(); err != nil {
				t.Error(err)
			}
			if p := b.Thresholds.Presets; !(p["safe"] < p["balanced"] && p["balanced"] < p["aggressive"]) {
				t.Errorf("presets do not rise: %v", p)
			}
		})
	}
}

// copyManifest makes a bundle folder with the default pruner's manifest, changed.
func copyManifest(t *testing.T, change func(m map[string]any)) string {
	t.Helper()
	return changedManifest(t, "ragprune-small", change)
}

func changedManifest(t *testing.T, bundle string, change func(m map[string]any)) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(bundle, models.ManifestFile))
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	change(m)
	if data, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, models.ManifestFile), data, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A manifest that cannot be used is refused with a line that names the field.
func TestOpenRefuses(t *testing.T) {
	tests := map[string]struct {
		key   string
		value any
		want  string
	}{
		"format":       {"format", 2, "format is 2"},
		"kind":         {"kind", "oracle", "kind is"},
		"name":         {"name", "", "name and version"},
		"name up":      {"name", "../x", "other characters"},
		"name long":    {"version", strings.Repeat("1", 101), "other characters"},
		"misspelt":     {"calibrations", map[string]any{}, "unknown field \"calibrations\""},
		"path":         {"files", map[string]any{"../model.onnx": strings.Repeat("0", 64)}, "not a plain file name"},
		"checksum":     {"files", map[string]any{"model.onnx": "abc", "tokenizer.json": "abc"}, "64 hex digits"},
		"model":        {"model", "other.onnx", "model names"},
		"aggregation":  {"aggregation", "sum", "aggregation is"},
		"title":        {"title", "", "title is"},
		"window":       {"window_tokens", 100000, "exceeds max_tokens"},
		"overlap":      {"overlap_tokens", 200, "leaves fewer than"},
		"preset":       {"thresholds", map[string]any{"default": "a", "presets": map[string]any{"a": 1.5}}, "preset a is 1.5"},
		"no preset":    {"thresholds", map[string]any{"default": "b", "presets": map[string]any{"a": 0.5}}, "not among the presets"},
		"calibration":  {"calibration", map[string]any{"scale": 0}, "scale must be positive"},
		"units":        {"unit_calibration", map[string]any{"scale": 1, "context": -1}, "scale + context must be positive"},
		"activation":   {"activation", "relu", "activation is"},
		"precision":    {"precision", "int4", "precision is"},
		"digest":       {"files", map[string]any{"model.onnx": strings.Repeat("g", 64), "tokenizer.json": "abc"}, "the sha256 of model.onnx has not"},
		"inputs":       {"inputs", map[string]any{}, "inputs"},
		"outputs":      {"outputs", map[string]any{}, "outputs"},
		"normalise":    {"query_normalization", "squad", "query_normalization is"},
		"separators":   {"separators", 3, "separators is 3"},
		"no keep":      {"outputs", map[string]any{"rank": "r"}, "keep is mandatory"},
		"query tokens": {"query_tokens", 0, "query_tokens"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := copyManifest(t, func(m map[string]any) { maps.Copy(m, map[string]any{tt.key: tt.value}) })
			_, err := models.Open(dir)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want it to say %q", err, tt.want)
			}
		})
	}
}

// A reranker has a rank output and neither keep logits nor a rule for them.
func TestOpenReranker(t *testing.T) {
	dir := copyManifest(t, func(m map[string]any) {
		m["kind"], m["outputs"] = "reranker", map[string]any{"rank": "rank_logit"}
		delete(m, "aggregation")
		delete(m, "activation")
		delete(m, "unit_calibration")
	})
	b, err := models.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Outputs.Names(b.Kind); len(got) != 1 || got[0] != "rank_logit" {
		t.Errorf("outputs are %q", got)
	}
	dir = copyManifest(t, func(m map[string]any) { m["kind"], m["outputs"] = "reranker", map[string]any{} })
	if _, err := models.Open(dir); err == nil || !strings.Contains(err.Error(), "rank is mandatory") {
		t.Errorf("without an output: error is %v", err)
	}
}

func TestOpenMissing(t *testing.T) {
	if _, err := models.Open(t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error is %v, want os.ErrNotExist", err)
	}
}

// A damaged file is found before ONNX Runtime sees it.
func TestVerifyFindsDamage(t *testing.T) {
	dir := copyManifest(t, func(map[string]any) {})
	b, err := models.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing files: error is %v, want os.ErrNotExist", err)
	}
	for name := range b.Files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("damaged"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Verify(); !errors.Is(err, models.ErrChecksum) {
		t.Errorf("damaged files: error is %v, want ErrChecksum", err)
	}
}

// The digest of what a link outside leads to does not help.
func TestVerifyRefusesLinksOut(t *testing.T) {
	dir := copyManifest(t, func(map[string]any) {})
	for _, name := range []string{"model.onnx", "tokenizer.json"} {
		path, err := filepath.Abs(filepath.Join("ragprune-small", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			t.Skip("no links here:", err)
		}
	}
	b, err := models.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(); err == nil || !strings.Contains(err.Error(), "escapes") {
		t.Errorf("error is %v", err)
	}
}

// The schema is written down, every field of it.
func TestManifestIsDocumented(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range fields(reflect.TypeFor[models.Manifest](), "") {
		last := field[strings.LastIndex(field, ".")+1:]
		if !strings.Contains(string(page), "`"+field+"`") && !strings.Contains(string(page), "`"+last+"`") {
			t.Errorf("README.md does not tell of %s", field)
		}
	}
}

// fields are the names of a structure in JSON, "a.b" for b in a.
func fields(of reflect.Type, in string) (names []string) {
	for f := range of.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		inner := f.Type
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		switch {
		case f.Anonymous:
			names = append(names, fields(inner, in)...)
			continue
		case inner.Kind() == reflect.Struct:
			names = append(names, fields(inner, in+name+".")...)
		}
		names = append(names, in+name)
	}
	return names
}

func FuzzManifest(f *testing.F) {
	data, err := os.ReadFile("ragprune-small/manifest.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	if data, err = os.ReadFile("ragprune-embed/manifest.json"); err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	if data, err = os.ReadFile("../rerank/generate/testdata/tiny/manifest.json"); err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"files":{"a":""},"thresholds":{"presets":{"x":1e999}}}`))
	dir := f.TempDir() // one for all: a folder for each input takes longer than the input
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, models.ManifestFile), data, 0o644); err != nil {
			t.Fatal(err)
		}
		b, err := models.Open(dir)
		if err == nil && filepath.Dir(b.ModelPath()) != dir {
			t.Errorf("the model %s lies outside the bundle", b.ModelPath())
		}
	})
}

func TestDefaultEmbedder(t *testing.T) {
	b, err := models.Open("ragprune-embed")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(); err != nil {
		t.Error(err)
	}
	pruner, err := models.Open("ragprune-small")
	if err != nil {
		t.Fatal(err)
	}
	if b.Scorers == nil {
		t.Fatal("nothing is fitted; run python models/export/fuse.py --write")
	}
	fused, ok := b.Scorers.Fusion(pruner.ID())
	if !ok {
		t.Fatalf("fused has no weights for %s; run python models/export/fuse.py --write", pruner.ID())
	}
	for name, presets := range map[string]map[string]float64{
		"embed": b.Scorers.Embed.Presets, "hybrid": b.Scorers.Hybrid.Presets, "fused": fused.Presets,
	} {
		if !(presets["safe"] < presets["balanced"] && presets["balanced"] < presets["aggressive"]) {
			t.Errorf("presets of %s do not rise: %v", name, presets)
		}
	}
	if _, ok := b.Scorers.Fusion("nobody@1"); ok {
		t.Error("a pruner that nothing was fitted to has weights")
	}
}

// An embedder's manifest that cannot be used is refused with a line that names
// the field; one that nothing is fitted to can be opened.
func TestOpenEmbedderRefuses(t *testing.T) {
	scorers := func(embed, hybrid, fused any) map[string]any {
		return map[string]any{"embed": embed, "hybrid": hybrid, "fused": fused}
	}
	presets := map[string]any{"balanced": 0.5}
	embed, hybrid := map[string]any{"scale": 10, "bias": -5, "presets": presets}, map[string]any{"presets": presets}
	tests := map[string]struct {
		key   string
		value any
		want  string
	}{
		"pooling":    {"embedding", map[string]any{"pooling": "max", "normalize": true, "dimensions": 384}, "pooling is"},
		"normalize":  {"embedding", map[string]any{"pooling": "cls", "dimensions": 384}, "normalize is false"},
		"dimensions": {"embedding", map[string]any{"pooling": "cls", "normalize": true}, "dimensions is 0"},
		"outputs":    {"outputs", map[string]any{}, "hidden is mandatory"},
		"inputs":     {"inputs", map[string]any{}, "ids and mask"},
		"window":     {"window_tokens", 100000, "exceeds max_tokens"},
		"overlap":    {"overlap_tokens", 250, "leaves fewer than"},
		"negative":   {"overlap_tokens", -1, "overlap_tokens"},
		"scale":      {"scorers", scorers(map[string]any{"presets": presets}, hybrid, nil), "scale of embed"},
		"no presets": {"scorers", scorers(embed, map[string]any{}, nil), "hybrid: presets are mandatory"},
		"a preset":   {"scorers", scorers(embed, map[string]any{"presets": map[string]any{"safe": -1}}, nil), "preset safe is -1"},
		"no pruner":  {"scorers", scorers(embed, hybrid, []any{map[string]any{"logit": 1, "cosine": 1, "presets": presets}}), "pruner must be named"},
		"weights":    {"scorers", scorers(embed, hybrid, []any{map[string]any{"pruner": "a@1", "presets": presets}}), "be positive"},
		"a checksum": {"files", map[string]any{"model.onnx": "abc", "tokenizer.json": "abc"}, "64 hex digits"},
		"not fitted": {"scorers", nil, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := changedManifest(t, "ragprune-embed", func(m map[string]any) { maps.Copy(m, map[string]any{tt.key: tt.value}) })
			_, err := models.Open(dir)
			if tt.want == "" && err != nil {
				t.Error(err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error is %v, want it to say %q", err, tt.want)
			}
		})
	}
}

// A cache that outlives a bundle must not give the scores of another one: the
// digest follows everything that decides them, and nothing else.
func TestDigest(t *testing.T) {
	b, err := models.Open("ragprune-small")
	if err != nil {
		t.Fatal(err)
	}
	want := b.Digest()
	same := map[string]func(*models.Manifest){
		"nothing":     func(*models.Manifest) {},
		"thresholds":  func(m *models.Manifest) { m.Thresholds.Default = "safe" },
		"calibration": func(m *models.Manifest) { m.Calibration.Scale = 7 },
		"description": func(m *models.Manifest) { m.Description = "another" },
	}
	for name, change := range same {
		m := b.Manifest
		if change(&m); m.Digest() != want {
			t.Errorf("the digest depends on %s", name)
		}
	}
	other := map[string]func(*models.Manifest){
		"weights":     func(m *models.Manifest) { m.Files = map[string]string{m.Tokenizer: m.Files[m.Tokenizer]} },
		"tokenizer":   func(m *models.Manifest) { m.Files = map[string]string{m.Model: m.Files[m.Model]} },
		"window":      func(m *models.Manifest) { m.WindowTokens++ },
		"overlap":     func(m *models.Manifest) { m.OverlapTokens++ },
		"query":       func(m *models.Manifest) { m.QueryTokens++ },
		"title":       func(m *models.Manifest) { m.Title = models.TitlePrefix },
		"aggregation": func(m *models.Manifest) { m.Aggregation = models.Majority },
		"outputs":     func(m *models.Manifest) { m.Outputs.Keep = "other" },
		"separators":  func(m *models.Manifest) { m.Separators = 2 },
		"prompt":      func(m *models.Manifest) { m.Generation.BlockWords = 7 },
		"units":       func(m *models.Manifest) { m.UnitCalibration = &models.UnitCalibration{Scale: 7} },
		"pooling":     func(m *models.Manifest) { m.Embedding.Pooling = "other" },
	}
	for name, change := range other {
		m := b.Manifest
		if change(&m); m.Digest() == want {
			t.Errorf("the digest does not depend on %s", name)
		}
	}
}

// The scores of a reranker's units are calibrated when they are kept.
func TestDigestOfReranker(t *testing.T) {
	b, err := models.Open("export/testdata/cross-encoder-bert")
	if err != nil {
		t.Fatal(err)
	}
	m := b.Manifest
	if m.Calibration.Scale = 7; m.Digest() == b.Digest() {
		t.Error("the digest does not depend on the calibration")
	}
}

// A generator's manifest that cannot be used is refused with a line that names
// the field.
func TestOpenGeneratorRefuses(t *testing.T) {
	const bundle = "../rerank/generate/testdata/tiny"
	part := func(key, field string, value any) func(m map[string]any) {
		return func(m map[string]any) { m[key].(map[string]any)[field] = value }
	}
	set := func(key string, value any) func(m map[string]any) {
		return func(m map[string]any) { m[key] = value }
	}
	tests := map[string]struct {
		change func(m map[string]any)
		want   string
	}{
		"ids":             {part("inputs", "ids", ""), "inputs: ids and mask"},
		"no past":         {part("inputs", "past_key", ""), `inputs: past_key is "", want a name with {layer}`},
		"past of a layer": {part("inputs", "past_value", "past.0.value"), `inputs: past_value is "past.0.value"`},
		"present":         {part("outputs", "present_key", "present"), "outputs: present_key"},
		"logits":          {part("outputs", "logits", ""), "outputs: logits is mandatory"},
		"layers":          {part("generation", "layers", 0), "generation: layers is 0"},
		"heads":           {part("generation", "kv_heads", -1), "generation: kv_heads is -1"},
		"head":            {part("generation", "head_dim", 0), "generation: head_dim is 0"},
		"block":           {part("generation", "block_words", 0), "generation: block_words is 0"},
		"first index":     {part("generation", "first_index", 2), "generation: first_index is 2"},
		"end":             {part("generation", "end", ""), "generation: end is mandatory"},
		"prompt":          {part("generation", "prompt", []any{}), "{html} occurs 0 times"},
		"no question":     {part("generation", "prompt", []any{map[string]any{"text": "{html}"}}), "{question} occurs 0 times"},
		"twice":           {part("generation", "prompt", []any{map[string]any{"text": "{html}{html}{question}"}}), "{html} occurs 2 times"},
		"part":            {part("generation", "prompt", []any{map[string]any{"text": "{html}{question}"}, map[string]any{}}), "part 1 must have either"},
		"window":          {set("window_tokens", 100000), "exceeds max_tokens"},
		"query":           {set("query_tokens", 0), "query_tokens must be positive"},
		"no room":         {set("query_tokens", 1020), "beside the query"},
		"thresholds":      {set("thresholds", map[string]any{}), "thresholds: presets are mandatory"},
		"nothing":         {func(map[string]any) {}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := models.Open(changedManifest(t, bundle, tt.change))
			if tt.want == "" && err != nil {
				t.Error(err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), models.ManifestFile)) {
				t.Errorf("error is %v, want it to say %q", err, tt.want)
			}
		})
	}
}
