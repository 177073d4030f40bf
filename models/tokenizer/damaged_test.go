package tokenizer_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ragprune/ragprune/models/tokenizer"
)

// A complete tokenizer.json of each family; the tests damage parts of them.
const (
	unigramConfig = `{"added_tokens": [], "normalizer": {"type": "NFKC"},
  "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
  "post_processor": null,
  "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": false, "vocab": [["<unk>", 0], ["▁a", -1.5], ["b", -2]]}}`
	sentencePieceConfig = `{"added_tokens": [], "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
  "pre_tokenizer": null, "post_processor": null,
  "model": {"type": "BPE", "unk_token": "<unk>", "byte_fallback": true, "vocab": {"<unk>": 0, "a": 1, "b": 2, "ab": 3, "▁": 4}, "merges": ["a b"]}}`
)

// byteLevelConfig has the 256 tokens for bytes, and one merge.
func byteLevelConfig() string {
	var vocab []string
	next := 256
	for b := range 256 {
		r := rune(b)
		if b < '!' || b > '~' && b < 0xA1 || b == 0xAD {
			r, next = rune(next), next+1
		}
		vocab = append(vocab, fmt.Sprintf("%q: %d", string(r), b))
	}
	return `{"added_tokens": [], "normalizer": null,
  "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
  "post_processor": null,
  "model": {"type": "BPE", "vocab": {` + strings.Join(vocab, ", ") + `, "ab": 256}, "merges": [["a", "b"]]}}`
}

// A damaged tokenizer.json is refused with a line that says what is wrong.
func TestParseRefusesFamilies(t *testing.T) {
	configs := map[string]string{"unigram": unigramConfig, "sentencepiece": sentencePieceConfig, "bytes": byteLevelConfig()}
	for name, config := range configs {
		if _, err := tokenizer.Parse([]byte(config)); err != nil {
			t.Fatalf("%s, undamaged: %v", name, err)
		}
	}
	for _, tt := range []struct {
		family, name, old, new string
		want                   string // part of the message
		unsupported            bool
	}{
		{"unigram", "no vocabulary", `[["<unk>", 0], ["▁a", -1.5], ["b", -2]]`, `[]`, "model: vocab is missing or empty", false},
		{"unigram", "no unknown token", `"unk_id": 0, `, ``, "model: unk_id is missing", false},
		{"unigram", "unknown token too large", `"unk_id": 0`, `"unk_id": 3`, "model: unk_id 3 is not below the 3 entries", false},
		{"unigram", "unknown token below zero", `"unk_id": 0`, `"unk_id": -1`, "model: unk_id -1 is not below", false},
		{"unigram", "a token without a score", `["b", -2]`, `["b"]`, "vocab: entry", false},
		{"unigram", "a score of text", `["b", -2]`, `["b", "x"]`, "vocab: entry", false},
		{"unigram", "two characters for a space", `"replacement": "▁"`, `"replacement": "▁▁"`, `pre_tokenizer: `, false},
		{"unigram", "a scheme", `"always"`, `"sometimes"`, `prepend_scheme "sometimes"`, false},
		{"unigram", "a step nobody knows", `"NFKC"`, `"Rot13"`, `normalizer: type "Rot13"`, true},
		{
			"unigram", "bytes before it", `{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}`,
			`{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}`, `type "Unigram" after ByteLevel`, true,
		},
		{"unigram", "a setting nobody knows", `"byte_fallback": false`, `"fallback": false`, `"fallback"`, false},
		{"sentencepiece", "no vocabulary", `{"<unk>": 0, "a": 1, "b": 2, "ab": 3, "▁": 4}`, `{}`, "model: vocab is missing or empty", false},
		{"sentencepiece", "an id below zero", `"a": 1`, `"a": -1`, `token "a" has id -1`, false},
		{"sentencepiece", "an id too large", `"a": 1`, `"a": 3000000000`, "3000000000", false},
		{"sentencepiece", "an unknown token", `"unk_token": "<unk>"`, `"unk_token": "<u>"`, `unk_token "<u>" is not in the vocabulary`, false},
		{"sentencepiece", "no unknown token", `"unk_token": "<unk>", `, ``, "unk_token is missing", false},
		{"sentencepiece", "a merge of one", `["a b"]`, `["a"]`, `merges[0]: "a" is not two tokens`, false},
		{"sentencepiece", "a merge of three", `["a b"]`, `["a b a"]`, `merges[0]: "a b a" is not two tokens`, false},
		{"sentencepiece", "a merge of strangers", `["a b"]`, `["a c"]`, `merges[0]: token`, false},
		{"sentencepiece", "merges of numbers", `["a b"]`, `[1]`, "merges: want a list of pairs", false},
		{"sentencepiece", "dropout", `"unk_token"`, `"dropout": 0.1, "unk_token"`, "dropout 0.1", true},
		{"sentencepiece", "a prefix", `"unk_token"`, `"continuing_subword_prefix": "##", "unk_token"`, `continuing_subword_prefix "##"`, true},
		{"sentencepiece", "a suffix", `"unk_token"`, `"end_of_word_suffix": "</w>", "unk_token"`, `end_of_word_suffix "</w>"`, true},
		{"sentencepiece", "an empty pattern", `{"String": " "}`, `{"String": ""}`, "pattern is empty", false},
		{"bytes", "a byte is missing", `"Ā": 0, `, ``, "vocab has no token for byte 0x00", false},
		{"bytes", "a merge of strangers", `["a", "b"]`, `["a", "bb"]`, `merges[0]: token`, false},
		{"bytes", "a merge of three", `["a", "b"]`, `["a", "b", "c"]`, `is not two tokens`, false},
		{"bytes", "a processor", `"post_processor": null`, `"post_processor": {"type": "Oracle"}`, `post_processor: type "Oracle"`, true},
	} {
		t.Run(tt.family+", "+tt.name, func(t *testing.T) {
			config := configs[tt.family]
			if !strings.Contains(config, tt.old) {
				t.Fatalf("nothing to replace: %s", tt.old)
			}
			_, err := tokenizer.Parse([]byte(strings.Replace(config, tt.old, tt.new, 1)))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want one with %q", err, tt.want)
			}
			if got := errors.Is(err, errors.ErrUnsupported); got != tt.unsupported {
				t.Errorf("errors.Is(err, ErrUnsupported) = %t for %v", got, err)
			}
		})
	}
}

// An added token of white space that takes the white space around it looks at a
// run of spaces once, not once for each of its matches.
func TestAddedSpacesAreLinear(t *testing.T) {
	for _, strip := range []string{`"lstrip": true, "rstrip": false`, `"lstrip": false, "rstrip": true`, `"lstrip": true, "rstrip": true`} {
		added := `"added_tokens": [{"id": 9, "content": " ", "single_word": false, "normalized": false, "special": false, ` + strip + `}]`
		tok, err := tokenizer.Parse([]byte(strings.Replace(sentencePieceConfig, `"added_tokens": []`, added, 1)))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		const spaces = 1 << 21
		if got := tok.Count("a" + strings.Repeat(" ", spaces) + "b"); got != spaces+2 {
			t.Errorf("%s: %d tokens, want %d", strip, got, spaces+2)
		}
		// At each match anew, this would take hours.
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%s: %v", strip, took)
		}
	}
}
