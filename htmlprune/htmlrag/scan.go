package htmlrag

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// handler takes what the scanner finds.
type handler interface {
	startTag(name string, attrs []attr, closed bool) error
	endTag(name string)
	data(text string)
	special(k kind, text string)
}

// scanner is html.parser.HTMLParser with convert_charrefs off. A place is a
// byte of raw; -1 for a place stands for "not yet complete".
type scanner struct {
	raw string
	at  int // what is before it was handled
	out handler
	// cdata is the name of the open script or style element, else "".
	cdata string
	// ends remembers what was searched for, so that text without an end is not
	// read again and again.
	ends [patterns]found
	work int // bytes read in vain
}

func newScanner(html string, out handler) *scanner {
	if !utf8.ValidString(html) {
		html = string([]rune(html))
	}
	return &scanner{raw: html, out: out}
}

// run is goahead: it reads as far as it can; with end, to the end. Where
// Python leaves its loop early, the rest becomes text in the second run, tags
// included, unless a script is open, whose rest is lost.
func (s *scanner) run(end bool) error {
	for s.at < len(s.raw) {
		j := s.interesting(s.at)
		if j < 0 {
			break
		}
		if s.at < j {
			s.out.data(s.raw[s.at:j])
		}
		if s.at = j; j == len(s.raw) {
			break
		}
		read := s.markup
		if s.raw[j] == '&' {
			read = s.reference
		}
		if more, err := read(end); err != nil {
			return err
		} else if !more {
			break
		}
	}
	if end && s.at < len(s.raw) && s.cdata == "" {
		s.out.data(s.raw[s.at:])
		s.at = len(s.raw)
	}
	return nil
}

var (
	scriptEnd = regexp.MustCompile(`(?i)</` + space + `*script` + space + `*>`)
	styleEnd  = regexp.MustCompile(`(?i)</` + space + `*style` + space + `*>`)
)

// interesting is the next place where something other than text may be, or
// the end; -1 in a script that has no end.
func (s *scanner) interesting(i int) int {
	var match []int
	switch s.cdata {
	case "script":
		match = scriptEnd.FindStringIndex(s.raw[i:])
	case "style":
		match = styleEnd.FindStringIndex(s.raw[i:])
	default:
		if j := strings.IndexAny(s.raw[i:], "&<"); j >= 0 {
			return i + j
		}
		return len(s.raw)
	}
	if match == nil {
		return -1
	}
	return i + match[0]
}

// markup handles what starts with "<". It returns false where Python leaves
// the loop.
func (s *scanner) markup(end bool) (bool, error) {
	i := s.at
	if i+1 == len(s.raw) {
		return false, nil
	}
	k, err := s.construct(i)
	if err != nil {
		return false, err
	}
	if k < 0 {
		if !end {
			return false, nil
		}
		if k = s.find(closing, i+1) + 1; k == 0 {
			k = s.find(opening, i+1)
		}
		if k < 0 {
			k = i + 1
		}
		s.out.data(s.raw[i:k])
	}
	s.at = k
	return true, nil
}

// construct reads the tag or declaration at i and returns its end.
func (s *scanner) construct(i int) (int, error) {
	switch rest := s.raw[i:]; {
	case isLetter(rest[1]):
		return s.startTag(i)
	case rest[1] == '/':
		return s.endTag(i)
	case strings.HasPrefix(rest, "<!--"):
		return s.comment(i), nil
	case rest[1] == '?':
		return s.instruction(i), nil
	case rest[1] == '!':
		return s.declaration(i)
	}
	s.out.data("<")
	return i + 1, nil
}

// reference handles what starts with "&".
func (s *scanner) reference(end bool) (bool, error) {
	rest := s.raw[s.at:]
	if strings.HasPrefix(rest, "&#") {
		return s.numericReference(rest)
	}
	if name := entityName(rest); name != "" {
		text := named(name + ";")
		if text == "" {
			text = "&" + name
		}
		s.out.data(text)
		s.skip(1 + len(name))
		return true, nil
	}
	switch {
	case len(rest) > 1 && isLetter(rest[1]):
		if end && len(rest) == 2 {
			s.at++ // the "&" is lost
		}
		return false, nil
	case len(rest) > 1:
		s.out.data("&")
		s.at++
		return true, nil
	}
	return false, nil
}

// skip moves on by n bytes and a semicolon.
func (s *scanner) skip(n int) {
	s.at += n
	if s.at < len(s.raw) && s.raw[s.at] == ';' {
		s.at++
	}
}

// entityName matches &([a-zA-Z][-.a-zA-Z0-9]*)[^a-zA-Z0-9] and returns the
// group. At the end of the input the last "-" or "." is what follows the name.
func entityName(s string) string {
	if len(s) < 2 || !isLetter(s[1]) {
		return ""
	}
	end, mark := 2, 0
	for ; end < len(s); end++ {
		switch c := s[end]; {
		case c == '-' || c == '.':
			mark = end
		case !isLetter(c) && !isDecimal(c):
			return s[1:end]
		}
	}
	if mark == 0 {
		return ""
	}
	return s[1:mark]
}

// numericReference matches &#(?:[0-9]+|[xX][0-9a-fA-F]+)[^0-9a-fA-F]. Without
// a match Python leaves the loop.
func (s *scanner) numericReference(rest string) (bool, error) {
	from, isDigit := 2, isDecimal
	if len(rest) > 2 && rest[2]|0x20 == 'x' {
		from, isDigit = 3, isHex
	}
	end := from
	for end < len(rest) && isDigit(rest[end]) {
		end++
	}
	if end == from || end == len(rest) || isHex(rest[end]) {
		if strings.Contains(rest, ";") {
			s.out.data("&#")
			s.at += 2
		}
		return false, nil
	}
	n, err := number(rest[2:end])
	if err != nil {
		return false, err
	}
	s.out.data(numeric(n))
	s.skip(end)
	return true, nil
}

// pattern is something that is searched for.
type pattern int

const (
	closing pattern = iota // ">"
	opening                // "<"
	singleQuote
	doubleQuote
	commentEnd
	sectionEnd
	msSectionEnd
	patterns // their number
)

// found is the answer to a search from one place on: the first match, or -1.
type found struct {
	known    bool
	from, at int
}

// find is the next place of a character from i on, or -1.
func (s *scanner) find(p pattern, i int) int {
	return s.remember(p, i, func() int { return strings.IndexByte(s.raw[i:], "><'\""[p]) })
}

// remember searches from i on unless the last answer still holds.
func (s *scanner) remember(p pattern, i int, search func() int) int {
	if last := s.ends[p]; last.known && last.from <= i && (last.at < 0 || last.at >= i) {
		return last.at
	}
	at := search()
	if at >= 0 {
		at += i
	}
	s.ends[p] = found{known: true, from: i, at: at}
	return at
}
