package tokenizer

import (
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"
)

// normalization says which steps of BertNormalizer are on.
type normalization struct {
	clean    bool // remove control, format and private use characters; all spaces alike
	han      bool // put CJK ideographs between spaces
	deaccent bool // decompose (NFD) and remove nonspacing marks
	lower    bool // after that, code point by code point
}

// charmap says for every code point what comes out of normalisation and
// pre-tokenisation. All steps but one work code point by code point, so they
// fold into a single look-up; the exception, canonical order of combining
// marks, is done by words.marks.
type charmap struct {
	ascii [256]byte  // the word byte that an ASCII byte becomes, or 0 for "ask lookup"
	index []uint16   // code point / pageSize to page
	pages []entry    // pageSize entries per page, equal pages stored once
	seqs  []sequence // what entries of kind seq become
}

// sequence is two or more word runes that one code point becomes. Those from
// tail on are combining marks, which canonical order may move.
type sequence struct {
	runes []rune
	tail  int
	class []uint8 // combining class per rune of the tail
}

const pageSize = 128

// entry packs a kind (the low three bits) and a payload.
type entry uint32

const (
	word   entry = iota // a rune of a word; payload: the rune, 0 for unchanged
	drop                // nothing: it never reaches decomposition
	strip               // nothing: a stripped mark of class 0, which others are not sorted across
	space               // a word boundary
	single              // a word of its own; payload as for word
	seq                 // several runes of a word; payload: index into seqs
	hangul              // a syllable: two or three jamo
	mark                // a combining mark; payload: class<<1 | kept
)

const kindBits = 3

func (e entry) kind() entry     { return e & (1<<kindBits - 1) }
func (e entry) payload() uint32 { return uint32(e >> kindBits) }

// rune returns what a word or single entry makes of c.
func (e entry) rune(c rune) rune {
	if p := e.payload(); p != 0 {
		return rune(p)
	}
	return c
}

func (m *charmap) lookup(c rune) entry {
	return m.pages[int(m.index[c/pageSize])*pageSize+int(c%pageSize)]
}

func newCharmap(t *tables, steps normalization) (*charmap, error) {
	b := charmapBuilder{tables: t, steps: steps, flat: make([]entry, unicode.MaxRune+1)}
	if err := b.fill(); err != nil {
		return nil, err
	}
	m := b.fold()
	for c := range rune(utf8.RuneSelf) {
		if e := m.lookup(c); e.kind() == word {
			m.ascii[c] = byte(e.rune(c))
		}
	}
	return m, nil
}

// charmapBuilder works on one entry per code point and folds them at the end.
type charmapBuilder struct {
	tables *tables
	steps  normalization
	flat   []entry
	sets   map[string]map[rune]bool
	seqs   []sequence
}

// fill applies the steps in their order. A later step that concerns a code
// point starts from what the earlier ones left of it.
func (b *charmapBuilder) fill() error {
	b.sets = map[string]map[rune]bool{}
	for _, name := range []string{"mark", "punct", "split"} {
		b.sets[name] = map[rune]bool{}
		b.each(name, func(c rune) { b.sets[name][c] = true })
	}
	if err := b.mapLetters(); err != nil {
		return err
	}
	if b.steps.han {
		b.each("han", func(c rune) { b.flat[c] = b.flat[c]&^(1<<kindBits-1) | single })
	}
	if b.steps.clean {
		b.each("drop", func(c rune) { b.flat[c] = drop })
		b.each("space", func(c rune) { b.flat[c] = space })
	}
	return nil
}

func (b *charmapBuilder) each(set string, do func(rune)) {
	for _, r := range b.tables.sets[set] {
		for c := r.first; c <= r.last; c++ {
			do(c)
		}
	}
}

// mapLetters sets the entries of everything that decomposes, has a case, is a
// mark, or bounds words.
func (b *charmapBuilder) mapLetters() error {
	var touched []rune
	for _, m := range []map[rune][]rune{b.tables.nfd, b.tables.lower} {
		for c := range m {
			touched = append(touched, c)
		}
	}
	for _, name := range []string{"mark", "punct", "split"} {
		for c := range b.sets[name] {
			touched = append(touched, c)
		}
	}
	for c := range b.tables.class {
		touched = append(touched, c)
	}
	slices.Sort(touched) // the order of seqs, and so the map, is the same every time
	for _, c := range slices.Compact(touched) {
		e, err := b.entryOf(c)
		if err != nil {
			return err
		}
		b.flat[c] = e
	}
	if b.steps.deaccent {
		for c := rune(hangulFirst); c <= hangulLast; c++ {
			b.flat[c] = hangul
		}
	}
	return nil
}

// entryOf decomposes, strips and lowercases one code point.
func (b *charmapBuilder) entryOf(c rune) (entry, error) {
	parts := []rune{c}
	if d := b.tables.nfd[c]; b.steps.deaccent && d != nil {
		parts = d
	}
	if b.steps.deaccent && b.tables.class[parts[0]] != 0 {
		return b.markEntry(c, parts)
	}
	var out sequence
	for _, p := range parts {
		class := b.tables.class[p]
		if b.steps.deaccent && b.sets["mark"][p] {
			continue
		}
		lower := []rune{p}
		if l := b.tables.lower[p]; b.steps.lower && l != nil {
			lower = l
		}
		if b.steps.deaccent && class != 0 {
			out.class = append(out.class, class)
		} else {
			out.tail = len(out.runes) + len(lower)
		}
		out.runes = append(out.runes, lower...)
	}
	return b.entryFor(c, out)
}

// markEntry is the entry of a code point that decomposes to combining marks
// only. No Unicode version has one that keeps a mark and decomposes.
func (b *charmapBuilder) markEntry(c rune, parts []rune) (entry, error) {
	kept := entry(0)
	for _, p := range parts {
		if b.sets["mark"][p] {
			continue
		}
		if p != c || b.sets["punct"][p] || b.tables.lower[p] != nil {
			return 0, fmt.Errorf("unicode.txt: mark %U is not plain", c)
		}
		kept = 1
	}
	class := entry(b.tables.class[parts[0]])
	return mark | (class<<1|kept)<<kindBits, nil
}

func (b *charmapBuilder) entryFor(c rune, out sequence) (entry, error) {
	switch len(out.runes) {
	case 0:
		return strip, nil
	case 1:
		r := out.runes[0]
		if b.sets["split"][r] {
			return space, nil
		}
		kind := word
		if b.sets["punct"][r] {
			kind = single
		}
		if r == c {
			return kind, nil
		}
		return kind | entry(r)<<kindBits, nil
	}
	for _, r := range out.runes {
		if b.sets["punct"][r] || b.sets["split"][r] {
			return 0, fmt.Errorf("unicode.txt: %U becomes several words", c)
		}
	}
	b.seqs = append(b.seqs, out)
	return seq | entry(len(b.seqs)-1)<<kindBits, nil
}

// fold stores equal pages once.
func (b *charmapBuilder) fold() *charmap {
	m := &charmap{seqs: b.seqs}
	seen := map[[pageSize]entry]uint16{}
	for page := range slices.Chunk(b.flat, pageSize) {
		key := [pageSize]entry(page)
		n, ok := seen[key]
		if !ok {
			n = uint16(len(seen))
			seen[key] = n
			m.pages = append(m.pages, page...)
		}
		m.index = append(m.index, n)
	}
	return m
}
