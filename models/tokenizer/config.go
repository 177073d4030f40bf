package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// file is a tokenizer.json. Components are kept raw until their type is known.
type file struct {
	AddedTokens   []addedToken    `json:"added_tokens"`
	Normalizer    json.RawMessage `json:"normalizer"`
	PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
	PostProcessor json.RawMessage `json:"post_processor"`
	Model         json.RawMessage `json:"model"`
}

type addedToken struct {
	ID      int32  `json:"id"`
	Content string `json:"content"`
	Special bool   `json:"special"`
}

// bertNormalizer has pointers where an absent value is an error or has a
// meaning of its own.
type bertNormalizer struct {
	Type         string `json:"type"`
	CleanText    *bool  `json:"clean_text"`
	Han          *bool  `json:"handle_chinese_chars"`
	StripAccents *bool  `json:"strip_accents"` // null: as Lowercase
	Lowercase    *bool  `json:"lowercase"`
}

type wordPieceModel struct {
	Type     string           `json:"type"`
	Unknown  string           `json:"unk_token"`
	Prefix   string           `json:"continuing_subword_prefix"`
	MaxChars *int             `json:"max_input_chars_per_word"` // absent: 100
	Vocab    map[string]int32 `json:"vocab"`
}

func parse(data []byte) (*Tokenizer, error) {
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("tokenizer.json: %w", err)
	}
	model, vocab, err := parseModel(f.Model)
	if err != nil {
		return nil, err
	}
	steps, err := parseNormalizer(f.Normalizer)
	if err != nil {
		return nil, err
	}
	if err := checkType("pre_tokenizer", f.PreTokenizer, "BertPreTokenizer"); err != nil {
		return nil, err
	}
	chars, err := newCharmap(steps)
	if err != nil {
		return nil, err
	}
	special, size, err := f.specials(vocab)
	if err != nil {
		return nil, err
	}
	return &Tokenizer{pipeline: newBert(chars, model), special: special, size: size}, nil
}

// typeOf returns the "type" of a component, "" for an absent one.
func typeOf(raw json.RawMessage) (string, error) {
	var c struct {
		Type string `json:"type"`
	}
	if len(raw) == 0 {
		return "", nil
	}
	err := json.Unmarshal(raw, &c)
	return c.Type, err
}

// checkType reports an error naming the component and its type unless the type
// is the wanted one. A BERT pipeline has no optional parts, so an absent
// component is refused as well.
func checkType(name string, raw json.RawMessage, want string) error {
	switch got, err := typeOf(raw); {
	case err != nil:
		return fmt.Errorf("%s: %w", name, err)
	case got == "":
		return fmt.Errorf("%s is missing or has no type, want %s: %w", name, want, errors.ErrUnsupported)
	case got != want:
		return fmt.Errorf("%s type %q, want %s: %w", name, got, want, errors.ErrUnsupported)
	}
	return nil
}

// decodeStrict refuses unknown fields: a setting that is not understood may
// change ids.
func decodeStrict(name string, raw json.RawMessage, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func parseNormalizer(raw json.RawMessage) (steps normalization, err error) {
	if err := checkType("normalizer", raw, "BertNormalizer"); err != nil {
		return steps, err
	}
	var n bertNormalizer
	if err := decodeStrict("normalizer", raw, &n); err != nil {
		return steps, err
	}
	if n.CleanText == nil || n.Han == nil || n.Lowercase == nil {
		return steps, errors.New("normalizer: clean_text, handle_chinese_chars and lowercase must be given")
	}
	deaccent := *n.Lowercase
	if n.StripAccents != nil {
		deaccent = *n.StripAccents
	}
	return normalization{clean: *n.CleanText, han: *n.Han, deaccent: deaccent, lower: *n.Lowercase}, nil
}

func parseModel(raw json.RawMessage) (*wordPiece, map[string]int32, error) {
	if err := checkType("model", raw, "WordPiece"); err != nil {
		return nil, nil, err
	}
	var m wordPieceModel
	if err := decodeStrict("model", raw, &m); err != nil {
		return nil, nil, err
	}
	unknown, ok := m.Vocab[m.Unknown]
	if !ok {
		return nil, nil, fmt.Errorf("model: unk_token %q is not in the vocabulary", m.Unknown)
	}
	maxChars := 100
	if m.MaxChars != nil {
		maxChars = *m.MaxChars
	}
	if maxChars < 0 || maxChars > math.MaxUint16 {
		return nil, nil, fmt.Errorf("model: max_input_chars_per_word %d, want 0 to %d", maxChars, math.MaxUint16)
	}
	model, err := newWordPiece(m.Vocab, m.Prefix, unknown, maxChars)
	if err != nil {
		return nil, nil, fmt.Errorf("model: %w", err)
	}
	return model, m.Vocab, nil
}

// specials gathers the special tokens by content, and the number of distinct
// entries of the vocabulary and the added tokens.
func (f *file) specials(vocab map[string]int32) (map[string]int32, int, error) {
	special, size := map[string]int32{}, len(vocab)
	for _, t := range f.AddedTokens {
		if !t.Special {
			return nil, 0, fmt.Errorf("added token %q that is not special: %w", t.Content, errors.ErrUnsupported)
		}
		if t.ID < 0 {
			return nil, 0, fmt.Errorf("added token %q has id %d", t.Content, t.ID)
		}
		if _, ok := vocab[t.Content]; !ok {
			size++
		}
		special[t.Content] = t.ID
	}
	if err := templateTokens(f.PostProcessor, special); err != nil {
		return nil, 0, fmt.Errorf("post_processor: %w", err)
	}
	return special, size, nil
}

// templateTokens adds the special tokens that a post-processor would put
// around a text. Added tokens of the same content win.
func templateTokens(raw json.RawMessage, special map[string]int32) error {
	kind, err := typeOf(raw)
	if err != nil {
		return err
	}
	var tokens map[string][]int32
	switch kind {
	case "":
	case "TemplateProcessing":
		tokens, err = templateProcessing(raw)
	case "BertProcessing":
		tokens, err = bertProcessing(raw)
	default:
		return fmt.Errorf("type %q: %w", kind, errors.ErrUnsupported)
	}
	if err != nil {
		return err
	}
	for name, ids := range tokens {
		if len(ids) != 1 || ids[0] < 0 {
			return fmt.Errorf("special token %q has ids %v, want one", name, ids)
		}
		if _, ok := special[name]; !ok {
			special[name] = ids[0]
		}
	}
	return nil
}

func templateProcessing(raw json.RawMessage) (map[string][]int32, error) {
	var p struct {
		Tokens map[string]struct {
			IDs []int32 `json:"ids"`
		} `json:"special_tokens"`
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return nil, err
	}
	tokens := make(map[string][]int32, len(p.Tokens))
	for name, t := range p.Tokens {
		tokens[name] = t.IDs
	}
	return tokens, nil
}

func bertProcessing(raw json.RawMessage) (map[string][]int32, error) {
	var p struct {
		Sep, Cls [2]any // content and id
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return nil, err
	}
	tokens := map[string][]int32{}
	for _, pair := range [][2]any{p.Sep, p.Cls} {
		name, okName := pair[0].(string)
		id, okID := pair[1].(float64)
		if !okName || !okID || id < 0 || id > math.MaxInt32 {
			return nil, fmt.Errorf("sep and cls must be pairs of content and id, got %v", pair)
		}
		tokens[name] = []int32{int32(id)}
	}
	return tokens, nil
}
