package htmlprune

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// closing are the marks that stay with the sentence before them, opening
	// those that come before a sentence's first word.
	closing = "\"'”’»›)]}」』）】〉》］｝*_¹²³⁴⁵⁶⁷⁸⁹⁰†‡"
	opening = "\"'“‘«‹([{「『（【〈《［｛¿¡*_„‚"
	// nearby bounds every look around an end mark, in bytes.
	nearby = 64
)

// ends reports whether a sentence ends at b, which lies after an end mark
// with its closing marks, or after a line feed.
func (s *splitter) ends(b int) bool {
	left := strings.TrimRightFunc(s.text[s.start:b], unicode.IsSpace)
	next, feeds := skipSpace(s.text, s.start+len(left))
	right := s.text[next:]
	if left == "" || right == "" || feeds > 1 || feeds == 1 && s.hardFeed(left, right) {
		return true
	}
	body, closed := trimClosing(left)
	mark, size := utf8.DecodeLastRuneInString(body)
	gap := next > s.start+len(left)
	first := firstOf(right)
	switch {
	case !isEndMark(mark):
		return false
	case strings.ContainsRune("。！？｡", mark): // 「何？」と言った。
		return !closed || !strings.ContainsRune("と、，", first)
	case mark >= utf8.RuneSelf && mark != '…':
		return true
	case !gap: // "a.b?c=d", "e.g., x", but "OK!好"
		return first >= 0x2E80 && unicode.IsLetter(first)
	case unicode.IsPunct(first) && !strings.ContainsRune("#@&%", first):
		return markerLen(right) > 0
	case mark != '.' || strings.HasSuffix(body, ".."):
		return !unicode.IsLower(first)
	}
	p := period{body: body[:len(body)-size], right: right, first: first, closed: closed}
	return p.ends()
}

// hardFeed reports whether the line feed between left and right separates
// sentences without an end mark: every one does in a list of lines, and
// elsewhere one before a list item, behind a lead-in or a list item, or after
// a line that was not full.
func (s *splitter) hardFeed(left, right string) bool {
	if s.byLine || markerLen(right) > 0 || strings.HasSuffix(left, ":") || strings.HasSuffix(left, ";") {
		return true
	}
	first := firstOf(right)
	if s.width < wrapWidth || unicode.IsLower(first) || unicode.IsPunct(first) {
		return false
	}
	end := s.start + len(left)
	line := s.text[strings.LastIndexByte(s.text[:end], '\n')+1 : end]
	word, _, _ := strings.Cut(right[:min(len(right), nearby)], " ")
	return 4*(utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word)) < 3*s.width
}

// period is a single full stop and what is around it.
type period struct {
	body   string // the sentence before it
	right  string // what follows it and the white space
	first  rune   // the first letter or digit of right
	closed bool   // a quote or bracket closes after it
}

func (p period) ends() bool {
	word := lastWord(p.body)
	class := classOf(word)
	atStart := len(word) == len(p.body)
	switch {
	case atStart && isMarker(word):
		return false // "1. First", "A. First", "iv. Fourth"
	case unicode.IsLower(p.first):
		return class == plain && !p.closed && len(word) >= 4 && isLowerWord(word)
	case p.closed:
		return class != title
	case isInitial(word):
		return !atStart && p.initialEnds(word)
	case unicode.IsDigit(p.first):
		return class == plain || class == ender
	case isDigits(word):
		return !followsOrdinal(word, p.right)
	case class == title || class == counted:
		return class == counted && !isRoman(firstWord(p.right))
	case class == short:
		return isStarter(p.right)
	}
	return true
}

// initialEnds decides about a full stop after one capital letter, which ends
// "vitamin C. It" but not "J. K. Rowling".
func (p period) initialEnds(initial string) bool {
	before := lastWord(strings.TrimRightFunc(p.body[:len(p.body)-len(initial)], unicode.IsSpace))
	switch strings.ToLower(before) {
	case "vitamin", "vitamins", "hepatitis", "influenza", "type", "plan", "class", "grade", "group", "category",
		"appendix", "option", "part", "section", "table", "figure", "protein", "factor", "letter":
		return true
	}
	return isStarter(p.right) || unicode.IsDigit(p.first) && isLowerWord(before)
}

// glued reports whether the end mark before i joins two sentences that lost
// the space between them, as in "ended.Then", and not the parts of a name or
// an address, as in "strings.Builder" or "a.b/Page?Title=x".
func glued(text string, start, i int) bool {
	if i+2 >= len(text) || text[i] < 'A' || text[i] > 'Z' {
		return false
	}
	word := firstWord(text[i:])
	end := i + len(word)
	if len(word) == nearby || end == len(text) || !strings.Contains(" ,'’\n", text[end:end+1]) {
		return false
	}
	return (text[i-1] != '.' || isStarter(word)) && isLowerWord(strings.TrimSuffix(lastWord(text[start:i-1]), ")"))
}

// skipClosing returns the place after the closing marks and the reference
// marks, "[12]", that begin at i.
func skipClosing(text string, i int) int {
	for limit := min(len(text), i+nearby); i < limit; {
		if n := refLen(text[i:limit]); n > 0 {
			i += n
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if !strings.ContainsRune(closing, r) {
			break
		}
		i += size
	}
	return i
}

// refLen is the length of a reference mark that s begins with: "[3]",
// "[a]", "[note 2]", "[citation needed]".
func refLen(s string) int {
	end := strings.IndexByte(s, ']')
	if end < 2 || s[0] != '[' {
		return 0
	}
	in := s[1:end]
	if len(in) > 2 && !isDigits(strings.TrimLeft(in, "0123456789,;–- ")+"0") &&
		!strings.HasPrefix(in, "note ") && !strings.HasSuffix(in, " needed") {
		return 0
	}
	return end + 1
}

// trimClosing takes the closing and reference marks off the end of s and
// reports whether there were any.
func trimClosing(s string) (body string, closed bool) {
	body = s
	for floor := max(0, len(s)-nearby); len(body) > floor; {
		if open := strings.LastIndexByte(body[floor:], '['); open >= 0 && refLen(body[floor+open:]) == len(body)-floor-open {
			body = body[:floor+open]
			continue
		}
		r, size := utf8.DecodeLastRuneInString(body)
		if !strings.ContainsRune(closing, r) {
			break
		}
		body = body[:len(body)-size]
	}
	return body, len(body) < len(s)
}

// skipSpace returns the place of the next character that is not white space
// and the number of line feeds before it, stopping at the second one. A
// paragraph separator counts for two.
func skipSpace(text string, i int) (next, feeds int) {
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !unicode.IsSpace(r) {
			return i, feeds
		}
		i += size
		switch r {
		case '\n':
			feeds++
		case '\u2029':
			feeds += 2
		}
		if feeds > 1 {
			return i, feeds
		}
	}
	return i, feeds
}

// firstOf returns the first character of s behind its opening marks.
func firstOf(s string) rune {
	for i, r := range s {
		if !strings.ContainsRune(opening, r) || i > nearby {
			return r
		}
	}
	return utf8.RuneError
}

func isEndMark(r rune) bool {
	if r < utf8.RuneSelf {
		return r == '.' || r == '!' || r == '?'
	}
	return r == '…' || unicode.Is(unicode.STerm, r)
}
