package messages

import (
	"bytes"
	"sort"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// literal is a JSON string in a longer JSON text.
type literal struct {
	// start is where the string begins in the longer text, behind its quote.
	start int
	// text is what the string says. Half of a surrogate pair is U+FFFD in it.
	text string
	// jumps are the places behind escapes, where the distance between text and
	// JSON changes; ascending.
	jumps []jump
}

// jump is a place in a text and in its JSON, from the start of the string.
type jump struct{ text, json int }

// newLiteral reads a valid JSON string, quotes included, that stands at start.
func newLiteral(quoted []byte, start int) literal {
	l := literal{start: start + 1}
	in := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(in, '\\') < 0 {
		l.text = string(in)
		return l
	}
	out := make([]byte, 0, len(in))
	for at := 0; at < len(in); {
		if in[at] != '\\' {
			out = append(out, in[at])
			at++
			continue
		}
		var size int
		out, size = unescape(out, in[at:])
		at += size
		l.jumps = append(l.jumps, jump{len(out), at})
	}
	l.text = string(out)
	return l
}

// unescape appends what the escape at the beginning of in stands for, and
// returns its size.
func unescape(out, in []byte) ([]byte, int) {
	const short, long = 2, 6 // \n and \u000a
	switch c := in[1]; c {
	case 'b':
		return append(out, '\b'), short
	case 'f':
		return append(out, '\f'), short
	case 'n':
		return append(out, '\n'), short
	case 'r':
		return append(out, '\r'), short
	case 't':
		return append(out, '\t'), short
	case 'u':
		first := hex(in[2:long])
		if utf16.IsSurrogate(first) && len(in) >= 2*long && in[long] == '\\' && in[long+1] == 'u' {
			if pair := utf16.DecodeRune(first, hex(in[long+2:2*long])); pair != utf8.RuneError {
				return utf8.AppendRune(out, pair), 2 * long
			}
		}
		return utf8.AppendRune(out, first), long // U+FFFD for half of a pair
	default:
		return append(out, c), short
	}
}

// hex reads four digits.
func hex(digits []byte) rune {
	n, _ := strconv.ParseUint(string(digits), 16, 16) // valid JSON has nothing else there
	return rune(n)
}

// place returns where the byte at of the text is in the longer JSON.
func (l *literal) place(at int) int {
	i := sort.Search(len(l.jumps), func(i int) bool { return l.jumps[i].text > at })
	if i == 0 {
		return l.start + at
	}
	last := l.jumps[i-1]
	return l.start + last.json + at - last.text
}

// appendEscaped appends text as the inside of a JSON string.
func appendEscaped(out []byte, text string) []byte {
	start := len(out)
	out, _ = jsontext.AppendQuote(out, []byte(text)) // fails on invalid UTF-8 alone, which it replaces
	out = append(out[:start], out[start+1:]...)
	return out[:len(out)-1]
}
