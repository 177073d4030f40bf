package htmlrag

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// startTag is parse_starttag.
func (s *scanner) startTag(i int) (int, error) {
	end, err := s.wholeStartTag(i)
	if end < 0 || err != nil {
		return end, err
	}
	nameEnd := s.tagName(i + 1)
	name := lower(s.raw[i+1 : nameEnd])
	var attrs []attr
	k := s.filler(nameEnd)
	for k < end {
		a, ok := s.attribute(k)
		if !ok {
			break
		}
		value, err := unescape(s.raw[a.valueFrom:a.valueTo])
		if err != nil {
			return 0, err
		}
		attrs = append(attrs, attr{name: lower(s.raw[k:a.nameTo]), value: value})
		k = s.filler(a.end)
	}
	rest := ""
	if k < end {
		rest = strip(s.raw[k:end])
	}
	if rest != ">" && rest != "/>" {
		s.out.data(s.raw[i:end])
		return end, nil
	}
	closed := rest == "/>"
	if !closed && (name == "script" || name == "style") {
		s.cdata = name
	}
	return end, s.out.startTag(name, attrs, closed)
}

// wholeStartTag is check_for_whole_start_tag: the end of the start tag at i,
// or -1. The end may be inside of what HTML5 takes for the tag; then it is no
// tag.
func (s *scanner) wholeStartTag(i int) (int, error) {
	j := s.tagName(i + 1)
	for r, n := s.char(j); r == '/' || isSpace(r); r, n = s.char(j) {
		j += n
	}
	for {
		a, ok := s.attribute(j)
		if !ok {
			break
		}
		j = s.filler(a.end)
	}
	switch {
	case j < len(s.raw) && s.raw[j] == '>':
		return j + 1, nil
	case strings.HasPrefix(s.raw[j:], "/>"):
		return j + 2, nil
	case j < len(s.raw) && s.raw[j] != '/' && s.raw[j] != '=' && !isLetter(s.raw[j]):
		return j, nil
	}
	if s.work += j - i; s.work > maxWork {
		return 0, fmt.Errorf("%w: too many open tags", ErrLimit)
	}
	return -1, nil
}

// tagName is the end of [a-zA-Z][^\t\n\r\f />\x00]* from i on.
func (s *scanner) tagName(i int) int {
	if n := strings.IndexAny(s.raw[i:], "\t\n\r\f />\x00"); n >= 0 {
		return i + n
	}
	return len(s.raw)
}

// char is the character at i; at the end it is one that nothing matches.
func (s *scanner) char(i int) (rune, int) {
	if i >= len(s.raw) {
		return -1, 0
	}
	if c := s.raw[i]; c < utf8.RuneSelf {
		return rune(c), 1
	}
	return utf8.DecodeRuneInString(s.raw[i:])
}

// filler is the end of (?:\s|/(?!>))* from i on.
func (s *scanner) filler(i int) int {
	for {
		r, n := s.char(i)
		if !isSpace(r) && (r != '/' || strings.HasPrefix(s.raw[i+1:], ">")) {
			return i
		}
		i += n
	}
}

// spaces is the end of \s* from i on.
func (s *scanner) spaces(i int) int {
	for {
		r, n := s.char(i)
		if !isSpace(r) {
			return i
		}
		i += n
	}
}

// match is one attribute; its name begins where it was looked for.
type match struct {
	nameTo, valueFrom, valueTo, end int
}

// attribute matches, from i on,
//
//	((?<=['"\s/])[^\s/>][^\s/=>]*)(\s*=+\s*('[^']*'|"[^"]*"|(?!['"])[^>\s]*))?
func (s *scanner) attribute(i int) (match, bool) {
	before, _ := utf8.DecodeLastRuneInString(s.raw[:i])
	r, n := s.char(i)
	if before != '\'' && before != '"' && before != '/' && !isSpace(before) || r < 0 || r == '/' || r == '>' || isSpace(r) {
		return match{}, false
	}
	for i += n; ; i += n {
		if r, n = s.char(i); r < 0 || r == '/' || r == '=' || r == '>' || isSpace(r) {
			break
		}
	}
	m := match{nameTo: i, valueFrom: i, valueTo: i, end: i}
	signs := s.spaces(i)
	i = signs
	for i < len(s.raw) && s.raw[i] == '=' {
		i++
	}
	if i > signs {
		s.value(&m, signs, i)
	}
	return m, true
}

// value matches what follows the equals signs from one place to another. A
// quote without its partner makes Python go back: to the last space before
// it, where an empty value matches, or to the last of several signs, which
// then belongs to the value.
func (s *scanner) value(m *match, signs, after int) {
	i := s.spaces(after)
	if i < len(s.raw) && (s.raw[i] == '"' || s.raw[i] == '\'') {
		quote := singleQuote
		if s.raw[i] == '"' {
			quote = doubleQuote
		}
		if end := s.find(quote, i+1); end >= 0 {
			m.valueFrom, m.valueTo, m.end = i+1, end, end+1
			return
		}
		switch {
		case i > after:
			_, n := utf8.DecodeLastRuneInString(s.raw[:i])
			m.valueFrom, m.valueTo, m.end = i-n, i-n, i-n
			return
		case after-signs > 1:
			i = after - 1
		default:
			return
		}
	}
	m.valueFrom = i
	for r, n := s.char(i); r >= 0 && r != '>' && !isSpace(r); r, n = s.char(i) {
		i += n
	}
	m.valueTo, m.end = i, i
}

var endTag = regexp.MustCompile(`^</` + space + `*([a-zA-Z][-.a-zA-Z0-9:_]*)` + space + `*>`)

// endTag is parse_endtag.
func (s *scanner) endTag(i int) (int, error) {
	end := s.find(closing, i+1) + 1
	if end == 0 {
		return -1, nil
	}
	if match := endTag.FindStringSubmatch(s.raw[i:end]); match != nil {
		name := strings.ToLower(match[1])
		if s.cdata != "" && name != s.cdata {
			s.out.data(s.raw[i:end])
			return end, nil
		}
		s.out.endTag(name)
		s.cdata = ""
		return end, nil
	}
	switch {
	case s.cdata != "":
		s.out.data(s.raw[i:end])
	case isLetter(s.raw[i+2]):
		s.out.endTag(lower(s.raw[i+2 : s.tagName(i+2)]))
	case s.raw[i+2] != '>':
		s.out.special(comment, s.raw[i+2:end-1])
	}
	return end, nil
}
