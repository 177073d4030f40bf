package htmlrag_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/htmlprune/htmlrag"
)

// golden is one line of testdata/cases.jsonl; testdata/golden.py tells the
// format and writes it with the Python package.
type golden struct {
	In    string              `json:"in"`
	Clean string              `json:"clean"`
	Error string              `json:"error"`
	Trees [][]json.RawMessage `json:"trees"`
}

// blockTree is what one call of BuildBlockTree gave.
type blockTree struct {
	Blocks []string
	Page   string
	Error  string
}

// TestGolden compares with the Python package on small cases, and on those of
// the file that HTMLRAG_CASES names.
func TestGolden(t *testing.T) {
	files := []string{filepath.Join("testdata", "cases.jsonl")}
	if more := os.Getenv("HTMLRAG_CASES"); more != "" {
		files = append(files, more)
	}
	for _, file := range files {
		for i, c := range readGolden(t, file) {
			t.Run(fmt.Sprintf("%s:%d", filepath.Base(file), i+1), func(t *testing.T) { c.check(t) })
		}
	}
}

func readGolden(t *testing.T, name string) []golden {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []golden
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var c golden
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out = append(out, c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func (c golden) check(t *testing.T) {
	clean, err := htmlrag.Clean(c.In)
	if diff := cmp.Diff(c.Clean, clean); diff != "" || c.Error != pythonError(err) {
		t.Errorf("Clean(%q) error %q, want %q (-want +got):\n%s", c.In, pythonError(err), c.Error, diff)
	}
	for _, raw := range c.Trees {
		var o htmlrag.Options
		var want blockTree
		targets := []any{&o.MaxWords, &o.Chinese, &want.Blocks, &want.Page}
		if len(raw) == 3 {
			targets[2] = &want.Error
		}
		for i, r := range raw {
			if err := json.Unmarshal(r, targets[i]); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, build(c.In, o)); diff != "" {
			t.Errorf("BuildBlockTree(%q, %+v) (-want +got):\n%s", c.In, o, diff)
		}
	}
}

// build runs BuildBlockTree and writes the result as golden.py does.
func build(source string, o htmlrag.Options) blockTree {
	blocks, page, err := htmlrag.BuildBlockTree(source, o)
	out := blockTree{Page: page, Error: pythonError(err)}
	for _, b := range blocks {
		mark := ""
		if !b.Leaf {
			mark = "*"
		}
		sum := digest(b.HTML() + "\x00" + b.Text())
		out.Blocks = append(out.Blocks, strings.Join(b.Path(), ">")+mark+" "+sum[:8])
	}
	return out
}

// pythonError is the name of the exception that an error stands for.
func pythonError(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, htmlrag.ErrRejected):
		return "ParserRejectedMarkup"
	case errors.Is(err, htmlrag.ErrDigits):
		return "ValueError"
	}
	return err.Error()
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// TestPages compares with the Python package on real pages, whose text may
// not be copied: by hashes.
func TestPages(t *testing.T) {
	shared := os.Getenv("RAGPRUNE_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	hashes, err := os.ReadFile(filepath.Join("testdata", "pages.sha256"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(shared, "data", "pages")); err != nil {
		t.Skip("no pages: set RAGPRUNE_SHARED")
	}
	for line := range strings.Lines(string(hashes)) {
		f := strings.Fields(line)
		t.Run(f[0]+"/"+f[1], func(t *testing.T) {
			source, err := os.ReadFile(filepath.Join(shared, "data", "pages", f[0]+".html"))
			if err != nil {
				t.Fatal(err)
			}
			if got := digest(pageOutput(t, string(source), f[1])); got != f[2] {
				t.Errorf("SHA-256 %s, want %s", got, f[2])
			}
		})
	}
}

// pageOutput is what golden.py hashes: "clean", or "raw/256/false" for the
// block tree of the page, or "cleaned/256/false" for that of the cleaned page.
func pageOutput(t *testing.T, source, function string) string {
	t.Helper()
	// Python opens files with universal newlines.
	source = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(source)
	clean, err := htmlrag.Clean(source)
	if err != nil {
		t.Fatal(err)
	}
	if function == "clean" {
		return clean
	}
	f := strings.Split(function, "/")
	if f[0] == "cleaned" {
		source = clean
	}
	words, err := strconv.Atoi(f[1])
	if err != nil {
		t.Fatal(err)
	}
	tree := build(source, htmlrag.Options{MaxWords: words, Chinese: f[2] == "true"})
	if tree.Error != "" {
		t.Fatal(tree.Error)
	}
	return strings.Join(append(tree.Blocks, tree.Page), "\n")
}
