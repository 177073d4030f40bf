package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"unicode"
	"unicode/utf8"
)

// Template is what stands around one text or two when a model reads them:
//
//	Before A After              one text
//	Before A Between B After    two texts
//
// An encoder of the BERT family has [CLS] A [SEP] B [SEP]; XLM-R has
// <s> A </s></s> B </s>.
type Template struct {
	Before, Between, After []Marker
	// TypeA and TypeB are the segment ids (token_type_ids) of the texts.
	TypeA, TypeB int32
}

// Marker is a special token of a template, with its segment id.
type Marker struct {
	ID, Type int32
}

// AppendIDs appends the ids of one text in the template for one, or of two in
// the template for two.
func (t *Template) AppendIDs(dst []int32, texts ...[]int32) []int32 {
	dst = appendMarkers(dst, t.Before)
	for i, ids := range texts {
		if i > 0 {
			dst = appendMarkers(dst, t.Between)
		}
		dst = append(dst, ids...)
	}
	return appendMarkers(dst, t.After)
}

func appendMarkers(dst []int32, markers []Marker) []int32 {
	for _, m := range markers {
		dst = append(dst, m.ID)
	}
	return dst
}

// AppendTypes appends the segment ids of what AppendIDs makes of texts of the
// given lengths.
func (t *Template) AppendTypes(dst []int32, lengths ...int) []int32 {
	markers := func(all []Marker) {
		for _, m := range all {
			dst = append(dst, m.Type)
		}
	}
	markers(t.Before)
	for i, n := range lengths {
		kind := t.TypeA
		if i > 0 {
			markers(t.Between)
			kind = t.TypeB
		}
		for range n {
			dst = append(dst, kind)
		}
	}
	markers(t.After)
	return dst
}

// processor is what a post_processor says.
type processor struct {
	single, pair Template
	special      map[string]int32
	trims        []bool // ByteLevel and RobertaProcessing: white space is no part of a span; each with add_prefix_space
}

func parseProcessor(raw json.RawMessage) (*processor, error) {
	p := &processor{special: map[string]int32{}}
	p.pair.TypeB = 1
	return p, p.parse(raw)
}

func (p *processor) parse(raw json.RawMessage) error {
	kind, err := typeOf(raw)
	if err != nil {
		return err
	}
	switch kind {
	case "":
		return nil
	case "Sequence":
		var seq struct {
			Parts []json.RawMessage `json:"processors"`
		}
		if err := json.Unmarshal(raw, &seq); err != nil {
			return err
		}
		for _, part := range seq.Parts {
			if err := p.parse(part); err != nil {
				return err
			}
		}
		return nil
	case "TemplateProcessing":
		err = p.parseTemplates(raw)
	case "BertProcessing", "RobertaProcessing":
		err = p.parseFixed(raw, kind == "RobertaProcessing")
	case "ByteLevel":
		var c struct {
			Prefix bool  `json:"add_prefix_space"`
			Trim   *bool `json:"trim_offsets"`
		}
		if err = json.Unmarshal(raw, &c); err == nil && (c.Trim == nil || *c.Trim) {
			p.trims = append(p.trims, c.Prefix)
		}
	default:
		err = errors.ErrUnsupported
	}
	if err != nil {
		return fmt.Errorf("type %q: %w", kind, err)
	}
	return nil
}

// piece is one element of a template: a text or a special token.
type piece struct {
	Sequence *struct {
		ID   string `json:"id"`
		Type int32  `json:"type_id"`
	}
	SpecialToken *struct {
		ID   string `json:"id"`
		Type int32  `json:"type_id"`
	}
}

func (p *processor) parseTemplates(raw json.RawMessage) error {
	var c struct {
		Single, Pair []piece
		Tokens       map[string]struct {
			IDs []int32 `json:"ids"`
		} `json:"special_tokens"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	for name, t := range c.Tokens {
		if len(t.IDs) != 1 || t.IDs[0] < 0 {
			return fmt.Errorf("special token %q has ids %v, want one", name, t.IDs)
		}
		p.special[name] = t.IDs[0]
	}
	var err error
	if c.Single != nil {
		if p.single, err = p.template(c.Single, "A"); err != nil {
			return fmt.Errorf("single: %w", err)
		}
	}
	if c.Pair != nil {
		if p.pair, err = p.template(c.Pair, "AB"); err != nil {
			return fmt.Errorf("pair: %w", err)
		}
	}
	return nil
}

// template takes pieces with the texts named in order, each once.
func (p *processor) template(pieces []piece, order string) (t Template, err error) {
	seen := 0
	for _, e := range pieces {
		switch {
		case e.Sequence != nil:
			if seen == len(order) || e.Sequence.ID != order[seen:seen+1] {
				return t, fmt.Errorf("text %q out of order: %w", e.Sequence.ID, errors.ErrUnsupported)
			}
			if seen++; seen == 1 {
				t.TypeA = e.Sequence.Type
			} else {
				t.TypeB = e.Sequence.Type
			}
		case e.SpecialToken != nil:
			id, ok := p.special[e.SpecialToken.ID]
			if !ok {
				return t, fmt.Errorf("special token %q is not in special_tokens", e.SpecialToken.ID)
			}
			at := &t.After
			switch {
			case seen == 0:
				at = &t.Before
			case seen < len(order):
				at = &t.Between
			}
			*at = append(*at, Marker{id, e.SpecialToken.Type})
		default:
			return t, errors.New("a piece is neither Sequence nor SpecialToken")
		}
	}
	if seen < len(order) {
		return t, fmt.Errorf("%d texts, want %d", seen, len(order))
	}
	return t, nil
}

// parseFixed reads the two processors whose templates are built in. RoBERTa
// puts two separators between texts and knows one segment only.
func (p *processor) parseFixed(raw json.RawMessage, roberta bool) error {
	var c struct {
		Sep, Cls [2]any // content and id
		Trim     *bool  `json:"trim_offsets"`
		Prefix   *bool  `json:"add_prefix_space"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	var ids [2]int32
	for i, pair := range [][2]any{c.Cls, c.Sep} {
		name, okName := pair[0].(string)
		id, okID := pair[1].(float64)
		if !okName || !okID || id < 0 || id > math.MaxInt32 {
			return fmt.Errorf("sep and cls must be pairs of content and id, got %v", pair)
		}
		ids[i] = int32(id)
		p.special[name] = int32(id)
	}
	cls, sep := Marker{ID: ids[0]}, Marker{ID: ids[1]}
	p.single = Template{Before: []Marker{cls}, After: []Marker{sep}}
	p.pair = Template{Before: []Marker{cls}, Between: []Marker{sep}, After: []Marker{{sep.ID, 1}}, TypeB: 1}
	if roberta {
		p.pair = Template{Before: []Marker{cls}, Between: []Marker{sep, sep}, After: []Marker{sep}}
		if c.Trim == nil || *c.Trim {
			p.trims = append(p.trims, c.Prefix == nil || *c.Prefix)
		}
	}
	return nil
}

// trimmer takes the white space at the ends of tokens out of their spans.
type trimmer struct {
	lead, trail map[int32]int // characters of white space at the ends of a token, where there are any
	prefixes    []bool
}

func newTrimmer(prefixes []bool, vocab map[string]int32) *trimmer {
	if len(prefixes) == 0 {
		return nil
	}
	t := &trimmer{lead: map[int32]int{}, trail: map[int32]int{}, prefixes: prefixes}
	for token, id := range vocab {
		lead, trail := spacesAround(token)
		if lead > 0 {
			t.lead[id] = lead
		}
		if trail > 0 {
			t.trail[id] = trail
		}
	}
	return t
}

// spacesAround counts white space, as such or mapped by ByteLevel.
func spacesAround(token string) (lead, trail int) {
	isSpace := func(r rune) bool { return r == 'Ġ' || unicode.IsSpace(r) }
	for _, r := range token {
		if !isSpace(r) {
			break
		}
		lead++
	}
	for token != "" {
		r, size := utf8.DecodeLastRuneInString(token)
		if !isSpace(r) {
			break
		}
		token = token[:len(token)-size]
		trail++
	}
	return lead, trail
}

func (t *trimmer) token(text string, id int32, s Span, first bool) Span {
	return t.apply(text, s, t.lead[id], t.trail[id], first)
}

// apply leaves a single space at the start of the text alone where one may
// have been put before it.
func (t *trimmer) apply(text string, s Span, lead, trail int, first bool) Span {
	if lead == 0 && trail == 0 {
		return s
	}
	for _, prefix := range t.prefixes {
		if !prefix || lead != 1 || !first && s.Start != 0 {
			for n := lead; n > 0 && s.Start < s.End; n-- {
				_, size := utf8.DecodeRuneInString(text[s.Start:s.End])
				s.Start += size
			}
		}
		for n := trail; n > 0 && s.End > s.Start; n-- {
			_, size := utf8.DecodeLastRuneInString(text[s.Start:s.End])
			s.End -= size
		}
	}
	return s
}
