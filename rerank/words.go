package rerank

import (
	"unicode"
	"unicode/utf8"
)

// eachWord calls word with every word of text: a run of letters, marks and
// digits in lower case, or one character of a script that does not part words
// by spaces. The bytes are only valid during the call.
func eachWord(text string, word func([]byte)) {
	var buf []byte
	flush := func() {
		if len(buf) > 0 {
			word(buf)
			buf = buf[:0]
		}
	}
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf:
			switch {
			case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
				buf = append(buf, byte(r)) //nolint:gosec // a letter of ASCII
			case 'A' <= r && r <= 'Z':
				buf = append(buf, byte(r)+'a'-'A')
			default:
				flush()
			}
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
			flush()
			buf = utf8.AppendRune(buf, r)
			flush()
		case unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r):
			buf = utf8.AppendRune(buf, unicode.ToLower(r))
		default:
			flush()
		}
	}
	flush()
}

// queryTerms numbers the distinct words of query.
func queryTerms(query string) map[string]int32 {
	terms := make(map[string]int32)
	eachWord(query, func(w []byte) {
		if _, ok := terms[string(w)]; !ok {
			terms[string(w)] = int32(len(terms)) //nolint:gosec // a query has no two thousand million words
		}
	})
	return terms
}

// wordCounter counts the terms of a query in texts.
type wordCounter struct {
	terms map[string]int32
}

func (c *wordCounter) count(text string) unitWords {
	var unit unitWords
	eachWord(text, func(w []byte) {
		unit.words++
		term, ok := c.terms[string(w)]
		if !ok {
			return
		}
		for i := range unit.hits {
			if unit.hits[i].term == term {
				unit.hits[i].count++
				return
			}
		}
		unit.hits = append(unit.hits, hit{term, 1})
	})
	return unit
}
