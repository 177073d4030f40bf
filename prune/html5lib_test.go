package prune_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/ragprune/ragprune/prune"
)

// readHTML5Lib reads the inputs of the parser tests that browsers share, each
// once. Where they come from says testdata/html5lib/README.md.
func readHTML5Lib(t *testing.T) (inputs []string) {
	t.Helper()
	f, err := os.Open("testdata/html5lib/inputs.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(z).Decode(&inputs); err != nil {
		t.Fatal(err)
	}
	return inputs
}

// TestHTML5Lib answers every input, as a document among others: none fails
// its request, none is degraded, and what is kept is in the input, in
// its order but for text that tables move.
func TestHTML5Lib(t *testing.T) {
	inputs := readHTML5Lib(t)
	if len(inputs) < 8000 {
		t.Fatalf("%d inputs", len(inputs))
	}
	o := options(everything{&overlap{}})
	o.Timeout = time.Hour
	p := newPruner(t, o)
	kept := 0
	for chunk := range slices.Chunk(inputs, 100) {
		r := prune.Request{Query: query, Threshold: new(0.0), Format: prune.FormatText, Keep: prune.Keep{Title: new(false)}}
		for _, input := range chunk {
			r.Documents = append(r.Documents, page(input))
		}
		got := answer(t, p, r).Results
		if len(got) != len(chunk) {
			t.Fatalf("%d results for %d documents", len(got), len(chunk))
		}
		for i, result := range got {
			if result.Degraded != nil {
				t.Errorf("%q: degraded %+v", chunk[i], result.Degraded)
			}
			if !utf8.ValidString(result.Text) {
				t.Errorf("%q: text %q is no UTF-8", chunk[i], result.Text)
			}
			if !inOrder(result.Text, html.UnescapeString(chunk[i])) && !inOrder(result.Text, chunk[i]) && !fostered(result.Text, chunk[i]) {
				t.Errorf("%q: text %q is not of the input", chunk[i], result.Text)
			}
			if result.Text != "" {
				kept++
			}
		}
	}
	if kept < len(inputs)/4 {
		t.Errorf("only %d of %d inputs have text", kept, len(inputs))
	}
}

// fostered says whether source has a table and all letters and digits of text:
// the HTML standard moves text that stands between rows before the table.
func fostered(text, source string) bool {
	if !strings.Contains(source, "<table") {
		return false
	}
	left := make(map[rune]int)
	for _, r := range html.UnescapeString(source) {
		left[r]++
	}
	for _, r := range text {
		if left[r]--; left[r] < 0 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return false
		}
	}
	return true
}

// everything is a labeler that keeps every unit.
type everything struct{ *overlap }

func (everything) Label(_ context.Context, _, _ string, units []string) ([]float32, float32, int, error) {
	return slices.Repeat([]float32{1}, len(units)), 4, len(units), nil
}

// inOrder says whether the letters and digits of text are in source in the
// same order.
func inOrder(text, source string) bool {
	rest := []rune(source)
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			continue
		}
		i := slices.Index(rest, r)
		if i < 0 {
			return false
		}
		rest = rest[i+1:]
	}
	return true
}
