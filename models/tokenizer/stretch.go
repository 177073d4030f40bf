package tokenizer

import (
	"unicode/utf8"
	"unsafe"
)

// place is the byte range of the input that a byte of normalised text stands
// for. Texts of 2 GiB and more are not supported.
type place struct{ start, end int32 }

// stretch is a part of the input, normalised or not, with the place of every
// byte of it.
type stretch struct {
	text string
	at   []place // nil: byte k is byte base+k of the input
	base int
}

// placed returns the place of byte i. All bytes of a character share its place.
func (s *stretch) placed(i int) place {
	if s.at != nil {
		return s.at[i]
	}
	from, to := i, i+1
	for from > 0 && !utf8.RuneStart(s.text[from]) {
		from--
	}
	for to < len(s.text) && !utf8.RuneStart(s.text[to]) {
		to++
	}
	return place{int32(s.base + from), int32(s.base + to)}
}

// span returns the input range of the bytes [from, to), which must not be
// empty.
func (s *stretch) span(from, to int) Span {
	if s.at != nil {
		return Span{int(s.at[from].start), int(s.at[to-1].end)}
	}
	for from > 0 && !utf8.RuneStart(s.text[from]) {
		from--
	}
	for to < len(s.text) && !utf8.RuneStart(s.text[to]) {
		to++
	}
	return Span{s.base + from, s.base + to}
}

// part returns the bytes [from, to) as a stretch.
func (s *stretch) part(from, to int) stretch {
	p := stretch{text: s.text[from:to], base: s.base + from}
	if s.at != nil {
		p.at = s.at[from:to]
	}
	return p
}

// start returns the place where the stretch begins.
func (s *stretch) start() int32 {
	switch {
	case s.at == nil:
		return int32(s.base)
	case len(s.at) == 0:
		return 0
	}
	return s.at[0].start
}

// builder collects normalised text. Without places it is faster, and the
// stretches it makes have none.
type builder struct {
	buf    []byte
	at     []place
	places bool
}

func (b *builder) reset(places bool) {
	b.buf, b.at, b.places = b.buf[:0], b.at[:0], places
}

// copy takes the bytes [from, to) of s as they are.
func (b *builder) copy(s *stretch, from, to int) {
	b.buf = append(b.buf, s.text[from:to]...)
	switch {
	case !b.places:
	case s.at != nil:
		b.at = append(b.at, s.at[from:to]...)
	default:
		b.copyPlaces(s, from, to)
	}
}

func (b *builder) copyPlaces(s *stretch, from, to int) {
	for i := from; i < to; {
		size := 1
		if s.text[i] >= utf8.RuneSelf {
			_, size = utf8.DecodeRuneInString(s.text[i:to])
		}
		p := place{int32(s.base + i), int32(s.base + i + size)}
		for range size {
			b.at = append(b.at, p)
		}
		i += size
	}
}

// add takes text that stands for one place.
func (b *builder) add(text string, p place) {
	b.buf = append(b.buf, text...)
	if b.places {
		for range len(text) {
			b.at = append(b.at, p)
		}
	}
}

func (b *builder) addRune(r rune, p place) {
	n := len(b.buf)
	b.buf = utf8.AppendRune(b.buf, r)
	if b.places {
		for range len(b.buf) - n {
			b.at = append(b.at, p)
		}
	}
}

// stretch returns what was collected. It shares memory with the builder, so it
// is valid until the next reset.
func (b *builder) stretch() stretch {
	s := stretch{text: unsafe.String(unsafe.SliceData(b.buf), len(b.buf))}
	if b.places {
		s.at = b.at
	}
	return s
}
