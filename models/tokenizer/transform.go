package tokenizer

import "unicode/utf8"

// transform writes a new text over an old one, character by character, and
// hands out places as the reference library does: a change of 0 replaces the
// next character of the old text, 1 inserts one, and -n replaces one and
// removes n after it.
type transform struct {
	old     *stretch
	out     *builder
	at      int // byte offset in the old text: the next character to replace
	pending change
	some    bool // pending is set
	origin  int32
}

type change struct {
	r    rune
	diff int
}

func newTransform(old *stretch, out *builder) transform {
	return transform{old: old, out: out, origin: old.start()}
}

// add takes the next character. It is written only with the one after it, for
// a removal is a change of the character before.
func (t *transform) add(r rune, diff int) {
	t.flush()
	t.pending, t.some = change{r, diff}, true
}

// remove takes n characters of the old text away. Before the first character
// of the new one this does nothing, whereupon all places lag behind; so does
// the reference.
func (t *transform) remove(n int) {
	if t.some {
		t.pending.diff -= n
	}
}

// copy takes the characters old.text[from:to] as they are.
func (t *transform) copy(from, to int) {
	if from == to {
		return
	}
	t.flush()
	t.some = false
	if t.at == from || !t.out.places {
		_, size := utf8.DecodeLastRuneInString(t.old.text[from:to])
		t.out.copy(t.old, from, to-size)
		t.at += to - size - from
		from = to - size
	}
	for _, r := range t.old.text[from:to] {
		t.add(r, 0)
	}
}

func (t *transform) flush() {
	if !t.some {
		return
	}
	if !t.out.places {
		t.out.addRune(t.pending.r, place{})
		return
	}
	p := place{t.origin, t.origin}
	switch {
	case t.pending.diff <= 0:
		p = t.old.placed(t.at)
		for range 1 - t.pending.diff {
			_, size := utf8.DecodeRuneInString(t.old.text[t.at:])
			t.at += size
		}
	case t.at > 0:
		p = t.old.placed(t.at - 1)
	}
	t.out.addRune(t.pending.r, p)
}

// end writes what is pending.
func (t *transform) end() {
	t.flush()
	t.some = false
}
