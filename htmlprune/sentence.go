package htmlprune

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/sentences"
)

const (
	// maxSentence is the length in bytes from which a sentence is cut even
	// though no end is in sight: a unit must fit a model's window.
	maxSentence = 1200
	// calmRun and calmPunct bound a stretch without letters that is handed to
	// uax29 in one piece. Its rule SB8 looks ahead over such a stretch from
	// every closing mark in it, which is quadratic without a bound.
	calmRun, calmPunct = 512, 32
)

// splitSentences gives the sentences of one block of text: ranges in text,
// trimmed of outer white space, ascending, that together cover everything
// that is not white space. It takes linear time, and no range is longer than
// maxSentence bytes. There are at most so many of them as asked for.
//
// The Unicode rules (UAX #29) propose the ends. They know no abbreviations
// and end a sentence at every line feed, so a proposal stands only if the
// words around it allow it; see (*splitter).ends.
func splitSentences(text string, most int) []Span {
	s := splitter{text: text, most: most}
	s.byLine, s.width = lineShape(text)
	if hasWideMark(text) {
		s.unicode()
	} else {
		s.within(0, len(text))
	}
	s.emit(len(text))
	return s.out
}

// hasWideMark reports whether text has an end mark outside ASCII. Without one
// the Unicode rules propose nothing that within does not propose faster. No
// such mark is in the Latin, Greek and Cyrillic scripts.
func hasWideMark(text string) bool {
	for _, r := range text {
		if r >= 0x0589 && (r < 0x2000 || r > 0x203B) && r != 0xFFFD && (unicode.Is(unicode.STerm, r) || r == 0xFF0E || r == 0xFE52) {
			return true
		}
	}
	return false
}

// unicode walks the text by the Unicode rules.
func (s *splitter) unicode() {
	for base := 0; base < len(s.text); {
		limit := base + calm(s.text[base:])
		for it := sentences.FromString(s.text[base:limit]); it.Next(); {
			a, b := base+it.Start(), base+it.End()
			s.within(a, b)
			if b < limit || limit == len(s.text) {
				s.propose(b)
			}
		}
		base = limit
	}
}

// splitter holds the state of one splitSentences call.
type splitter struct {
	text   string
	start  int  // where the current sentence begins
	byLine bool // every line feed ends a sentence
	width  int  // of the widest line, in characters; 0 for one line
	out    []Span
	most   int // of out
}

// propose ends the current sentence at b if the words around b allow it.
func (s *splitter) propose(b int) {
	if b > s.start && s.ends(b) {
		s.emit(b)
	}
}

// emit closes the current sentence at b, cutting what is too long.
func (s *splitter) emit(b int) {
	a := s.start
	s.start = b
	for {
		piece := trimSpan(s.text, Span{a, b})
		if piece.Start == piece.End || len(s.out) >= s.most {
			return
		}
		if piece.End-piece.Start <= maxSentence {
			s.out = append(grow(s.out, 1), piece)
			return
		}
		a = piece.Start + cutPlace(s.text[piece.Start:piece.Start+maxSentence])
		s.out = append(s.out, trimSpan(s.text, Span{piece.Start, a}))
	}
}

// cutPlace says where to cut a sentence that is longer than window: after the
// last line feed, else after the last clause, else at the last space of its
// second half, else at the last whole character.
func cutPlace(window string) int {
	half := len(window) / 2
	for _, set := range []string{"\n", ";:", ",", " \t"} {
		for i := len(window) - 1; i >= half; i-- {
			clause := set == ";:" || set == ","
			if !strings.Contains(set, window[i:i+1]) || clause && !followedBySpace(window, i) {
				continue
			}
			return i + 1
		}
	}
	if i := strings.LastIndexAny(window, "、，；"); i >= half {
		return i + len("、")
	}
	for i := len(window) - 1; i > len(window)-utf8.UTFMax; i-- {
		if utf8.RuneStart(window[i]) {
			if i+runeLen(window[i:]) == len(window) {
				return len(window)
			}
			return i
		}
	}
	return len(window)
}

func followedBySpace(s string, i int) bool {
	return i+1 < len(s) && (s[i+1] == ' ' || s[i+1] == '\n')
}

// runeLen is the length of the first character of s, taken from its lead
// byte, so that a character cut in half shows as longer than s.
func runeLen(s string) int {
	switch c := s[0]; {
	case c < utf8.RuneSelf || c < 0xC2 || c > 0xF4:
		return 1
	case c < 0xE0:
		return 2
	case c < 0xF0:
		return 3
	default:
		return 4
	}
}

// calm is the length of the longest beginning of s that uax29 can take in one
// piece; see calmRun.
func calm(s string) int {
	run, punct := 0, 0
	for i := 0; i < len(s); {
		r, w := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, w = utf8.DecodeRuneInString(s[i:])
		}
		i += w
		switch {
		case isLetter(r):
			run, punct = 0, 0
			continue
		case r < '0' || r > '9':
			punct++
		}
		if run++; run >= calmRun || punct >= calmPunct {
			return i
		}
	}
	return len(s)
}

func isLetter(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r|0x20 && r|0x20 <= 'z'
	}
	return unicode.IsLetter(r)
}

// within proposes the ends in text[a:b] that follow an end mark or a line
// feed. The Unicode rules do not see all of them: they see none before a
// lower-case word, after reference marks ("end.[3] Next"), after an ellipsis,
// or between glued sentences ("end.Next").
func (s *splitter) within(a, b int) {
	for i := a; i < b; i++ {
		switch s.text[i] {
		case '.', '!', '?':
			s.afterMark(i + 1)
		case '\n':
			s.propose(i + 1)
		case 0xE2:
			if strings.HasPrefix(s.text[i:b], "…") {
				s.afterMark(i + len("…"))
			}
		}
	}
}

// afterMark proposes the end that follows the end mark before i, if any.
func (s *splitter) afterMark(i int) {
	if i < len(s.text) && s.text[i] > ' ' {
		if glued(s.text, s.start, i) {
			s.emit(i)
			return
		}
		i = skipClosing(s.text, i)
	}
	if r, size := utf8.DecodeRuneInString(s.text[i:]); unicode.IsSpace(r) {
		s.propose(i + size)
	}
}

// trimSpan narrows a span to its text without outer white space.
func trimSpan(text string, p Span) Span {
	s := text[p.Start:p.End]
	t := strings.TrimLeftFunc(s, unicode.IsSpace)
	p.Start += len(s) - len(t)
	p.End = p.Start + len(strings.TrimRightFunc(t, unicode.IsSpace))
	return p
}
