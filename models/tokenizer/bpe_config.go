package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

type bpeModel struct {
	Type      string           `json:"type"`
	Dropout   *float64         `json:"dropout"`
	Unknown   *string          `json:"unk_token"`
	Prefix    *string          `json:"continuing_subword_prefix"`
	Suffix    *string          `json:"end_of_word_suffix"`
	FuseUnk   bool             `json:"fuse_unk"`
	Fallback  bool             `json:"byte_fallback"`
	IgnoreAll bool             `json:"ignore_merges"`
	Vocab     map[string]int32 `json:"vocab"`
	Merges    mergeList        `json:"merges"`
}

// mergeList is a list of ["a", "b"] or, in older files, of "a b".
type mergeList [][2]string

func (l *mergeList) UnmarshalJSON(data []byte) error {
	var pairs [][]string
	if json.Unmarshal(data, &pairs) == nil {
		return l.take(pairs)
	}
	var lines []string
	if err := json.Unmarshal(data, &lines); err != nil {
		return errors.New("merges: want a list of pairs of tokens")
	}
	for n, line := range lines {
		left, right, ok := strings.Cut(line, " ")
		if !ok || strings.Contains(right, " ") {
			return fmt.Errorf("merges[%d]: %q is not two tokens", n, line)
		}
		*l = append(*l, [2]string{left, right})
	}
	return nil
}

// take takes pairs, each of which must be one.
func (l *mergeList) take(pairs [][]string) error {
	*l = make(mergeList, len(pairs))
	for n, pair := range pairs {
		if len(pair) != 2 {
			return fmt.Errorf("merges[%d]: %q is not two tokens", n, pair)
		}
		(*l)[n] = [2]string(pair)
	}
	return nil
}

func (p *parser) parseBPE(raw json.RawMessage) (model, map[string]int32, error) {
	var c bpeModel
	if err := decodeStrict("model", raw, &c); err != nil {
		return nil, nil, err
	}
	switch {
	case c.Dropout != nil && *c.Dropout != 0:
		return nil, nil, fmt.Errorf("dropout %v: %w", *c.Dropout, errors.ErrUnsupported)
	case c.Prefix != nil && *c.Prefix != "":
		return nil, nil, fmt.Errorf("continuing_subword_prefix %q: %w", *c.Prefix, errors.ErrUnsupported)
	case c.Suffix != nil && *c.Suffix != "":
		return nil, nil, fmt.Errorf("end_of_word_suffix %q: %w", *c.Suffix, errors.ErrUnsupported)
	}
	if err := checkIDs(c.Vocab); err != nil {
		return nil, nil, err
	}
	m := &bpe{bytes: p.byteLevel, fallback: c.Fallback, fuse: c.FuseUnk, unknown: noID}
	vocab := c.Vocab
	if m.bytes {
		vocab = fromByteLevel(vocab)
		for i, pair := range c.Merges {
			c.Merges[i] = [2]string{rawBytes(pair[0]), rawBytes(pair[1])}
		}
	}
	if err := m.setSymbols(vocab); err != nil {
		return nil, nil, err
	}
	if c.Unknown != nil {
		id, ok := c.Vocab[*c.Unknown]
		if !ok {
			return nil, nil, fmt.Errorf("unk_token %q is not in the vocabulary", *c.Unknown)
		}
		m.unknown = id
	} else if err := m.checkComplete(); err != nil {
		return nil, nil, err
	}
	results, err := m.addMerges(c.Merges, vocab)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case c.IgnoreAll:
		m.words = newWordTable(vocab)
	default:
		m.findOwn(vocab)
		if !m.bytes {
			m.findBoundary(vocab, results)
		}
	}
	return m, c.Vocab, nil
}

func checkIDs(vocab map[string]int32) error {
	if len(vocab) == 0 {
		return errors.New("vocab is missing or empty")
	}
	for token, id := range vocab {
		if id < 0 {
			return fmt.Errorf("vocab: token %q has id %d", token, id)
		}
	}
	return nil
}

// setSymbols finds the tokens that merging starts from.
func (m *bpe) setSymbols(vocab map[string]int32) error {
	for b := range m.byteIDs {
		name := fmt.Sprintf("<0x%02X>", b)
		if m.bytes {
			name = string([]byte{byte(b)})
		}
		m.byteIDs[b] = noID
		if id, ok := vocab[name]; ok {
			m.byteIDs[b] = id
		} else if m.bytes {
			return fmt.Errorf("vocab has no token for byte 0x%02X", b)
		}
	}
	if m.bytes {
		return nil
	}
	m.chars = map[rune]int32{}
	for token, id := range vocab {
		if r, size := utf8.DecodeRuneInString(token); size == len(token) && size > 0 {
			m.chars[r] = id
		}
	}
	return nil
}

// checkComplete makes sure that every text has tokens when there is no unknown
// token.
func (m *bpe) checkComplete() error {
	if m.bytes {
		return nil
	}
	for b, id := range m.byteIDs {
		if !m.fallback || id == noID {
			return fmt.Errorf("unk_token is missing, and with byte_fallback %t there is no token for byte 0x%02X", m.fallback, b)
		}
	}
	return nil
}

// fromByteLevel undoes the mapping of bytes to printable characters. Tokens
// that have another character are never made of text.
func fromByteLevel(vocab map[string]int32) map[string]int32 {
	out := make(map[string]int32, len(vocab))
	for token, id := range vocab {
		if s, ok := cutBytes(token); ok {
			out[s] = id
		}
	}
	return out
}

func rawBytes(token string) string {
	s, ok := cutBytes(token)
	if !ok {
		return token
	}
	return s
}

func cutBytes(token string) (string, bool) {
	out := make([]byte, 0, len(token))
	for _, r := range token {
		b, ok := byteOf(r)
		if !ok {
			return "", false
		}
		out = append(out, b)
	}
	return string(out), true
}

// byteOf returns the byte that a character stands for in byte-level
// vocabularies: itself where it is printable in Latin 1, and otherwise the
// characters from U+0100 on, in order (GPT-2, encoder.py).
func byteOf(r rune) (byte, bool) {
	switch {
	case r >= '!' && r <= '~', r >= 0xA1 && r <= 0xAC, r >= 0xAE && r <= 0xFF:
		return byte(r), true
	case r >= 0x100 && r <= 0x120:
		return byte(r - 0x100), true
	case r >= 0x121 && r <= 0x142:
		return byte(r - 0x121 + 0x7F), true
	case r == 0x143:
		return 0xAD, true
	}
	return 0, false
}
