package tokenizer_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ragprune/ragprune/models/tokenizer"
)

const (
	bundled    = "../ragprune-small/tokenizer.json"
	goldenPath = "testdata/golden.jsonl.gz"
)

// golden is one line of the golden file: what the Rust library makes of a text.
type golden struct {
	text string
	want tokenizer.Encoding
}

func (g *golden) UnmarshalJSON(data []byte) error {
	var pairs []int // gap and length of every span
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

func readGolden(t *testing.T, path string) []golden {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		t.Fatal(err)
	}
	var all []golden
	for d := json.NewDecoder(z); ; {
		var g golden
		if err := d.Decode(&g); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatalf("line %d: %v", len(all)+1, err)
		}
		all = append(all, g)
	}
}

func load(tb testing.TB) *tokenizer.Tokenizer {
	tb.Helper()
	tok, err := tokenizer.Load(bundled)
	if err != nil {
		tb.Fatal(err)
	}
	return tok
}

// TestGolden compares ids and byte spans with those of the Rust library.
// models/export/tokenizer_golden.py makes the file.
func TestGolden(t *testing.T) {
	tok := load(t)
	all := readGolden(t, goldenPath)
	if len(all) != 2000 {
		t.Errorf("golden file has %d texts, want 2000", len(all))
	}
	failed := 0
	for i, g := range all {
		got := tok.Encode(g.text)
		diff := cmp.Diff(g.want.IDs, got.IDs, cmpopts.EquateEmpty()) + cmp.Diff(g.want.Spans, got.Spans, cmpopts.EquateEmpty())
		if diff == "" {
			continue
		}
		if failed++; failed <= 5 {
			t.Errorf("text %d %+q (-want +got):\n%s", i, g.text, diff)
		}
	}
	if failed > 0 {
		t.Errorf("%d of %d texts differ", failed, len(all))
	}
}
