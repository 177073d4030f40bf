package htmlprune

import (
	"html"
	"strings"
	"unicode/utf8"
)

const (
	// maxName bounds the names of character references; the longest of HTML
	// is "CounterClockwiseContourIntegral;".
	maxName = 32
	// maxBareName is the length of the longest name that needs no semicolon,
	// for example "frac12".
	maxBareName = 6
)

// unescape decodes the character reference at the beginning of s, which
// starts with "&". It returns the text and the length of the reference, or
// zero if there is none.
func unescape(s string) (text string, n int) {
	if len(s) > 1 && s[1] == '#' {
		return unescapeNumber(s)
	}
	end := 1
	for end < len(s) && end <= maxName && isAlnum(rune(s[end])) {
		end++
	}
	if end < len(s) && s[end] == ';' {
		if text := namedReference(s[:end+1]); text != "" {
			return text, end + 1
		}
	}
	for k := min(end, maxBareName+1); k > 2; k-- {
		text := html.UnescapeString(s[:k])
		if text != s[:k] && utf8.RuneCountInString(text) == 1 {
			return text, k
		}
	}
	return "", 0
}

// namedReference is the text of "&name;", or "" if there is no such name.
func namedReference(ref string) string {
	switch ref {
	case "&amp;":
		return "&"
	case "&nbsp;":
		return "\u00a0"
	case "&lt;":
		return "<"
	case "&gt;":
		return ">"
	case "&quot;":
		return `"`
	// Package html leaves these two as they are: in UTF-8 they are longer than
	// their names.
	case "&nGt;":
		return "\u226b\u20d2"
	case "&nLt;":
		return "\u226a\u20d2"
	}
	// A name stands for one or two characters. More means that only its
	// beginning is a name: "&notit;" gives "¬it;".
	text := html.UnescapeString(ref)
	if utf8.RuneCountInString(text) > 2 || text == ref {
		return ""
	}
	return text
}

// unescapeNumber decodes "&#8203;", "&#x200b;" and the same without semicolon.
func unescapeNumber(s string) (text string, n int) {
	digits, isDigit := 2, isDecimal
	if len(s) > 2 && s[2]|0x20 == 'x' {
		digits, isDigit = 3, isHex
	}
	end := digits
	for end < len(s) && isDigit(s[end]) {
		end++
	}
	if end == digits {
		return "", 0
	}
	number := strings.TrimLeft(s[digits:end], "0")
	if len(number) > 7 { // beyond U+10FFFF in either base
		text = "\uFFFD"
	} else {
		text = html.UnescapeString(s[:digits] + number + ";")
		if number == "" {
			text = "\uFFFD"
		}
	}
	if end < len(s) && s[end] == ';' {
		end++
	}
	return text, end
}

func isDecimal(c byte) bool { return c >= '0' && c <= '9' }

func isHex(c byte) bool { return isDecimal(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }
