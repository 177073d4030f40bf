package htmlprune

import (
	"strings"
	"unicode/utf8"
)

// write appends the visible text of source[a:b].
func (w *transcript) write(a, b int, mode textMode) {
	for a < b {
		if n := w.plain(a, b, mode); n > a {
			w.flush(rune(w.source[a]))
			w.copy(a, n)
			w.joiner.prev, _ = utf8.DecodeLastRuneInString(w.source[a:n])
			a = n
			continue
		}
		a += w.special(a, b, mode)
	}
}

// plain is the end of the longest stretch from a that needs no thought:
// drawn characters with single spaces between them.
func (w *transcript) plain(a, b int, mode textMode) int {
	s := w.source
	i := a
	for i < b {
		c := s[i]
		switch {
		case c > ' ' && c < 0x7F:
			if c == '&' && mode&references != 0 {
				return i
			}
			i++
		case c == ' ' && i > a && s[i-1] != ' ' && i+1 < b && s[i+1] > ' ':
			i++
		case mode&verbatim != 0 && (c == ' ' || c == '\n' || c == '\t'):
			i++
		case c >= 0xC3 && c <= 0xD7 && !w.invalid:
			if c == 0xCD { // U+034F
				return i
			}
			i += 2
		case c >= 0xE4 && c <= 0xEE && !w.invalid:
			i += 3
		default:
			return i
		}
	}
	return i
}

// special writes the one character or reference at a and returns its length
// in the source.
func (w *transcript) special(a, b int, mode textMode) int {
	s := w.source[a:b]
	if s[0] == '&' && mode&references != 0 {
		if text, n := unescape(s); n > 0 {
			w.reference(text, a, n, mode)
			return n
		}
		w.shown("&", '&', a, 1)
		return 1
	}
	if s[0] == '\r' && len(s) > 1 && s[1] == '\n' {
		w.char('\n', a, 2, mode)
		return 2
	}
	if n := flagAt(s); n > 0 {
		w.shown(s[:n], 0x1F3F4, a, n)
		return n
	}
	r, n := utf8.DecodeRuneInString(s)
	w.char(r, a, n, mode)
	return n
}

// reference writes the text of one character reference.
func (w *transcript) reference(text string, src, n int, mode textMode) {
	for i, r := range text {
		if i > 0 {
			// The second character of a reference has no source of its own.
			src, n = src+n, 0
		}
		w.char(r, src, n, mode)
	}
}

// char writes r, which stands for source[src:src+n], unless it is unseen.
func (w *transcript) char(r rune, src, n int, mode textMode) {
	switch classify(r) {
	case blank:
		w.space(r, src, n, mode)
	case joins:
		w.joiner.held, w.joiner.src, w.joiner.n = r, src, n
	case selector:
		if takesSelector(w.joiner.prev) {
			w.shown(string(r), r, src, n)
		}
	case shown:
		var buf [utf8.UTFMax]byte
		w.shown(string(utf8.AppendRune(buf[:0], r)), r, src, n)
	}
}

// space writes white space: as it is when verbatim, else as one space.
func (w *transcript) space(r rune, src, n int, mode textMode) {
	w.joiner = joiner{prev: ' '}
	switch {
	case mode&verbatim != 0 && (r == '\t' || r == '\n' || r == '\r' || r == '\f'):
		if r != '\t' {
			r = '\n'
		}
		w.stand(string(r), src, n)
	case mode&verbatim != 0 || !w.atSpace():
		if w.source[src:src+n] == " " {
			w.copy(src, src+n)
			return
		}
		w.stand(" ", src, n)
	}
}

// shown writes drawn text.
func (w *transcript) shown(text string, r rune, src, n int) {
	w.flush(r)
	if len(text) == n && strings.HasPrefix(w.source[src:], text) {
		w.copy(src, src+n)
	} else {
		w.stand(text, src, n)
	}
	w.joiner.prev = r
}

// flush writes the joiner that waits for its successor, if it was needed.
func (w *transcript) flush(next rune) {
	j := w.joiner
	if j.held == 0 {
		return
	}
	w.joiner.held = 0
	if next < utf8.RuneSelf || !needed(j.prev, j.held, next) {
		return
	}
	text := string(j.held)
	if w.source[j.src:j.src+j.n] == text {
		w.copy(j.src, j.src+j.n)
	} else {
		w.stand(text, j.src, j.n)
	}
}
