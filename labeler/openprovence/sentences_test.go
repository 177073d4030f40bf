package openprovence_test

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ragprune/ragprune/labeler/openprovence"
)

func english(tb testing.TB) openprovence.Splitter {
	tb.Helper()
	split, err := openprovence.English()
	if err != nil {
		tb.Fatal(err)
	}
	return split
}

// English is split as the reference splits it, with NLTK's Punkt.
func TestEnglishMatchesReference(t *testing.T) {
	f, err := os.Open("testdata/english.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Texts [][2]json.RawMessage }
	if err := json.NewDecoder(z).Decode(&file); err != nil {
		t.Fatal(err)
	}
	if len(file.Texts) < 1000 {
		t.Fatalf("only %d texts", len(file.Texts))
	}
	split := english(t)
	for _, row := range file.Texts {
		var text string
		var want []string
		if err := json.Unmarshal(row[0], &text); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(row[1], &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, split(text), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%q (-reference +got):\n%s", text, diff)
		}
	}
}

// Sentences are parts of the text, in its order, and lose nothing but space.
func FuzzEnglish(f *testing.F) {
	f.Add("Dr. Smith said \"no.\" (He left.) It was 5 p.m. . . . Then")
	f.Add(" - a\n1) b.\n\n?!--")
	f.Add(strings.Repeat("(.", 50) + "\xff\u2028")
	split := english(f)
	f.Fuzz(func(t *testing.T, text string) {
		rest := text
		for _, s := range split(text) {
			before, after, found := strings.Cut(rest, s)
			if !found || strings.TrimFunc(before, openprovence.IsSpace) != "" {
				t.Fatalf("%q is not what follows in %q", s, rest)
			}
			rest = after
		}
		if strings.TrimFunc(rest, openprovence.IsSpace) != "" {
			t.Fatalf("%q is in no sentence", rest)
		}
	})
}
