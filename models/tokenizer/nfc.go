package tokenizer

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// nfc composes characters (Unicode, section 3.11), with the places that the
// reference library gives to them.
type nfc struct {
	classes  *classes
	tables   *tables
	composed map[[2]rune]rune
}

func newNFC(t *tables, c *classes) (*nfc, error) {
	n := &nfc{classes: c, tables: t, composed: map[[2]rune]rune{}}
	whole := map[string]rune{} // decomposition to what it composes to
	for r, parts := range t.nfd {
		if len(parts) > 1 && !t.in("uncomposed", r) {
			whole[string(parts)] = r
		}
	}
	for parts, r := range whole {
		last, size := utf8.DecodeLastRuneInString(parts)
		rest := []rune(parts[:len(parts)-size])
		first := rest[0]
		if len(rest) > 1 {
			var ok bool
			if first, ok = whole[string(rest)]; !ok {
				return nil, fmt.Errorf("unicode.txt: %U has no composed beginning", r)
			}
		}
		n.composed[[2]rune{first, last}] = r
	}
	return n, nil
}

// stable reports whether nothing before or after a character changes it.
func (n *nfc) stable(c class) bool { return c&composing == 0 }

// normalize copies what is stable, and composes the stretches that begin with
// the last stable character before an unstable one.
func (n *nfc) normalize(s *stretch, out *builder, w *work) bool {
	first := n.unstable(s.text, 0)
	if first < 0 {
		return false
	}
	t := newTransform(s, out)
	for copied := 0; ; {
		_, size := utf8.DecodeLastRuneInString(s.text[copied:first])
		from := first - size
		t.copy(copied, from)
		to := n.classes.run(s.text, first, composing)
		w.nfc = n.compose(&t, s.text[from:to], w.nfc[:0])
		copied = to
		if first = n.unstable(s.text, to); first < 0 {
			t.copy(copied, len(s.text))
			t.end()
			return true
		}
	}
}

// unstable returns the place of the first unstable character from i on, or -1.
func (n *nfc) unstable(text string, i int) int {
	for i < len(text) {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if !n.stable(n.classes.of(r)) {
			return i
		}
		i += size
	}
	return -1
}

// compose decomposes and composes text. Only its first character may be stable.
func (n *nfc) compose(t *transform, text string, parts []change) []change {
	for _, r := range text {
		parts = n.decompose(parts, r)
	}
	return n.composeParts(t, parts)
}

// composeParts sorts marks by combining class and composes.
func (n *nfc) composeParts(t *transform, parts []change) []change {
	n.sort(parts)
	starter := -1
	last := -1 // class of the last part kept after the starter
	kept := 0
	for _, p := range parts {
		class := n.class(p.r)
		if starter >= 0 && last < class {
			if r, ok := n.pair(parts[starter].r, p.r); ok {
				parts[starter].r = r
				parts[starter].diff += p.diff - 1
				continue
			}
		}
		if class == 0 {
			starter, last = kept, -1
		} else {
			last = class
		}
		parts[kept] = p
		kept++
	}
	for _, p := range parts[:kept] {
		t.add(p.r, p.diff)
	}
	return parts
}

func (n *nfc) class(r rune) int { return int(n.tables.class[r]) }

func (n *nfc) decompose(parts []change, r rune) []change {
	if r >= hangulFirst && r <= hangulLast {
		i := r - hangulFirst
		parts = append(parts, change{leadFirst + i/(vowels*trails), 0}, change{vowelFirst + i/trails%vowels, 1})
		if i%trails > 0 {
			parts = append(parts, change{trailFirst + i%trails, 1})
		}
		return parts
	}
	d := n.tables.nfd[r]
	if d == nil {
		return append(parts, change{r, 0})
	}
	for i, c := range d {
		parts = append(parts, change{c, min(i, 1)})
	}
	return parts
}

// sort puts every run of marks in canonical order.
func (n *nfc) sort(parts []change) {
	for i := 0; i < len(parts); {
		if n.class(parts[i].r) == 0 {
			i++
			continue
		}
		to := i + 1
		for to < len(parts) && n.class(parts[to].r) != 0 {
			to++
		}
		slices.SortStableFunc(parts[i:to], func(a, b change) int { return n.class(a.r) - n.class(b.r) })
		i = to
	}
}

// pair returns what two characters compose to.
func (n *nfc) pair(a, b rune) (rune, bool) {
	lead, vowel := a-leadFirst, b-vowelFirst
	if lead >= 0 && lead < (hangulLast-hangulFirst)/(vowels*trails)+1 && vowel >= 0 && vowel < vowels {
		return hangulFirst + (lead*vowels+vowel)*trails, true
	}
	syllable, trail := a-hangulFirst, b-trailFirst
	if syllable >= 0 && a <= hangulLast && syllable%trails == 0 && trail > 0 && trail < trails {
		return a + trail, true
	}
	r, ok := n.composed[[2]rune{a, b}]
	return r, ok
}
