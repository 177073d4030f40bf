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
// poem, a log, a list of "key: value" or the rows of a table, and the width of
// the widest line in characters, 0 if there is only one. The rule is
// OpenProvence's, at least two lines and fewer end marks of words than lines,
// less prose that was wrapped to a width, whose line feeds mean nothing.
func lineShape(text string) (byLine bool, width int) {
	if strings.IndexByte(text, '\n') < 0 {
		return false, 0
	}
	var l lineStats
	for line := range strings.Lines(text) {
		l.add(strings.TrimSpace(line))
	}
	return l.rows() || l.lines >= 2 && l.marks < l.lines && !l.wrapped(), l.width
}

// lineStats is what lineShape knows of the lines so far.
type lineStats struct {
	lines, marks int
	width        int // of the longest line, in characters
	lower        int // lines behind another that begin with a small letter
	pairs        []linePair
	// cells are the separators of each kind in every line so far, -1 where
	// lines differ.
	cells [len(separators)]int
	// same counts the lines that begin with the word of the line before.
	same int
	word string
}

// separators stand between the cells of a row of text; least is how many every
// line must have. Two blanks count as one, however many follow.
var separators = [...]struct {
	mark  string
	least int
}{{"|", 1}, {"\t", 1}, {"  ", 1}, {";", 2}, {",", 2}}

// leastRows is the number of lines from which equal separators make a table.
const leastRows = 3

// linePair is a line's width and its width with the next word on it.
type linePair struct{ width, more int }

func (l *lineStats) add(line string) {
	if line == "" {
		return
	}
	l.lines++
	l.count(line)
	l.marks += endMarks(line)
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

// count compares line with those before: its separators and its first word.
func (l *lineStats) count(line string) {
	for i, sep := range separators {
		n := strings.Count(line, sep.mark)
		if sep.mark == "  " {
			n = blankRuns(line)
		}
		if l.lines > 1 && n != l.cells[i] {
			n = -1
		}
		l.cells[i] = n
	}
	word, _, _ := strings.Cut(line, " ")
	if word == l.word {
		l.same++
	}
	l.word = word
}

// blankRuns counts the runs of at least two blanks.
func blankRuns(line string) int {
	n := 0
	for i := 1; i < len(line); i++ {
		if line[i] == ' ' && line[i-1] == ' ' && (i == 1 || line[i-2] != ' ') {
			n++
		}
	}
	return n
}

// rows reports whether all lines have equally many cells, or all but the first
// begin with the same word, as in a stack trace.
func (l *lineStats) rows() bool {
	if l.lines > leastRows && l.same >= l.lines-2 {
		return true
	}
	for i, sep := range separators {
		if l.lines >= leastRows && l.cells[i] >= sep.least {
			return true
		}
	}
	return false
}

// endMarks counts the full stops, question and exclamation marks of line that
// end a word: those of 4.27, of java.util.List or of a file name do not count.
func endMarks(line string) int {
	n := 0
	for i := range len(line) {
		if c := line[i]; c != '.' && c != '?' && c != '!' {
			continue
		}
		if rest := strings.TrimLeft(line[i+1:], closing); rest == "" || rest[0] == ' ' || rest[0] == '\t' {
			n++
		}
	}
	return n
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
