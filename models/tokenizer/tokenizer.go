package tokenizer

import (
	"errors"
	"fmt"
	"os"
)

// Tokenizer splits text into the tokens of one vocabulary. It is immutable and
// safe for concurrent use.
type Tokenizer struct {
	pipeline pipeline
	special  map[string]int32
	size     int
	single   Template
	pair     Template
}

// pipeline is everything between text and ids for one model type. An
// implementation takes time linear in len(text) and never fails.
type pipeline interface {
	// appendIDs appends the ids of text to dst and allocates nothing else.
	appendIDs(dst []int32, text string) []int32
	// encode returns the ids of text and their spans.
	encode(text string) Encoding
	// count returns the number of ids of text and allocates nothing.
	count(text string) int
}

// Encoding is a tokenised text. IDs and Spans have the same length.
type Encoding struct {
	// IDs are vocabulary ids in text order.
	IDs []int32
	// Spans are byte ranges of the input text, one per id. Starts and ends never
	// decrease with WordPiece, and hardly ever with the others. Tokens cut out
	// of one character (a Hangul syllable, say) share its span; spaces, removed
	// characters and combining marks that follow a token belong to no span
	// with WordPiece. A span is empty only where white space is trimmed away.
	Spans []Span
}

// Span is the byte range [Start, End) of a text.
type Span struct {
	Start, End int
}

// Load reads a tokenizer.json file. See Parse for what it accepts.
func Load(path string) (*Tokenizer, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	t, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// Parse reads the contents of a tokenizer.json file.
//
// Supported are the model types WordPiece (behind BertNormalizer and
// BertPreTokenizer), Unigram and BPE, with these parts: normalizers NFC,
// NFKC, Lowercase, Strip, Prepend, Replace, Precompiled and Sequence; pre-tokenizers
// ByteLevel, Metaspace, Split, Whitespace, WhitespaceSplit, Punctuation, Digits
// and Sequence; post-processors TemplateProcessing, BertProcessing,
// RobertaProcessing, ByteLevel and Sequence. Anything else is an error that
// names it and wraps errors.ErrUnsupported. Truncation, padding and decoder
// settings are ignored.
func Parse(json []byte) (*Tokenizer, error) {
	t, err := parse(json)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	return t, nil
}

// Encode returns the ids of text and the byte span of each. No special tokens
// are added or recognised; added tokens that are not special are. Every byte
// that is not valid UTF-8 counts as one U+FFFD. Spans are those of the Rust
// library: with WordPiece they are not empty and do not overlap; elsewhere tokens
// of one character share its span, and a token for a space that was put in front
// of a word may begin where the next one does.
func (t *Tokenizer) Encode(text string) Encoding {
	return t.pipeline.encode(text)
}

// AppendIDs appends the ids of text, the same as those of Encode, to dst and
// returns the extended slice. It allocates only when dst must grow.
func (t *Tokenizer) AppendIDs(dst []int32, text string) []int32 {
	return t.pipeline.appendIDs(dst, text)
}

// Count returns the number of ids of text without building them.
func (t *Tokenizer) Count(text string) int {
	return t.pipeline.count(text)
}

// Special returns the id of a special token by its content, such as "[CLS]",
// "[SEP]", "[PAD]" or "[UNK]"; ok is false when the file declares none of that
// name.
func (t *Tokenizer) Special(name string) (id int32, ok bool) {
	id, ok = t.special[name]
	return id, ok
}

// Single returns what the file puts around one text; it is empty when the file
// has no template.
func (t *Tokenizer) Single() Template { return t.single }

// Pair returns what the file puts around two texts.
func (t *Tokenizer) Pair() Template { return t.pair }

// Markers returns the ids that stand before and behind the texts that an
// encoder reads: [CLS] and [SEP], or else those of the template, such as <s>
// and </s>. It is an error if one is missing.
func (t *Tokenizer) Markers() (cls, sep int32, err error) {
	cls, okCLS := t.Special("[CLS]")
	sep, okSEP := t.Special("[SEP]")
	if okCLS && okSEP {
		return cls, sep, nil
	}
	if len(t.single.Before) == 1 && len(t.single.After) == 1 {
		return t.single.Before[0].ID, t.single.After[0].ID, nil
	}
	return 0, 0, errors.New("the tokenizer has no [CLS] or no [SEP], and no template with one token before and one behind a text")
}

// VocabSize returns the number of vocabulary entries, added tokens included.
func (t *Tokenizer) VocabSize() int {
	return t.size
}
