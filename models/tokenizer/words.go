package tokenizer

import "unicode/utf8"

// words walks over the words of a text, normalised, and knows the place in the
// text that every byte of them came from.
type words struct {
	text  string
	chars *charmap

	// buf takes the bytes of a word of up to maxChars code points, and has
	// wordPadding to spare. at takes the source of each byte; it may be nil
	// when nobody asks for spans.
	buf      []byte
	at       []Span
	maxChars int

	// The current word. word is empty when it is longer than maxChars.
	word []byte

	offset   int  // byte offset of the first unread character
	n        int  // bytes in buf
	count    int  // code points of the word, those beyond maxChars too
	start    int  // source of the first code point
	end      int  // source end of the last code point
	straight bool // every byte k of the word is text[start+k], ASCII and in one piece
}

const (
	hangulFirst, hangulLast = 0xAC00, 0xD7A3
	leadFirst               = 0x1100
	vowelFirst, vowels      = 0x1161, 21
	trailFirst, trails      = 0x11A7, 28
)

// next advances to the next word and reports whether there is one.
func (w *words) next() bool {
	w.n, w.count, w.straight = 0, 0, true
	w.scan()
	w.word = w.buf[:w.n]
	if w.count > w.maxChars {
		w.word = nil
	}
	return w.count > 0
}

// scan reads up to and including the end of a word.
func (w *words) scan() {
	for w.offset < len(w.text) {
		if w.scanASCII(); w.offset == len(w.text) {
			return
		}
		c, size := rune(w.text[w.offset]), 1
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRuneInString(w.text[w.offset:])
		}
		if done := w.scanRune(c, size); done {
			return
		}
	}
}

// scanASCII takes word bytes for as long as the word is straight. It is where
// most text goes through.
func (w *words) scanASCII() {
	if !w.straight || w.count > 0 && w.end != w.offset {
		return
	}
	i, n := w.offset, w.n
	for ; i < len(w.text) && n < len(w.buf) && n < w.maxChars; i, n = i+1, n+1 {
		b := w.chars.ascii[w.text[i]]
		if b == 0 {
			break
		}
		w.buf[n] = b
	}
	if n == w.n {
		return
	}
	if w.count == 0 {
		w.start = w.offset
	}
	w.offset, w.end, w.n, w.count = i, i, n, n
}

// scanRune takes one character of any kind and reports whether it ended the
// word.
func (w *words) scanRune(c rune, size int) (done bool) {
	e := w.chars.lookup(c)
	source := Span{w.offset, w.offset + size}
	switch e.kind() {
	case word:
		w.push(e.rune(c), source)
	case space:
		done = w.count > 0
	case single:
		if w.count > 0 {
			return true // and come back to c for the next word
		}
		w.push(e.rune(c), source)
		done = true
	case seq:
		w.pushSequence(&w.chars.seqs[e.payload()], source)
		return false
	case hangul:
		w.pushHangul(c, source)
	case mark:
		w.skipMarks()
		return false
	}
	w.offset += size
	return done
}

// push adds one normalised code point to the word.
func (w *words) push(c rune, source Span) {
	w.bend()
	if w.count == 0 {
		w.start = source.Start
	}
	w.count++
	w.end = source.End
	if w.count > w.maxChars {
		return
	}
	from := w.n
	w.n += utf8.EncodeRune(w.buf[from:from+utf8.UTFMax], c)
	if w.at == nil {
		return
	}
	for k := from; k < w.n; k++ {
		w.at[k] = source
	}
}

// bend ends the straight part of a word: from here on, every byte has its own
// source.
func (w *words) bend() {
	if !w.straight {
		return
	}
	w.straight = false
	if w.at == nil {
		return
	}
	for k := range w.n {
		w.at[k] = Span{w.start + k, w.start + k + 1}
	}
}

func (w *words) pushSequence(s *sequence, source Span) {
	for _, c := range s.runes[:s.tail] {
		w.push(c, source)
	}
	w.offset = source.End
	if s.tail < len(s.runes) {
		w.sortMarks(s, source)
	}
}

// pushHangul adds the jamo of a syllable (Unicode, section 3.12).
func (w *words) pushHangul(c rune, source Span) {
	index := c - hangulFirst
	w.push(leadFirst+index/(vowels*trails), source)
	w.push(vowelFirst+index/trails%vowels, source)
	if trail := index % trails; trail > 0 {
		w.push(trailFirst+trail, source)
	}
}

// whole returns the source of the current word.
func (w *words) whole() Span {
	return Span{w.start, w.end}
}

// span returns the source of the bytes [from, to) of the current word.
func (w *words) span(from, to int) Span {
	if w.straight {
		return Span{w.start + from, w.start + to}
	}
	return Span{w.at[from].Start, w.at[to-1].End}
}
