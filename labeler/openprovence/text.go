package openprovence

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Python's notion of text, where it differs from Go's.

// isSpace reports what str.isspace does.
func isSpace(r rune) bool { return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f }

func trim(s string) string      { return strings.TrimFunc(s, isSpace) }
func trimLeft(s string) string  { return strings.TrimLeftFunc(s, isSpace) }
func trimRight(s string) string { return strings.TrimRightFunc(s, isSpace) }
func isBlank(s string) bool     { return trim(s) == "" }

// length is len(str): code points.
func length(s string) int { return utf8.RuneCountInString(s) }

const (
	// otherEnds are the marks that end a sentence that is not written like English.
	otherEnds = "。！？।॥۔؟"
	// lineEnds are the characters that end a line.
	lineEnds = "\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029"
)

// sentenceEnds counts what may end a sentence: marks and the ends of lines.
func sentenceEnds(s string) int {
	n := 0
	for _, r := range s {
		if strings.ContainsRune(".?!"+otherEnds+lineEnds, r) {
			n++
		}
	}
	return n
}

// lines is str.splitlines with keepends.
func lines(s string) []string {
	var out []string
	start := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		if r == '\r' && i < len(s) && s[i] == '\n' {
			i++
			r = '\n'
		}
		if strings.ContainsRune(lineEnds, r) {
			out = append(out, s[start:i])
			start = i
		}
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}
