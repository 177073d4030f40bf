package htmlrag

import (
	"html"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// maxDigits is the length of a decimal number that Python still reads.
	maxDigits = 4300
	// maxName is the number of characters that may make a reference in an
	// attribute, without its semicolon.
	maxName = 32
	// maxBare is the length of the longest name that needs no semicolon.
	maxBare = 6
)

// named is the text of a reference name, which includes the semicolon unless
// it is one of those that need none. It is "" for other names.
//
// The module html decodes a prefix of an unknown name too ("&notit;" is
// "¬it;"), which gives more characters than any name stands for: one or two,
// and one without a semicolon.
func named(name string) string {
	most := 1
	if strings.HasSuffix(name, ";") {
		most = 2
	}
	ref := "&" + name
	if got := html.UnescapeString(ref); got != ref && utf8.RuneCountInString(got) <= most {
		return got
	}
	return ""
}

// number reads the digits of a numeric reference, "65" or "x41". Numbers
// beyond Unicode become one number beyond it.
func number(digits string) (int, error) {
	base := 10
	if digits[0]|0x20 == 'x' {
		digits, base = digits[1:], 16
	} else if len(digits) > maxDigits {
		return 0, ErrDigits
	}
	n, err := strconv.ParseInt(digits, base, 32)
	if err != nil {
		return utf8.MaxRune + 1, nil
	}
	return int(n), nil
}

// windows1252 are the characters of the bytes 0x80 to 0x9F of that encoding;
// those that it lacks stand for themselves.
var windows1252 = [...]rune{
	0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D, 0x017D, 0x8F,
	0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178,
}

// numeric is the text of a numeric reference, as both Beautiful Soup and the
// module html begin.
func numeric(n int) string {
	switch {
	case n == 0 || n > utf8.MaxRune || n >= 0xD800 && n <= 0xDFFF:
		return "\uFFFD"
	case n >= 0x80 && n <= 0x9F:
		return string(windows1252[n-0x80])
	}
	return string(rune(n)) //nolint:gosec // what is no character becomes U+FFFD
}

// unescape is html.unescape of Python, which decodes attribute values.
func unescape(s string) (string, error) {
	if !strings.Contains(s, "&") {
		return s, nil
	}
	var out strings.Builder
	for {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			out.WriteString(s)
			return out.String(), nil
		}
		out.WriteString(s[:i])
		text, n, err := reference(s[i:])
		if err != nil {
			return "", err
		}
		out.WriteString(text)
		s = s[i+n:]
	}
}

// reference decodes what follows the "&" that s begins with, and returns the
// text and the length of its source.
func reference(s string) (string, int, error) {
	if len(s) > 1 && s[1] == '#' {
		return numericReference(s)
	}
	end := 1
	for count := 0; end < len(s) && count < maxName && !strings.ContainsRune("\t\n\f <&#;", rune(s[end])); count++ {
		_, n := utf8.DecodeRuneInString(s[end:])
		end += n
	}
	if end == 1 {
		return "&", 1, nil
	}
	if end < len(s) && s[end] == ';' {
		end++
	}
	name := s[1:end]
	if text := named(name); text != "" {
		return text, end, nil
	}
	for n := min(len(name)-1, maxBare); n > 1; n-- {
		if text := named(name[:n]); text != "" {
			return text + name[n:], end, nil
		}
	}
	return s[:end], end, nil
}

// numericReference decodes "&#65;" and "&#x41;", with or without semicolon.
func numericReference(s string) (string, int, error) {
	from := 2
	isDigit := isDecimal
	if len(s) > 2 && s[2]|0x20 == 'x' {
		from, isDigit = 3, isHex
	}
	end := from
	for end < len(s) && isDigit(s[end]) {
		end++
	}
	if end == from {
		return "&", 1, nil
	}
	n, err := number(s[2:end])
	if end < len(s) && s[end] == ';' {
		end++
	}
	if isInvalid(n) {
		return "", end, err
	}
	return numeric(n), end, err
}

// isInvalid reports the code points that the module html drops: controls and
// noncharacters. Those of windows1252 are not among them.
func isInvalid(n int) bool {
	switch {
	case n >= 0x1 && n <= 0x8, n == 0xB, n >= 0xE && n <= 0x1F, n == 0x7F, n >= 0xFDD0 && n <= 0xFDEF:
		return true
	}
	return n <= utf8.MaxRune && n&0xFFFE == 0xFFFE
}

func isDecimal(c byte) bool { return c >= '0' && c <= '9' }

func isHex(c byte) bool { return isDecimal(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
