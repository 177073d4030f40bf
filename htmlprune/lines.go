package htmlprune

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// wrapWidth is the width in characters from which lines that are all full
// count as wrapped prose.
const wrapWidth = 40

// lineShape reports whether every line of text stands for itself, as in a
// poem, a log or a list of "key: value", and the width of the widest line in
// characters, 0 if there is only one. The rule is OpenProvence's, at least
// two lines and fewer end marks than lines, less prose that was wrapped to a
// width, whose line feeds mean nothing.
func lineShape(text string) (byLine bool, width int) {
	if strings.IndexByte(text, '\n') < 0 {
		return false, 0
	}
	var l lineStats
	for line := range strings.Lines(text) {
		l.add(strings.TrimSpace(line))
	}
	return l.lines >= 2 && l.marks < l.lines && !l.wrapped(), l.width
}

// lineStats is what lineShape knows of the lines so far.
type lineStats struct {
	lines, marks int
	width        int // of the longest line, in characters
	lower        int // lines behind another that begin with a small letter
	pairs        []linePair
}

// linePair is a line's width and its width with the next word on it.
type linePair struct{ width, more int }

func (l *lineStats) add(line string) {
	if line == "" {
		return
	}
	l.lines++
	l.marks += strings.Count(line, ".") + strings.Count(line, "?") + strings.Count(line, "!")
	if !isASCII(line) {
		for _, r := range line {
			if r >= utf8.RuneSelf && unicode.Is(unicode.STerm, r) {
				l.marks++
			}
		}
	}
	width := utf8.RuneCountInString(line)
	l.width = max(l.width, width)
	if n := len(l.pairs); n > 0 {
		word, _, _ := strings.Cut(line, " ")
		l.pairs[n-1].more = l.pairs[n-1].width + 1 + utf8.RuneCountInString(word)
		if r, _ := utf8.DecodeRuneInString(line); unicode.IsLetter(r) && !unicode.IsUpper(r) {
			l.lower++
		}
	}
	l.pairs = append(l.pairs, linePair{width: width})
}

// wrapped reports whether the lines look like paragraphs broken to a width:
// most lines could not have taken the next line's first word, and some breaks
// are inside a sentence.
func (l *lineStats) wrapped() bool {
	breaks, full := len(l.pairs)-1, 0
	for _, p := range l.pairs[:breaks] {
		if p.more > l.width {
			full++
		}
	}
	return l.width >= wrapWidth && full*5 >= breaks*4 && l.lower > 0 && l.lower*4 >= breaks ||
		l.lower*2 >= breaks && full*2 >= breaks
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
