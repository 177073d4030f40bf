package dataset

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Find returns where text holds one of answers. Case and the amount of white
// space do not count, and an answer is not found inside a longer word: "art"
// is not in "party".
func Find(text string, answers []string) []Span {
	var out []Span
	var f *folded
	for _, a := range answers {
		answer := fold(a).text
		if answer == "" {
			continue
		}
		if f == nil {
			f = fold(text)
		}
		out = append(out, f.find(answer)...)
	}
	return out
}

// folded is a text in lower case, each run of white space one space, with the
// place in the original of the character that every byte comes from.
type folded struct {
	text   string
	origin []Span
}

func fold(text string) *folded {
	var b strings.Builder
	b.Grow(len(text))
	origin := make([]Span, 0, len(text))
	put := func(r rune, s Span) {
		b.WriteRune(r)
		for len(origin) < b.Len() {
			origin = append(origin, s)
		}
	}
	space := false
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case unicode.IsSpace(r):
			space = b.Len() > 0
		default:
			if space {
				put(' ', Span{i, i})
				space = false
			}
			put(unicode.ToLower(r), Span{i, i + size})
		}
		i += size
	}
	return &folded{b.String(), origin}
}

func (f *folded) find(answer string) []Span {
	var out []Span
	for from := 0; ; {
		i := strings.Index(f.text[from:], answer)
		if i < 0 {
			return out
		}
		start := from + i
		end := start + len(answer)
		if joined(f.text[:start], answer) || joined(answer, f.text[end:]) {
			_, size := utf8.DecodeRuneInString(answer)
			from = start + size
			continue
		}
		out = append(out, Span{f.origin[start].Start, f.origin[end-1].End})
		from = end
	}
}

// joined reports whether a word goes on from the end of left to the start of
// right. Scripts that do not part words by spaces have no such words.
func joined(left, right string) bool {
	a, _ := utf8.DecodeLastRuneInString(left)
	b, _ := utf8.DecodeRuneInString(right)
	return left != "" && right != "" && isWord(a) && isWord(b)
}

func isWord(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsNumber(r)) &&
		!unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}
