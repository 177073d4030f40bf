package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// class is a set of properties of a code point.
type class uint16

const (
	letter    class = 1 << iota // \p{L}
	number                      // \p{N}
	white                       // \s
	other                       // none of the three
	newline                     // \r and \n
	upperish                    // \p{Lu}, \p{Lt}, \p{Lm}, \p{Lo}, \p{M}
	lowerish                    // \p{Ll}, \p{Lm}, \p{Lo}, \p{M}
	wordchar                    // \w
	punct                       // isolated by Punctuation
	numeric                     // isolated by Digits
	extend                      // grapheme cluster break: Extend, ZWJ, SpacingMark
	prepend                     // grapheme cluster break: Prepend
	control                     // grapheme cluster break: Control, CR, LF
	composing                   // may change under NFC, or change what stands before it
	slashes                     // newline or a slash
)

// classes holds the class of every code point.
type classes struct {
	ascii [utf8.RuneSelf]class
	index []uint16 // code point / pageSize to page
	pages []class
}

func newClasses(t *tables) *classes {
	flat := make([]class, unicode.MaxRune+1)
	set := func(name string, bit class) {
		for _, r := range t.sets[name] {
			for c := r.first; c <= r.last; c++ {
				flat[c] |= bit
			}
		}
	}
	for name, bit := range map[string]class{
		"letter": letter | upperish | lowerish, "number": number, "white": white, "combining": upperish | lowerish,
		"wordchar": wordchar, "punct": punct, "numeric": numeric, "extend": extend, "prepend": prepend,
		"control": control, "uncomposed": composing,
	} {
		set(name, bit)
	}
	for _, r := range t.sets["capital"] {
		for c := r.first; c <= r.last; c++ {
			flat[c] &^= lowerish
		}
	}
	for _, r := range t.sets["small"] {
		for c := r.first; c <= r.last; c++ {
			flat[c] &^= upperish
		}
	}
	markComposing(flat, t)
	for c := range flat {
		if flat[c]&(letter|number|white) == 0 {
			flat[c] |= other
		}
	}
	flat['\r'] |= newline | slashes
	flat['\n'] |= newline | slashes
	flat['/'] |= slashes
	return foldClasses(flat)
}

// markComposing finds what NFC may move, merge or replace: marks with a
// combining class, and whatever ends a canonical decomposition.
func markComposing(flat []class, t *tables) {
	for c := range t.class {
		flat[c] |= composing
	}
	for _, parts := range t.nfd {
		if len(parts) > 1 {
			flat[parts[len(parts)-1]] |= composing
		}
	}
	for c := rune(vowelFirst); c < vowelFirst+vowels; c++ {
		flat[c] |= composing
	}
	for c := rune(trailFirst); c < trailFirst+trails; c++ {
		flat[c] |= composing
	}
}

// foldClasses stores equal pages once.
func foldClasses(flat []class) *classes {
	c := &classes{}
	copy(c.ascii[:], flat)
	seen := map[[pageSize]class]uint16{}
	for from := 0; from < len(flat); from += pageSize {
		key := [pageSize]class(flat[from : from+pageSize])
		n, ok := seen[key]
		if !ok {
			n = uint16(len(seen))
			seen[key] = n
			c.pages = append(c.pages, key[:]...)
		}
		c.index = append(c.index, n)
	}
	return c
}

func (c *classes) of(r rune) class {
	return c.pages[int(c.index[r/pageSize])*pageSize+int(r%pageSize)]
}

// at returns the class and the length in bytes of the character at text[i:],
// which must not be empty.
func (c *classes) at(text string, i int) (class, int) {
	if b := text[i]; b < utf8.RuneSelf {
		return c.ascii[b], 1
	}
	r, size := utf8.DecodeRuneInString(text[i:])
	return c.of(r), size
}

// run returns the end of the run of characters of any of the wanted classes
// that begins at i.
func (c *classes) run(text string, i int, want class) int {
	for i < len(text) {
		if b := text[i]; b < utf8.RuneSelf {
			if c.ascii[b]&want == 0 {
				return i
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if c.of(r)&want == 0 {
			return i
		}
		i += size
	}
	return i
}

// runBack returns the beginning of the run of characters of the wanted classes
// that ends at i.
func (c *classes) runBack(text string, i int, want class) int {
	for i > 0 {
		r, size := utf8.DecodeLastRuneInString(text[:i])
		if c.of(r)&want == 0 {
			return i
		}
		i -= size
	}
	return i
}
