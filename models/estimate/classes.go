package estimate

import (
	"unicode"
	"unicode/utf8"
)

// class is a kind of character, or of place, that costs about the same.
type class int

const (
	words      class = iota // runs of Latin letters
	fifth                   // letters from the fifth of a run on
	ninth                   // and from the ninth on
	capitals                // capitals behind the first letter of a run
	digits                  // decimal digits
	signs                   // ASCII signs
	signRuns                // runs of them
	lineRuns                // runs of white space with a line feed
	blanks                  // further white space in a run
	accented                // Latin letters beyond ASCII
	greek                   // Greek and Cyrillic letters
	semitic                 // Arabic and Hebrew letters
	indic                   // scripts of India and Ceylon
	seasian                 // Thai, Lao, Tibetan, Myanmar and Khmer
	hangul                  // Korean syllables
	kana                    // Hiragana and Katakana
	han                     // Chinese characters
	typography              // dashes, quotes and other general punctuation
	others                  // bytes of everything else
	classes                 // how many there are
)

// profile counts the classes of a text.
type profile [classes]float64

// profileOf reads text once.
func profileOf(text string) profile {
	var s scanner
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			s.ascii(c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		s.rune(r, n)
		i += n
	}
	return s.profile
}

// scanner knows what it is in the middle of.
type scanner struct {
	profile
	letters int // of the run of Latin letters
	inSigns bool
	spaces  int // of the run of white space
	line    bool
}

func (s *scanner) ascii(c byte) {
	switch {
	case 'a' <= c && c <= 'z':
		s.letter(false)
	case 'A' <= c && c <= 'Z':
		s.letter(true)
	case c <= ' ':
		s.space(c == '\n')
	case '0' <= c && c <= '9':
		s.end()
		s.profile[digits]++
	default:
		if s.profile[signs]++; !s.inSigns {
			s.profile[signRuns]++
		}
		s.end()
		s.inSigns = true
	}
}

func (s *scanner) letter(capital bool) {
	n := s.letters
	s.end()
	s.letters = n + 1
	switch {
	case n == 0:
		s.profile[words]++
		return
	case n >= 8:
		s.profile[ninth]++
		fallthrough
	case n >= 4:
		s.profile[fifth]++
	}
	if capital {
		s.profile[capitals]++
	}
}

func (s *scanner) space(line bool) {
	spaces, inLine := s.spaces, s.line
	s.end()
	s.spaces, s.line = spaces+1, inLine || line
	switch {
	case line && !inLine:
		s.profile[lineRuns]++
	case spaces > 0:
		s.profile[blanks]++
	}
}

// end ends whatever run there is.
func (s *scanner) end() { s.letters, s.inSigns, s.spaces, s.line = 0, false, 0, false }

// scripts are the ranges of characters that cost alike.
var scripts = []struct {
	first, last rune
	class       class
}{
	{0x0370, 0x052F, greek},
	{0x1C80, 0x1C8F, greek},
	{0x1F00, 0x1FFF, greek},
	{0x0590, 0x077F, semitic},
	{0x08A0, 0x08FF, semitic},
	{0x0900, 0x0DFF, indic},
	{0x0E00, 0x109F, seasian},
	{0x1780, 0x17FF, seasian},
	{0x1100, 0x11FF, hangul},
	{0xAC00, 0xD7A3, hangul},
	{0x3040, 0x30FF, kana},
	{0x3400, 0x4DBF, han},
	{0x4E00, 0x9FFF, han},
	{0x2010, 0x2040, typography},
	{0x3000, 0x303F, typography},
	{0xFF00, 0xFFEF, typography},
}

func (s *scanner) rune(r rune, bytes int) {
	switch {
	case r == 0xA0:
		s.space(false)
		return
	case r < 0x0250 && r >= 0xC0 && unicode.IsLetter(r), r >= 0x1E00 && r < 0x1F00:
		s.letter(unicode.IsUpper(r))
		s.profile[accented]++
		return
	}
	s.end()
	for _, own := range scripts {
		if own.first <= r && r <= own.last {
			s.profile[own.class]++
			return
		}
	}
	s.profile[others] += float64(bytes)
}
