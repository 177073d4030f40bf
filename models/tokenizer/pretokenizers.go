package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// preTokenizer cuts the words of w further. It may put another text in place
// of the stretch.
type preTokenizer interface {
	cut(w *work)
}

// parsePreTokenizers reads the pre_tokenizer of a tokenizer.json, sequences
// flattened. ByteLevel must come last, for what comes after it would see other
// text.
func (p *parser) parsePreTokenizers(raw json.RawMessage) ([]preTokenizer, error) {
	kind, err := typeOf(raw)
	if err != nil {
		return nil, err
	}
	switch {
	case kind == "":
		return nil, nil
	case p.byteLevel:
		return nil, fmt.Errorf("type %q after ByteLevel: %w", kind, errors.ErrUnsupported)
	case kind == "Sequence":
		var seq struct {
			Parts []json.RawMessage `json:"pretokenizers"`
		}
		if err := json.Unmarshal(raw, &seq); err != nil {
			return nil, err
		}
		var all []preTokenizer
		for _, part := range seq.Parts {
			some, err := p.parsePreTokenizers(part)
			if err != nil {
				return nil, err
			}
			all = append(all, some...)
		}
		return all, nil
	}
	some, err := p.parsePreTokenizer(kind, raw)
	if err != nil {
		return nil, fmt.Errorf("type %q: %w", kind, err)
	}
	return some, nil
}

func (p *parser) parsePreTokenizer(kind string, raw json.RawMessage) ([]preTokenizer, error) {
	switch kind {
	case "ByteLevel":
		return p.parseByteLevel(raw)
	case "Metaspace":
		return p.parseMetaspace(raw)
	case "Split":
		return p.parseSplit(raw)
	case "WhitespaceSplit":
		return []preTokenizer{&split{matcher: charMatcher{p.classes(), white}, behavior: removed}}, nil
	case "Whitespace":
		return []preTokenizer{&split{matcher: wordMatcher{p.classes()}, behavior: removed, invert: true}}, nil
	case "Punctuation":
		var n struct {
			Type     string `json:"type"`
			Behavior string `json:"behavior"`
		}
		n.Behavior = "Isolated"
		if err := decodeStrict("pre_tokenizer", raw, &n); err != nil {
			return nil, err
		}
		b, err := parseBehavior(n.Behavior)
		return []preTokenizer{&split{matcher: charMatcher{p.classes(), punct}, behavior: b}}, err
	case "Digits":
		var n struct {
			Type string `json:"type"`
			Each bool   `json:"individual_digits"`
		}
		if err := decodeStrict("pre_tokenizer", raw, &n); err != nil {
			return nil, err
		}
		b := contiguous
		if n.Each {
			b = isolated
		}
		return []preTokenizer{&split{matcher: charMatcher{p.classes(), numeric}, behavior: b}}, nil
	}
	return nil, errors.ErrUnsupported
}

func (p *parser) parseByteLevel(raw json.RawMessage) ([]preTokenizer, error) {
	var n struct {
		Type   string `json:"type"`
		Prefix bool   `json:"add_prefix_space"`
		Trim   bool   `json:"trim_offsets"`
		Regex  *bool  `json:"use_regex"`
	}
	if err := decodeStrict("pre_tokenizer", raw, &n); err != nil {
		return nil, err
	}
	p.byteLevel = true
	var some []preTokenizer
	if n.Prefix {
		some = append(some, &prefixSpace{})
	}
	if n.Regex == nil || *n.Regex {
		some = append(some, &scan{classes: p.classes(), next: scanGPT2})
	}
	return some, nil
}

func (p *parser) parseMetaspace(raw json.RawMessage) ([]preTokenizer, error) {
	var n struct {
		Type        string `json:"type"`
		Replacement string `json:"replacement"`
		AddPrefix   *bool  `json:"add_prefix_space"`
		Scheme      string `json:"prepend_scheme"`
		Split       *bool  `json:"split"`
		Text        string `json:"str_rep"`
	}
	n.Scheme = "always"
	if err := decodeStrict("pre_tokenizer", raw, &n); err != nil {
		return nil, err
	}
	if len([]rune(n.Replacement)) != 1 {
		return nil, fmt.Errorf("replacement %q, want one character", n.Replacement)
	}
	if n.AddPrefix != nil && !*n.AddPrefix {
		n.Scheme = "never"
	}
	m := &metaspace{mark: n.Replacement, split: n.Split == nil || *n.Split}
	switch n.Scheme {
	case "always":
		m.always = true
	case "first":
		m.first, p.places = true, true
	case "never":
	default:
		return nil, fmt.Errorf("prepend_scheme %q", n.Scheme)
	}
	return []preTokenizer{m}, nil
}

// pattern is {"String": ...} or {"Regex": ...}.
type pattern struct {
	String string
	Regex  string
}

func (p *parser) parseSplit(raw json.RawMessage) ([]preTokenizer, error) {
	var n struct {
		Type     string  `json:"type"`
		Pattern  pattern `json:"pattern"`
		Behavior string  `json:"behavior"`
		Invert   bool    `json:"invert"`
	}
	if err := decodeStrict("pre_tokenizer", raw, &n); err != nil {
		return nil, err
	}
	b, err := parseBehavior(n.Behavior)
	if err != nil {
		return nil, err
	}
	if next := scanners[n.Pattern.Regex]; next != nil {
		// Every character belongs to a match of these patterns.
		switch {
		case b == isolated, b == removed && n.Invert:
			return []preTokenizer{&scan{classes: p.classes(), next: next}}, nil
		}
		return nil, fmt.Errorf("behavior %s, invert %t: %w", n.Behavior, n.Invert, errors.ErrUnsupported)
	}
	s := &split{behavior: b, invert: n.Invert}
	if n.Pattern.Regex == "" {
		if n.Pattern.String == "" {
			return nil, errors.New("pattern is empty")
		}
		s.matcher = stringMatcher(n.Pattern.String)
		return []preTokenizer{s}, nil
	}
	r, err := compile(n.Pattern.Regex)
	if err != nil {
		return nil, err
	}
	s.matcher = regexMatcher{r}
	return []preTokenizer{s}, nil
}

// compile accepts a regular expression that means the same in Go as in the
// reference library: nothing that depends on tables of Unicode, and no match
// of nothing.
func compile(text string) (*regexp.Regexp, error) {
	r, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w (%w)", text, errors.ErrUnsupported, err)
	}
	for i := strings.IndexByte(text, '\\'); i >= 0 && i+1 < len(text); {
		if c := text[i+1]; c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' && c != 'n' && c != 'r' && c != 't' {
			return nil, fmt.Errorf("pattern %q: \\%c: %w", text, c, errors.ErrUnsupported)
		}
		next := strings.IndexByte(text[i+2:], '\\')
		if next < 0 {
			break
		}
		i += 2 + next
	}
	if strings.Contains(text, "(?") || strings.Contains(text, "[:") || r.MatchString("") {
		return nil, fmt.Errorf("pattern %q: %w", text, errors.ErrUnsupported)
	}
	return r, nil
}

// scan cuts the text where a scanner says that a word ends.
type scan struct {
	classes *classes
	next    scanner
}

func (s *scan) cut(w *work) {
	w.spare = w.spare[:0]
	for _, word := range w.words {
		text := w.text[:word.to]
		for i := int(word.from); i < len(text); {
			end := s.next(s.classes, text, i)
			w.spare = append(w.spare, cut{int32(i), int32(end)})
			i = end
		}
	}
	w.words, w.spare = w.spare, w.words
}

// prefixSpace puts a space before every word that does not begin with one.
type prefixSpace struct{}

func (*prefixSpace) cut(w *work) {
	out := w.replaced.next(w.places)
	for k, word := range w.words {
		from := int32(len(out.buf))
		if w.text[word.from] != ' ' {
			w.lead(out, " ", word)
		}
		out.copy(&w.stretch, int(word.from), int(word.to))
		w.words[k] = cut{from, int32(len(out.buf))}
	}
	w.stretch = out.stretch()
}

// lead writes a text that shares the place of the first character of a word.
func (w *work) lead(out *builder, text string, word cut) {
	p := place{}
	if out.places {
		p = w.placed(int(word.from))
	}
	out.add(text, p)
}

// metaspace writes a mark for every space and before words, and cuts before
// every mark.
type metaspace struct {
	mark          string
	always, first bool // put a mark before: every word, the one at the start of the text
	split         bool
}

func (m *metaspace) cut(w *work) {
	out := w.replaced.next(w.places)
	w.spare = w.spare[:0]
	for _, word := range w.words {
		m.word(w, out, word)
	}
	w.words, w.spare = w.spare, w.words
	w.stretch = out.stretch()
}

func (m *metaspace) word(w *work, out *builder, word cut) {
	from := int32(len(out.buf))
	text := w.text[word.from:word.to]
	if text[0] != ' ' && !strings.HasPrefix(text, m.mark) && (m.always || m.first && w.placed(int(word.from)).start == 0) {
		w.lead(out, m.mark, word)
	}
	end := func() {
		if n := int32(len(out.buf)); m.split && n > from {
			w.spare = append(w.spare, cut{from, n})
			from = n
		}
	}
	copied := 0
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == ' ':
			out.copy(&w.stretch, int(word.from)+copied, int(word.from)+i)
			end()
			w.lead(out, m.mark, cut{word.from + int32(i), 0})
			copied = i + 1
		case text[i] == m.mark[0] && i > 0 && strings.HasPrefix(text[i:], m.mark):
			out.copy(&w.stretch, int(word.from)+copied, int(word.from)+i)
			end()
			copied = i
		}
	}
	out.copy(&w.stretch, int(word.from)+copied, int(word.to))
	if n := int32(len(out.buf)); n > from {
		w.spare = append(w.spare, cut{from, n})
	}
}
