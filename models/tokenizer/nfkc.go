package tokenizer

import (
	"unicode"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/unicode/rangetable"
)

// nfkc is nfc after characters that stand for others, such as ligatures and
// digits in circles, have become those (Unicode, section 3.11). What stands for
// what is that of Go's tables, as far as the reference library knows it.
type nfkc struct {
	*nfc
	known *unicode.RangeTable
}

// libraryUnicode is the version of the decompositions of the reference library;
// later characters are nothing to it.
const libraryUnicode = "12.0.0"

func newNFKC(t *tables, c *classes) (nfkc, error) {
	n, err := newNFC(t, c)
	return nfkc{n, rangetable.Assigned(libraryUnicode)}, err
}

func (n nfkc) normalize(s *stretch, out *builder, w *work) bool {
	if isASCII(s.text) {
		return false
	}
	parts := w.nfc[:0]
	for _, r := range s.text {
		parts = n.spell(parts, r)
	}
	t := newTransform(s, out)
	w.nfc = n.composeParts(&t, parts)
	t.end()
	return true
}

// spell appends the full decomposition of r.
func (n nfkc) spell(parts []change, r rune) []change {
	d := norm.NFKD.PropertiesString(string(r)).Decomposition()
	if d == nil || r >= hangulFirst && r <= hangulLast || !unicode.Is(n.known, r) {
		return n.decompose(parts, r)
	}
	for i, c := range string(d) {
		parts = append(parts, change{c, min(i, 1)})
	}
	return parts
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}
