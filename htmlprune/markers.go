package htmlprune

import (
	"strings"
	"unicode/utf8"
)

// markerLen is the length of the list marker that line begins with, with the
// white space behind it: "- ", "• ", "1. ", "(iv) ". It is 0 without one.
func markerLen(line string) int {
	r, n := utf8.DecodeRuneInString(line)
	switch {
	case r == '(' || r == '[' || isAlnum(r):
		n = numberLen(line)
	case !strings.ContainsRune("-*+•◦▪▸►‣⁃·–—●○", r):
		return 0
	}
	rest := line[n:]
	space := len(rest) - len(strings.TrimLeft(rest, " \t"))
	if n == 0 || space == 0 || space == len(rest) {
		return 0
	}
	return n + space
}

// numberLen is the length of a numbering that line begins with: "12.", "3)",
// "(b)", "[ii]", "a."; a lone capital needs a
// bracket.
func numberLen(line string) int {
	i := 0
	open := line[0] == '(' || line[0] == '['
	if open {
		i++
	}
	start := i
	for i < len(line) && i-start < 4 && isAlnum(rune(line[i])) {
		i++
	}
	if i == start || i == len(line) {
		return 0
	}
	word, end := line[start:i], line[i]
	digits := isDigits(word)
	switch {
	case end == ')' || end == ']' && open:
		if !digits && len(word) > 1 && !isRoman(word) {
			return 0
		}
	case end == '.' && len(word) == 1 && isLowerWord(word):
	case (end == '.' || end == ':') && digits && !open && len(word) < 4:
	default:
		return 0
	}
	return i + 1
}

func isAlnum(r rune) bool {
	return '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}
