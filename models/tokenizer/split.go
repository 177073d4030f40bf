package tokenizer

import (
	"fmt"
	"regexp"
	"strings"
)

// behavior says what becomes of the parts of a text that a pattern matches.
type behavior uint8

const (
	isolated behavior = iota
	removed
	mergedWithPrevious
	mergedWithNext
	contiguous
)

func parseBehavior(name string) (behavior, error) {
	for b, n := range []string{"Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"} {
		if n == name {
			return behavior(b), nil
		}
	}
	return 0, fmt.Errorf("behavior %q", name)
}

// match is a part of a word that a pattern matches, or one between matches.
type match struct {
	cut
	hit bool
}

// matcher finds a pattern.
type matcher interface {
	// find returns the first match in text, whose beginning is at or after
	// from, or -1.
	find(text string, from int) (start, end int)
}

// split cuts words at what a pattern matches.
type split struct {
	matcher  matcher
	behavior behavior
	invert   bool // what does not match counts as matched
}

func (s *split) cut(w *work) {
	w.spare = w.spare[:0]
	for _, word := range w.words {
		w.matches = s.matches(w.matches[:0], w.text[:word.to], int(word.from))
		s.join(w)
	}
	w.words, w.spare = w.spare, w.words
}

// matches divides text[from:] in matches and what is between them.
func (s *split) matches(dst []match, text string, from int) []match {
	for from < len(text) {
		start, end := s.matcher.find(text, from)
		if start < 0 {
			start, end = len(text), len(text)
		}
		if from < start {
			dst = append(dst, match{cut{int32(from), int32(start)}, s.invert})
		}
		if start < end {
			dst = append(dst, match{cut{int32(start), int32(end)}, !s.invert})
		}
		from = end
	}
	return dst
}

// join makes words of matches.
func (s *split) join(w *work) {
	before := false
	first := len(w.spare)
	switch s.behavior {
	case mergedWithNext:
		s.joinNext(w)
		return
	case removed:
		for _, m := range w.matches {
			if !m.hit {
				w.spare = append(w.spare, m.cut)
			}
		}
		return
	}
	for _, m := range w.matches {
		merge := s.behavior == contiguous && m.hit == before || s.behavior == mergedWithPrevious && m.hit && !before
		if merge && len(w.spare) > first {
			w.spare[len(w.spare)-1].to = m.to
		} else {
			w.spare = append(w.spare, m.cut)
		}
		before = m.hit
	}
}

// joinNext gives every match to what follows it, unless that is a match too.
func (s *split) joinNext(w *work) {
	for i, m := range w.matches {
		if i > 0 && !m.hit && w.matches[i-1].hit {
			w.spare[len(w.spare)-1].to = m.to
			continue
		}
		w.spare = append(w.spare, m.cut)
	}
}

// charMatcher matches one character of a class.
type charMatcher struct {
	classes *classes
	want    class
}

func (m charMatcher) find(text string, from int) (start, end int) {
	for from < len(text) {
		c, size := m.classes.at(text, from)
		if c&m.want != 0 {
			return from, from + size
		}
		from += size
	}
	return -1, -1
}

// wordMatcher matches runs of word characters, and runs of what is neither of
// words nor space.
type wordMatcher struct{ classes *classes }

func (m wordMatcher) find(text string, from int) (start, end int) {
	for from < len(text) {
		c, size := m.classes.at(text, from)
		switch {
		case c&wordchar != 0:
			return from, m.classes.run(text, from, wordchar)
		case c&white == 0:
			end = from
			for end < len(text) {
				c, size := m.classes.at(text, end)
				if c&(wordchar|white) != 0 {
					break
				}
				end += size
			}
			return from, end
		}
		from += size
	}
	return -1, -1
}

type stringMatcher string

func (m stringMatcher) find(text string, from int) (start, end int) {
	i := strings.Index(text[from:], string(m))
	if i < 0 {
		return -1, -1
	}
	return from + i, from + i + len(m)
}

type regexMatcher struct{ *regexp.Regexp }

func (m regexMatcher) find(text string, from int) (start, end int) {
	at := m.FindStringIndex(text[from:])
	if at == nil {
		return -1, -1
	}
	return from + at[0], from + at[1]
}
