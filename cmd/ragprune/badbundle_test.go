package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// bundleWith copies the tiny bundle, changed: the files by name, and the
// manifest after that. Checksums are made right again.
func bundleWith(t *testing.T, change func(files map[string][]byte, m map[string]any)) string {
	t.Helper()
	dir := t.TempDir()
	files := make(map[string][]byte)
	for _, name := range []string{"model.onnx", "tokenizer.json", "manifest.json"} {
		data, err := os.ReadFile(filepath.Join("../../models/ragprune-tiny", name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = data
	}
	var m map[string]any
	if err := json.Unmarshal(files["manifest.json"], &m); err != nil {
		t.Fatal(err)
	}
	delete(files, "manifest.json")
	change(files, m)
	sums := make(map[string]string)
	for name, data := range files {
		sum := sha256.Sum256(data)
		sums[name] = hex.EncodeToString(sum[:])
	}
	m["files"] = sums
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	files["manifest.json"] = data
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// vocabulary changes the vocabulary of a tokenizer.json.
func vocabulary(t *testing.T, data []byte, change func(map[string]any)) []byte {
	t.Helper()
	var file map[string]any
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	change(file["model"].(map[string]any)["vocab"].(map[string]any))
	out, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A bundle that claims to be right and is not is refused by add, by verify and
// by serve, with one line that names the file and the field.
func TestBadBundles(t *testing.T) {
	for name, test := range map[string]struct {
		change func(files map[string][]byte, m map[string]any)
		want   string
	}{
		"truncated": {func(f map[string][]byte, _ map[string]any) {
			f["model.onnx"] = f["model.onnx"][:len(f["model.onnx"])/2]
		}, "model.onnx: "},
		"random": {func(f map[string][]byte, _ map[string]any) {
			source := rand.NewChaCha8([32]byte{})
			_, _ = source.Read(f["model.onnx"][:1<<16])
		}, "model.onnx: "},
		"empty":     {func(f map[string][]byte, _ map[string]any) { f["model.onnx"] = nil }, "model.onnx: "},
		"opset":     {func(f map[string][]byte, _ map[string]any) { setOpset(t, f["model.onnx"], 99) }, "model.onnx: "},
		"old opset": {func(f map[string][]byte, _ map[string]any) { setOpset(t, f["model.onnx"], 1) }, "model.onnx: "},
		"weights elsewhere": {func(f map[string][]byte, _ map[string]any) {
			f["model.onnx"] = append(f["model.onnx"], weightsIn("../model.onnx.data")...)
		}, `model.onnx: files: the graph keeps weights in "../model.onnx.data", which is not listed`},
		"input": {func(_ map[string][]byte, m map[string]any) {
			m["inputs"] = map[string]any{"ids": "tokens", "mask": "attention_mask", "types": "token_type_ids"}
		}, `inputs: the graph has no input "tokens"; it has input_ids, `},
		"too few inputs": {func(_ map[string][]byte, m map[string]any) {
			m["inputs"] = map[string]any{"ids": "input_ids", "mask": "attention_mask"}
		}, `inputs: the graph wants "token_type_ids" too`},
		"kind": {func(_ map[string][]byte, m map[string]any) {
			m["kind"] = "embedder"
			m["outputs"] = map[string]any{"hidden": "last_hidden_state"}
			m["embedding"] = map[string]any{"pooling": "cls", "normalize": true, "dimensions": 384, "query_prefix": ""}
		}, `outputs: the graph has no output "last_hidden_state", as a bundle of kind embedder has; it has keep_logits, `},
		"outputs swapped": {func(_ map[string][]byte, m map[string]any) {
			m["outputs"] = map[string]any{"keep": "rank_logit", "rank": "keep_logits"}
		}, "model.onnx: outputs: "},
		"tokenizer family": {func(f map[string][]byte, _ map[string]any) {
			f["tokenizer.json"] = bytes.ReplaceAll(f["tokenizer.json"], []byte(`"WordPiece"`), []byte(`"SentenceSplitter"`))
		}, "SentenceSplitter"},
		"small vocabulary": {func(f map[string][]byte, _ map[string]any) {
			f["tokenizer.json"] = vocabulary(t, f["tokenizer.json"], func(v map[string]any) {
				for word, id := range v {
					if id.(float64) > 20000 {
						delete(v, word)
					}
				}
			})
		}, "tokenizer: its vocabulary of 20001 is smaller than that of"},
		"large vocabulary": {func(f map[string][]byte, _ map[string]any) {
			f["tokenizer.json"] = vocabulary(t, f["tokenizer.json"], func(v map[string]any) { v["onemore"] = len(v) })
		}, "tokenizer: its vocabulary of 30523 is larger than that of"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, models := bundleWith(t, test.change), t.TempDir()
			refuses(t, test.want, "models", "verify", dir)
			refuses(t, test.want, "models", "add", "--models="+models, dir)
			if entries, err := os.ReadDir(models); err != nil || len(entries) > 0 {
				t.Errorf("add leaves %v, %v", entries, err)
			}
			if name != "kind" { // serve wants another kind to begin with
				refuses(t, test.want, "serve", "--listen=127.0.0.1:0", "--model="+dir, "--embedder=none")
			}
		})
	}
}

// A checksum that is not right is found before anything else.
func TestDamagedBundle(t *testing.T) {
	dir := bundleWith(t, func(map[string][]byte, map[string]any) {})
	path := filepath.Join(dir, "model.onnx")
	if err := os.Truncate(path, 1000); err != nil {
		t.Fatal(err)
	}
	refuses(t, "checksum mismatch", "models", "verify", dir)
	refuses(t, "checksum mismatch", "serve", "--listen=127.0.0.1:0", "--model="+dir, "--embedder=none")
}

// Two bundles of one name and version in the models folder stop the start.
func TestTwoBundlesOfOneName(t *testing.T) {
	dir := modelsFolder(t)
	changeManifest(t, filepath.Join(dir, "other"), func(m map[string]any) { m["name"] = "twin" })
	if err := os.CopyFS(filepath.Join(dir, "third"), os.DirFS(filepath.Join(dir, "other"))); err != nil {
		t.Fatal(err)
	}
	refuses(t, "RAGPRUNE_MODELS: name and version are twin@1.0.0 in the manifests of both",
		"serve", "--listen=127.0.0.1:0", "--models="+dir, "--model=usual", "--embedder=none")
}

// refusalTime is the longest time until a bundle is refused.
const refusalTime = 5 * time.Second

// refuses runs a command line that must fail with one line, soon.
func refuses(t *testing.T, want string, args ...string) {
	t.Helper()
	code, err, took := try(t, args)
	for range 2 { // other tests may have held the processor
		if took > refusalTime {
			code, err, took = try(t, args)
		}
	}
	if took > refusalTime {
		t.Errorf("%v takes %v, want %v at most", args, took, refusalTime)
	}
	lines := strings.Split(strings.TrimSpace(err.String()), "\n")
	if code == 0 || !strings.Contains(lines[len(lines)-min(len(lines), 2)]+lines[len(lines)-1], want) {
		t.Errorf("%v gives %d and\n%s\nwant %q", args, code, err.String(), want)
	}
	var plain []string
	for _, line := range lines {
		if !strings.HasPrefix(line, "time=") && !strings.HasPrefix(line, "See `ragprune") {
			plain = append(plain, line)
		}
	}
	if len(plain) != 1 {
		t.Errorf("%v says %d lines, want one:\n%s", args, len(plain), err.String())
	}
}

// weightsIn is what follows a graph to make it keep a tensor in a file: parts of
// a protocol buffer that is met again are put together.
func weightsIn(name string) []byte {
	field := func(number byte, content string) string {
		return string([]byte{number<<3 | 2, byte(len(content))}) + content
	}
	file := field(13, field(1, "location")+field(2, name))
	return []byte(field(7, field(5, "\x08\x01\x10\x01\x42\x01w\x70\x01"+file)))
}

// try runs a command line.
func try(t *testing.T, args []string) (code int, said *bytes.Buffer, took time.Duration) {
	t.Helper()
	said = new(bytes.Buffer)
	start := time.Now()
	code = run(t.Context(), args, streams{strings.NewReader(""), io.Discard, said})
	return code, said, time.Since(start)
}

// setOpset changes the version of the default operator set of a graph, field 8
// of a ModelProto: its tag, its length, and field 2 as a varint.
func setOpset(t *testing.T, graph []byte, version byte) {
	t.Helper()
	for _, start := range [][]byte{{0x42, 2, 0x10}, {0x42, 4, 0x0a, 0, 0x10}} {
		if i := bytes.LastIndex(graph, start); i >= 0 {
			graph[i+len(start)] = version
			return
		}
	}
	t.Fatal("the graph has no operator set")
}
