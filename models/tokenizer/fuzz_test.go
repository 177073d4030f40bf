package tokenizer_test

import (
	"encoding/json"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/ragprune/ragprune/models/tokenizer"
)

var seeds = []string{
	"", "The quick brown fox.", "a [SEP] b ##x", "e\u0301\u0323 \u302e\u0323\ua953", "\U0001d160\U0001d16d\u1b44",
	"한국어 中文 かな", "\xff\xed\xa0\x80\x00", "\u200b\u00ad\ufeff", "İstanbul ΌΛΑ ǅ", "https://x.example/?q=%20&a=1",
}

// checkEncoding reports what no text may cause: spans that are empty, out of
// bounds or go back, and functions that disagree.
func checkEncoding(t *testing.T, tok *tokenizer.Tokenizer, text string) {
	t.Helper()
	e := tok.Encode(text)
	if len(e.Spans) != len(e.IDs) {
		t.Fatalf("%+q: %d ids and %d spans", text, len(e.IDs), len(e.Spans))
	}
	last := tokenizer.Span{}
	for i, s := range e.Spans {
		if s.Start < last.Start || s.End < last.End || s.Start >= s.End || s.End > len(text) {
			t.Fatalf("%+q: span %d is %v after %v", text, i, s, last)
		}
		last = s
	}
	if got := tok.AppendIDs(nil, text); !slices.Equal(got, e.IDs) {
		t.Fatalf("%+q: AppendIDs %v, Encode %v", text, got, e.IDs)
	}
	if got := tok.Count(text); got != len(e.IDs) {
		t.Fatalf("%+q: Count %d, Encode %d", text, got, len(e.IDs))
	}
}

// checkLoosely reports what no text may cause in any family: spans out of
// bounds or within a character, ids out of the vocabulary, and functions that
// disagree.
func checkLoosely(t *testing.T, tok *tokenizer.Tokenizer, text string) {
	t.Helper()
	for _, id := range checkPlaces(t, tok, text).IDs {
		if int(id) >= tok.VocabSize() {
			t.Fatalf("%+q: id %d of %d", text, id, tok.VocabSize())
		}
	}
}

// checkPlaces is checkLoosely for a vocabulary that may have gaps.
func checkPlaces(t *testing.T, tok *tokenizer.Tokenizer, text string) tokenizer.Encoding {
	t.Helper()
	e := tok.Encode(text)
	if len(e.Spans) != len(e.IDs) {
		t.Fatalf("%+q: %d ids and %d spans", text, len(e.IDs), len(e.Spans))
	}
	valid := utf8.ValidString(text)
	for i, s := range e.Spans {
		if s.Start < 0 || s.Start > s.End || s.End > len(text) {
			t.Fatalf("%+q: span %d is %v", text, i, s)
		}
		if valid && (!utf8.ValidString(text[:s.Start]) || !utf8.ValidString(text[:s.End])) {
			t.Fatalf("%+q: span %d, %v, cuts a character", text, i, s)
		}
		if e.IDs[i] < 0 {
			t.Fatalf("%+q: id %d", text, e.IDs[i])
		}
	}
	if got := tok.AppendIDs(nil, text); !slices.Equal(got, e.IDs) {
		t.Fatalf("%+q: AppendIDs %v, Encode %v", text, got, e.IDs)
	}
	if got := tok.Count(text); got != len(e.IDs) {
		t.Fatalf("%+q: Count %d, Encode %d", text, got, len(e.IDs))
	}
	return e
}

func FuzzFamilies(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	var all []*tokenizer.Tokenizer
	for _, name := range families() {
		config := readLines[json.RawMessage](f, "testdata/families/"+name+".jsonl.gz")[0]
		tok, err := tokenizer.Parse(config)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, tok)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, tok := range all {
			checkLoosely(t, tok, text)
		}
	})
}

func FuzzEncode(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	tok := load(f)
	f.Fuzz(func(t *testing.T, text string) {
		checkEncoding(t, tok, text)
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(`{"model": {"type": "BPE"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		tok, err := tokenizer.Parse(data)
		if err != nil {
			return
		}
		for _, s := range seeds {
			checkPlaces(t, tok, s)
		}
	})
}
