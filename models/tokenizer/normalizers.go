package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// normalizer changes text. It writes what it makes of s to out and reports
// true, or reports false when s stays as it is.
type normalizer interface {
	normalize(s *stretch, out *builder, w *work) bool
}

// parseNormalizers reads the normalizer of a tokenizer.json, sequences
// flattened.
func (p *parser) parseNormalizers(raw json.RawMessage) ([]normalizer, error) {
	kind, err := typeOf(raw)
	if err != nil {
		return nil, err
	}
	switch kind {
	case "":
		return nil, nil
	case "Sequence":
		var seq struct {
			Parts []json.RawMessage `json:"normalizers"`
		}
		if err := json.Unmarshal(raw, &seq); err != nil {
			return nil, err
		}
		var all []normalizer
		for _, part := range seq.Parts {
			some, err := p.parseNormalizers(part)
			if err != nil {
				return nil, err
			}
			all = append(all, some...)
		}
		return all, nil
	}
	n, err := p.parseNormalizer(kind, raw)
	if err != nil {
		return nil, fmt.Errorf("type %q: %w", kind, err)
	}
	return []normalizer{n}, nil
}

func (p *parser) parseNormalizer(kind string, raw json.RawMessage) (normalizer, error) {
	switch kind {
	case "NFC":
		return newNFC(p.tables, p.classes())
	case "NFKC":
		return newNFKC(p.tables, p.classes())
	case "Lowercase":
		return &lowercase{p.tables.lower}, nil
	case "Precompiled":
		return parsePrecompiled(raw, p.classes())
	case "Strip":
		return parseStrip(raw, p.classes())
	case "Prepend":
		var n struct{ Type, Prepend string }
		if err := decodeStrict("normalizer", raw, &n); err != nil {
			return nil, err
		}
		return prefix(n.Prepend), nil
	case "Replace":
		return parseReplace(raw)
	}
	return nil, errors.ErrUnsupported
}

// prefix is put before every text that is not empty. It has the place of the
// first character.
type prefix string

func (p prefix) normalize(s *stretch, out *builder, _ *work) bool {
	if s.text == "" {
		return false
	}
	first := place{}
	if out.places {
		first = s.placed(0)
	}
	out.add(string(p), first)
	out.copy(s, 0, len(s.text))
	return true
}

// ends removes white space from the ends.
type ends struct {
	left, right bool
	classes     *classes
}

func parseStrip(raw json.RawMessage, c *classes) (normalizer, error) {
	var n struct {
		Type  string `json:"type"`
		Left  *bool  `json:"strip_left"`
		Right *bool  `json:"strip_right"`
	}
	if err := decodeStrict("normalizer", raw, &n); err != nil {
		return nil, err
	}
	if n.Left == nil || n.Right == nil {
		return nil, errors.New("strip_left and strip_right must be given")
	}
	return &ends{*n.Left, *n.Right, c}, nil
}

func (n *ends) normalize(s *stretch, out *builder, _ *work) bool {
	from, to := 0, len(s.text)
	if n.left {
		from = n.classes.run(s.text, 0, white)
	}
	if n.right && from < to {
		to = n.classes.runBack(s.text, to, white)
	}
	if from == 0 && to == len(s.text) {
		return false
	}
	out.copy(s, from, to)
	return true
}

// lowercase maps every character.
type lowercase struct{ lower map[rune][]rune }

func (n *lowercase) normalize(s *stretch, out *builder, _ *work) bool {
	copied := 0
	for i, r := range s.text {
		to, ok := n.lower[r]
		if !ok {
			continue
		}
		out.copy(s, copied, i)
		p := place{}
		if out.places {
			p = s.placed(i)
		}
		for _, c := range to {
			out.addRune(c, p)
		}
		copied = i + len(string(r))
	}
	if copied == 0 {
		return false
	}
	out.copy(s, copied, len(s.text))
	return true
}

// replace puts content in place of every match; it has the place of the last
// character of the match.
type replace struct {
	literal string
	pattern *regexp.Regexp // instead of literal
	content string
}

func parseReplace(raw json.RawMessage) (normalizer, error) {
	var n struct {
		Type    string  `json:"type"`
		Pattern pattern `json:"pattern"`
		Content string  `json:"content"`
	}
	if err := decodeStrict("normalizer", raw, &n); err != nil {
		return nil, err
	}
	r := &replace{literal: n.Pattern.String, content: n.Content}
	if n.Pattern.Regex != "" {
		var err error
		if r.pattern, err = compile(n.Pattern.Regex); err != nil {
			return nil, err
		}
	} else if r.literal == "" {
		return nil, errors.New("pattern is empty")
	}
	return r, nil
}

func (n *replace) find(text string) (from, to int) {
	if n.pattern == nil {
		from = strings.Index(text, n.literal)
		return from, from + len(n.literal)
	}
	if at := n.pattern.FindStringIndex(text); at != nil {
		return at[0], at[1]
	}
	return -1, -1
}

func (n *replace) normalize(s *stretch, out *builder, _ *work) bool {
	copied := 0
	for copied < len(s.text) {
		from, to := n.find(s.text[copied:])
		if from < 0 {
			break
		}
		out.copy(s, copied, copied+from)
		p := place{}
		if out.places {
			p = s.placed(copied + to - 1)
		}
		out.add(n.content, p)
		copied += to
	}
	if copied == 0 {
		return false
	}
	out.copy(s, copied, len(s.text))
	return true
}
