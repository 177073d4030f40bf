package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"sync"
)

// file is a tokenizer.json. Components are kept raw until their type is known.
type file struct {
	AddedTokens   []addedToken    `json:"added_tokens"`
	Normalizer    json.RawMessage `json:"normalizer"`
	PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
	PostProcessor json.RawMessage `json:"post_processor"`
	Model         json.RawMessage `json:"model"`
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

// parser holds what the parts of a tokenizer.json share.
type parser struct {
	file      file
	tables    *tables
	classes   func() *classes // made once, if a step or an added token needs them
	byteLevel bool            // a ByteLevel step has been read: the model sees bytes
	places    bool            // a step looks at places
}

func parse(data []byte) (*Tokenizer, error) {
	var p parser
	if err := json.Unmarshal(data, &p.file); err != nil {
		return nil, fmt.Errorf("tokenizer.json: %w", err)
	}
	var err error
	if p.tables, err = parseTables(unicodeText); err != nil {
		return nil, err
	}
	p.classes = sync.OnceValue(func() *classes { return newClasses(p.tables) })
	pipe, vocab, err := p.pipeline()
	if err != nil {
		return nil, err
	}
	after, err := parseProcessor(p.file.PostProcessor)
	if err != nil {
		return nil, fmt.Errorf("post_processor: %w", err)
	}
	special, size, err := p.file.specials(vocab, after)
	if err != nil {
		return nil, err
	}
	if err := p.addTokens(pipe); err != nil {
		return nil, fmt.Errorf("added_tokens: %w", err)
	}
	pipe.trim = newTrimmer(after.trims, vocab)
	t := &Tokenizer{pipeline: pipe, special: special, size: size, single: after.single, pair: after.pair}
	if b, ok := pipe.model.(*bert); ok && pipe.raw == nil && pipe.trim == nil {
		t.pipeline = b // the way without detours
	}
	return t, nil
}

// pipeline reads the normalizer, the pre_tokenizer and the model.
func (p *parser) pipeline() (*general, map[string]int32, error) {
	kind, err := typeOf(p.file.Model)
	if err != nil {
		return nil, nil, fmt.Errorf("model: %w", err)
	}
	g := &general{pool: &sync.Pool{New: func() any { return &work{} }}}
	var vocab map[string]int32
	if kind == "WordPiece" {
		g.model, vocab, err = p.parseBert()
		return g, vocab, err
	}
	if kind != "BPE" && kind != "Unigram" {
		if kind == "" {
			return nil, nil, fmt.Errorf("model is missing or has no type: %w", errors.ErrUnsupported)
		}
		return nil, nil, fmt.Errorf("model type %q, want WordPiece, Unigram or BPE: %w", kind, errors.ErrUnsupported)
	}
	if g.normal, err = p.parseNormalizers(p.file.Normalizer); err != nil {
		return nil, nil, fmt.Errorf("normalizer: %w", err)
	}
	if g.words, err = p.parsePreTokenizers(p.file.PreTokenizer); err != nil {
		return nil, nil, fmt.Errorf("pre_tokenizer: %w", err)
	}
	switch {
	case kind == "BPE":
		g.model, vocab, err = p.parseBPE(p.file.Model)
	case p.byteLevel:
		err = fmt.Errorf("type %q after ByteLevel: %w", kind, errors.ErrUnsupported)
	default:
		g.model, vocab, err = parseUnigram(p.file.Model)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("model: %w", err)
	}
	g.places = p.places
	return g, vocab, nil
}

// parseBert reads the three parts of a BERT pipeline, which are done in one
// pass.
func (p *parser) parseBert() (*bert, map[string]int32, error) {
	steps, err := parseNormalizer(p.file.Normalizer)
	if err != nil {
		return nil, nil, err
	}
	if err := checkType("pre_tokenizer", p.file.PreTokenizer, "BertPreTokenizer"); err != nil {
		return nil, nil, err
	}
	model, vocab, err := parseModel(p.file.Model)
	if err != nil {
		return nil, nil, err
	}
	chars, err := newCharmap(p.tables, steps)
	if err != nil {
		return nil, nil, err
	}
	return newBert(chars, model), vocab, nil
}

// addTokens gives a pipeline the added tokens: those that match the text as it
// is, and those that match normalised text.
func (p *parser) addTokens(g *general) error {
	var raw, normalized []addedToken
	var rawTexts, normalizedTexts []string
	_, isBert := g.model.(*bert)
	for _, t := range p.file.AddedTokens {
		if !t.Normalized {
			raw, rawTexts = append(raw, t), append(rawTexts, t.Content)
			continue
		}
		if isBert && !t.Special {
			return fmt.Errorf("%q has normalized true before WordPiece: %w", t.Content, errors.ErrUnsupported)
		}
		normalized, normalizedTexts = append(normalized, t), append(normalizedTexts, g.normalizeText(t.Content))
	}
	var err error
	if g.raw, err = newAddedTokens(raw, rawTexts, p.classes); err != nil {
		return err
	}
	g.normalized, err = newAddedTokens(normalized, normalizedTexts, p.classes)
	return err
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
func (f *file) specials(vocab map[string]int32, after *processor) (map[string]int32, int, error) {
	special, size := map[string]int32{}, len(vocab)
	seen := map[string]bool{}
	for _, t := range f.AddedTokens {
		id, ok := vocab[t.Content]
		switch {
		case t.ID < 0:
			return nil, 0, fmt.Errorf("added token %q has id %d", t.Content, t.ID)
		case ok && id != t.ID:
			return nil, 0, fmt.Errorf("added token %q has id %d, but %d in the vocabulary", t.Content, t.ID, id)
		case !ok && !seen[t.Content]:
			size++
		}
		seen[t.Content] = true
		if t.Special {
			special[t.Content] = t.ID
		}
	}
	for name, id := range after.special { // added tokens of the same content win
		if _, ok := special[name]; !ok {
			special[name] = id
		}
	}
	return special, size, nil
}
