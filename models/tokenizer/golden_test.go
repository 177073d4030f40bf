package tokenizer_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/models/tokenizer"
)

const bundled = "../ragprune-small/tokenizer.json"

// golden is a text and what the Rust library makes of it.
type golden struct {
	text string
	want tokenizer.Encoding
}

// UnmarshalJSON reads [text, ids, pairs], a pair being the gap to the end of
// the span before and the length of the span.
func (g *golden) UnmarshalJSON(data []byte) error {
	var pairs []int
	if err := json.Unmarshal(data, &[]any{&g.text, &g.want.IDs, &pairs}); err != nil {
		return err
	}
	end := 0
	for i := 0; i < len(pairs); i += 2 {
		start := end + pairs[i]
		end = start + pairs[i+1]
		g.want.Spans = append(g.want.Spans, tokenizer.Span{Start: start, End: end})
	}
	return nil
}

// variant is a tokenizer.json with texts of its own.
type variant struct {
	Tokenizer json.RawMessage `json:"tokenizer"`
	Cases     []golden        `json:"cases"`
}

// readLines reads a compressed file of JSON values. The files are made by
// models/export/tokenizer_golden.py.
func readLines[T any](t testing.TB, path string) []T {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var all []T
	for d := json.NewDecoder(z); ; {
		var v T
		if err := d.Decode(&v); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatalf("%s line %d: %v", path, len(all)+1, err)
		}
		all = append(all, v)
	}
}

// loadOnce shares the bundled tokenizer among tests: it is immutable.
var loadOnce = sync.OnceValues(func() (*tokenizer.Tokenizer, error) {
	return tokenizer.Load(bundled)
})

func load(tb testing.TB) *tokenizer.Tokenizer {
	tb.Helper()
	tok, err := loadOnce()
	if err != nil {
		tb.Fatal(err)
	}
	return tok
}

// TestGolden compares ids and byte spans of the bundled tokenizer with those
// of the Rust library.
func TestGolden(t *testing.T) {
	all := readLines[golden](t, "testdata/golden.jsonl.gz")
	if len(all) != 2000 {
		t.Errorf("golden file has %d texts, want 2000", len(all))
	}
	checkGolden(t, load(t), all)
}

// TestGoldenVariants does the same for other normaliser settings, with a
// vocabulary in which no character hides behind an unknown token.
func TestGoldenVariants(t *testing.T) {
	all := readLines[variant](t, "testdata/variants.jsonl.gz")
	if len(all) != 5 {
		t.Errorf("golden file has %d variants, want 5", len(all))
	}
	for _, v := range all {
		tok, err := tokenizer.Parse(v.Tokenizer)
		if err != nil {
			t.Fatal(err)
		}
		checkGolden(t, tok, v.Cases)
	}
}

func checkGolden(t *testing.T, tok *tokenizer.Tokenizer, all []golden) {
	t.Helper()
	failed := 0
	for i, g := range all {
		got := tok.Encode(g.text)
		if slices.Equal(g.want.IDs, got.IDs) && slices.Equal(g.want.Spans, got.Spans) {
			continue
		}
		if failed++; failed <= 3 {
			t.Errorf("text %d %+q (-want +got):\n%s", i, g.text, cmp.Diff(g.want, got))
		}
	}
	if failed > 0 {
		t.Errorf("%d of %d texts differ", failed, len(all))
	}
}
