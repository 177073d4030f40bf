package tokenizer

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// precompiled is the character map of a sentencepiece model: a double array
// from byte strings to offsets of NUL-terminated replacements (sentencepiece,
// src/normalizer.h). It is applied to grapheme clusters of less than six bytes
// as a whole, and to the characters of others one by one; of several keys that
// a cluster begins with, the shortest one counts.
type precompiled struct {
	units   []uint32
	texts   string
	classes *classes
	plain   [utf8.RuneSelf]bool // ASCII bytes that no key begins with
}

const maxCluster = 5

func parsePrecompiled(raw json.RawMessage, c *classes) (normalizer, error) {
	var n struct {
		Type string `json:"type"`
		Map  []byte `json:"precompiled_charsmap"` // base64
	}
	if err := decodeStrict("normalizer", raw, &n); err != nil {
		return nil, err
	}
	p, err := newPrecompiled(n.Map, c)
	if err != nil {
		return nil, fmt.Errorf("precompiled_charsmap: %w", err)
	}
	return p, nil
}

func newPrecompiled(data []byte, c *classes) (*precompiled, error) {
	if len(data) < 4 {
		return nil, fmt.Errorf("%d bytes, too short", len(data))
	}
	size := int64(binary.LittleEndian.Uint32(data))
	data = data[4:]
	if size > int64(len(data)) || size < 4 {
		return nil, fmt.Errorf("a trie of %d bytes in %d bytes", size, len(data))
	}
	p := &precompiled{units: make([]uint32, size/4), classes: c}
	for i := range p.units {
		p.units[i] = binary.LittleEndian.Uint32(data[4*i:])
	}
	texts := data[size/4*4:]
	if !utf8.Valid(texts) {
		return nil, errors.New("the replacements are not valid UTF-8")
	}
	p.texts = string(texts)
	for b := range p.plain {
		_, reached := p.step(p.root(), byte(b))
		p.plain[b] = !reached || b == 0
	}
	return p, nil
}

// A unit holds its label in the low byte, whether a key ends there in bit 8,
// and the distance to its children in the high bits.
func children(unit uint32) uint32 { return unit >> 10 << (unit & (1 << 9) >> 6) }

func (p *precompiled) root() uint32 { return children(p.units[0]) }

// step follows a byte and returns the node below it.
func (p *precompiled) step(node uint32, b byte) (next uint32, ok bool) {
	at := node ^ uint32(b)
	if int64(at) >= int64(len(p.units)) {
		return 0, false
	}
	if unit := p.units[at]; unit&(1<<31|0xFF) == uint32(b) {
		return at ^ children(unit), true
	}
	return 0, false
}

// find returns the replacement of the shortest key that text begins with.
func (p *precompiled) find(text string) (to string, ok bool) {
	at := p.root()
	for i := 0; i < len(text) && text[i] != 0; i++ {
		pos := at ^ uint32(text[i])
		next, reached := p.step(at, text[i])
		if !reached {
			return "", false
		}
		at = next
		if p.units[pos]>>8&1 == 1 && int64(at) < int64(len(p.units)) {
			return p.replacement(p.units[at] &^ (1 << 31))
		}
	}
	return "", false
}

func (p *precompiled) replacement(offset uint32) (string, bool) {
	if int64(offset) >= int64(len(p.texts)) {
		return "", int64(offset) == int64(len(p.texts))
	}
	rest := p.texts[offset:]
	if !utf8.RuneStart(rest[0]) {
		return "", false
	}
	if end := bytes.IndexByte([]byte(rest[:min(len(rest), 64)]), 0); end >= 0 {
		return rest[:end], true
	}
	for end := range len(rest) {
		if rest[end] == 0 {
			return rest[:end], true
		}
	}
	return rest, true
}

func (p *precompiled) normalize(s *stretch, out *builder, _ *work) bool {
	t := newTransform(s, out)
	copied, changed := 0, false
	for i := 0; i < len(s.text); {
		if p.passes(s.text, i) {
			i++
			continue
		}
		end, chars := p.cluster(s.text, i)
		if end-i <= maxCluster {
			if to, ok := p.find(s.text[i:end]); ok {
				t.copy(copied, i)
				t.replace(chars, to)
				i, copied, changed = end, end, true
				continue
			}
			if chars == 1 {
				i = end
				continue
			}
		}
		for i < end {
			_, size := utf8.DecodeRuneInString(s.text[i:])
			if to, ok := p.find(s.text[i : i+size]); ok {
				t.copy(copied, i)
				t.replace(1, to)
				copied, changed = i+size, true
			}
			i += size
		}
	}
	if !changed {
		return false
	}
	t.copy(copied, len(s.text))
	t.end()
	return true
}

// passes reports whether text[i] is an ASCII byte that stays as it is, whatever
// follows.
func (p *precompiled) passes(text string, i int) bool {
	return text[i] < utf8.RuneSelf && p.plain[text[i]] && (i+1 == len(text) || text[i+1] < utf8.RuneSelf)
}

// cluster returns the end of the grapheme cluster that begins at i, and its
// number of characters (Unicode annex 29, without emoji and conjuncts: these
// are longer than maxCluster whatever their boundaries).
func (p *precompiled) cluster(text string, i int) (end, chars int) {
	c, size := p.classes.at(text, i)
	end, chars = i+size, 1
	if c&control != 0 {
		if text[i] == '\r' && end < len(text) && text[end] == '\n' {
			return end + 1, 2
		}
		return end, 1
	}
	before, _ := utf8.DecodeRuneInString(text[i:])
	for end < len(text) {
		next, size := p.classes.at(text, end)
		r, _ := utf8.DecodeRuneInString(text[end:])
		joined := next&extend != 0 || c&prepend != 0 && next&control == 0 || sameSyllable(before, r)
		if !joined {
			break
		}
		c, before = next, r
		end += size
		chars++
	}
	return end, chars
}

// sameSyllable says whether Hangul b continues the syllable that a is of.
func sameSyllable(a, b rune) bool {
	syllable := a >= hangulFirst && a <= hangulLast
	open := syllable && (a-hangulFirst)%trails == 0
	switch {
	case isLead(a):
		return isLead(b) || isVowel(b) || b >= hangulFirst && b <= hangulLast
	case isVowel(a) || open:
		return isVowel(b) || isTrail(b)
	case isTrail(a) || syllable:
		return isTrail(b)
	}
	return false
}

func isLead(r rune) bool  { return r >= 0x1100 && r <= 0x115F || r >= 0xA960 && r <= 0xA97C }
func isVowel(r rune) bool { return r >= 0x1160 && r <= 0x11A7 || r >= 0xD7B0 && r <= 0xD7C6 }
func isTrail(r rune) bool { return r >= 0x11A8 && r <= 0x11FF || r >= 0xD7CB && r <= 0xD7FB }

// replace puts a text in place of the next chars characters.
func (t *transform) replace(chars int, to string) {
	n := 0
	for _, r := range to {
		n++
		t.add(r, max(0, min(1, n-chars)))
	}
	if n < chars {
		t.remove(chars - n)
	}
}
