package htmlrag

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	commentClose   = regexp.MustCompile(`--` + space + `*>`)
	sectionClose   = regexp.MustCompile(`]` + space + `*]` + space + `*>`)
	msSectionClose = regexp.MustCompile(`]` + space + `*>`)
	declName       = regexp.MustCompile(`^[a-zA-Z][-_.a-zA-Z0-9]*` + space + `*`)
)

// search is the next match of re from i on: where it begins and where it
// ends, or -1.
func (s *scanner) search(p pattern, re *regexp.Regexp, i int) (from, to int) {
	from = s.remember(p, i, func() int {
		if match := re.FindStringIndex(s.raw[i:]); match != nil {
			return match[0]
		}
		return -1
	})
	if from < 0 {
		return -1, -1
	}
	return from, from + re.FindStringIndex(s.raw[from:])[1]
}

// comment is parse_comment.
func (s *scanner) comment(i int) int {
	from, to := s.search(commentEnd, commentClose, i+4)
	if from >= 0 {
		s.out.special(comment, s.raw[i+4:from])
	}
	return to
}

// instruction is parse_pi.
func (s *scanner) instruction(i int) int {
	end := s.find(closing, i+2)
	if end < 0 {
		return -1
	}
	s.out.special(instruction, s.raw[i+2:end])
	return end + 1
}

// declaration is parse_html_declaration.
func (s *scanner) declaration(i int) (int, error) {
	rest := s.raw[i:]
	if strings.HasPrefix(rest, "<![") {
		return s.section(i)
	}
	const doctypeMark = "<!doctype"
	isDoctype := len(rest) >= len(doctypeMark) && strings.EqualFold(rest[:len(doctypeMark)], doctypeMark)
	from := i + 2
	if isDoctype {
		from = i + len(doctypeMark)
	}
	end := s.find(closing, from)
	switch {
	case end < 0:
		return -1, nil
	case isDoctype:
		// Beautiful Soup cuts off "DOCTYPE " whatever the last of it is.
		s.out.special(doctype, cutRunes(s.raw[i+2:end], len("DOCTYPE ")))
	default:
		s.out.special(comment, s.raw[i+2:end])
	}
	return end + 1, nil
}

// cutRunes is s without its first n characters.
func cutRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[i:]
		}
		n--
	}
	return ""
}

// section is parse_marked_section.
func (s *scanner) section(i int) (int, error) {
	rest := s.raw[i+3:]
	if rest == "" {
		return -1, nil
	}
	name := declName.FindString(rest)
	switch len(name) {
	case 0:
		return 0, fmt.Errorf("%w: a name is expected after %q", ErrRejected, "<![")
	case len(rest):
		return -1, nil
	}
	var from, to int
	switch strings.ToLower(strip(name)) {
	case "temp", "cdata", "ignore", "include", "rcdata":
		from, to = s.search(sectionEnd, sectionClose, i+3)
	case "if", "else", "endif":
		from, to = s.search(msSectionEnd, msSectionClose, i+3)
	default:
		return 0, fmt.Errorf("%w: unknown keyword in a marked section", ErrRejected)
	}
	if from < 0 {
		return -1, nil
	}
	const cdataMark = "CDATA["
	if text := s.raw[i+3 : from]; len(text) >= len(cdataMark) && strings.EqualFold(text[:len(cdataMark)], cdataMark) {
		s.out.special(cdataSection, text[len(cdataMark):])
	} else {
		s.out.special(declaration, text)
	}
	return to, nil
}
