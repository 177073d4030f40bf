package tokenizer_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ragprune/ragprune/models/tokenizer"
)

// small is a complete tokenizer.json; the tests replace parts of it.
const small = `{
  "added_tokens": [{"id": 9, "content": "[X]", "special": true}],
  "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
  "pre_tokenizer": {"type": "BertPreTokenizer"},
  "post_processor": {"type": "BertProcessing", "sep": ["[S]", 3], "cls": ["[C]", 2]},
  "model": {"type": "WordPiece", "unk_token": "u", "continuing_subword_prefix": "##", "max_input_chars_per_word": 5, "vocab": {"u": 0, "a": 1, "##b": 4, "ab": 5}}
}`

func TestParse(t *testing.T) {
	tok, err := tokenizer.Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := tok.Encode("ABB abbbb abbbbb Áb b").IDs, []int32{5, 4, 5, 4, 4, 4, 0, 5, 0}; !slices.Equal(got, want) {
		t.Errorf("ids %v, want %v", got, want)
	}
	for name, want := range map[string]int32{"[X]": 9, "[S]": 3, "[C]": 2} {
		if got, ok := tok.Special(name); got != want || !ok {
			t.Errorf("Special(%q) = %d, %t, want %d", name, got, ok, want)
		}
	}
	if got := tok.VocabSize(); got != 5 {
		t.Errorf("VocabSize() = %d, want 5", got)
	}
}

// A limit far above the usual one needs memory of its own.
func TestParseLongWords(t *testing.T) {
	tok, err := tokenizer.Parse([]byte(strings.Replace(small, `per_word": 5`, `per_word": 3000`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	e := tok.Encode("á" + strings.Repeat("b", 2999))
	if last := e.Spans[len(e.Spans)-1]; len(e.IDs) != 2999 || last.End != 3001 {
		t.Errorf("%d ids, last span %v, want 2999 and an end of 3001", len(e.IDs), last)
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct {
		name, old, new string
		want           string // part of the message
		unsupported    bool
	}{
		{"word level", `"WordPiece"`, `"WordLevel"`, `model type "WordLevel"`, true},
		{"other normalizer", `"WordPiece"`, `"Unigram"`, `normalizer: type "BertNormalizer"`, true},
		{"no model", `"model"`, `"other"`, "model is missing", true},
		{"normalizer", `"BertNormalizer"`, `"NFC"`, `normalizer type "NFC"`, true},
		{"pre-tokenizer", `"BertPreTokenizer"`, `"Metaspace"`, `pre_tokenizer type "Metaspace"`, true},
		{"post-processor", `"BertProcessing"`, `"Oracle"`, `post_processor: type "Oracle"`, true},
		{"added token in text", `"special": true`, `"special": false, "normalized": true`, `"[X]" has normalized true`, true},
		{"unknown setting", `"lowercase": true`, `"lowercase": true, "fold": 1`, `"fold"`, false},
		{"missing setting", `"lowercase": true`, `"strip_accents": true`, "lowercase", false},
		{"no unknown token", `"unk_token": "u"`, `"unk_token": "w"`, `unk_token "w"`, false},
		{"negative id", `"a": 1`, `"a": -1`, `token "a" has id -1`, false},
		{"id too large", `"a": 1`, `"a": 3000000000`, "3000000000", false},
		{"negative length", `per_word": 5`, `per_word": -5`, "max_input_chars_per_word -5", false},
		{"bad special id", `["[S]", 3]`, `["[S]", "3"]`, "post_processor", false},
		{"not JSON", `{`, `<`, "tokenizer.json", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tokenizer.Parse([]byte(strings.Replace(small, tt.old, tt.new, 1)))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want one with %q", err, tt.want)
			}
			if got := errors.Is(err, errors.ErrUnsupported); got != tt.unsupported {
				t.Errorf("errors.Is(err, ErrUnsupported) = %t for %v", got, err)
			}
		})
	}
}

func TestLoadNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "absent.json")
	if _, err := tokenizer.Load(path); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("absent file: %v", err)
	}
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := tokenizer.Load(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("empty file: %v", err)
	}
}
