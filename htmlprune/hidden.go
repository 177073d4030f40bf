package htmlprune

import (
	"strings"
	"unicode"
)

// visible is text without the characters that a reader cannot see. White
// space stays as it is.
func visible(text string) string {
	w := newTranscript(text, len(text), 0)
	w.write(0, len(text), verbatim)
	return w.text.String()
}

// runeClass says what write does with a character.
type runeClass uint8

const (
	shown    runeClass = iota
	blank              // white space of any width
	unseen             // never drawn: dropped
	joins              // ZWJ, ZWNJ: kept where the script needs it
	selector           // emoji presentation: kept after its base
)

// classify tells how a character is drawn. Dropped are controls, soft
// hyphens, zero-width characters, bidirectional controls, invisible operators,
// fillers, tag characters, variation selectors and noncharacters: each has
// been used to hide instructions from people and not from models.
func classify(r rune) runeClass {
	switch {
	case r == '\t' || r == '\n' || r == '\f' || r == '\r' || r == ' ':
		return blank
	case r < 0x20 || r == 0x7F:
		return unseen
	case r < 0xA0:
		if r == 0x85 {
			return blank
		}
		if r >= 0x80 {
			return unseen
		}
		return shown
	case r == 0x200C || r == 0x200D:
		return joins
	case r == 0xFE0E || r == 0xFE0F:
		return selector
	case isUnseen(r):
		return unseen
	case unicode.IsSpace(r):
		return blank
	}
	return shown
}

func isUnseen(r rune) bool {
	switch r {
	case 0xAD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, 0xFEFF, 0x200B, 0x200E, 0x200F:
		return true
	}
	switch {
	case r < 0x180B:
		return false
	case r <= 0x180F:
		return true
	case r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x206F:
		return true
	case r >= 0xFDD0 && r <= 0xFDEF, r >= 0xFE00 && r <= 0xFE0F, r >= 0xFFF0 && r <= 0xFFFB:
		return true
	case r >= 0x1D173 && r <= 0x1D17A, r >= 0xE0000 && r <= 0xE0FFF:
		return true
	}
	return r&0xFFFE == 0xFFFE
}

// joiner decides about characters that are invisible by themselves but shape
// their neighbours: it needs the character before and the one after.
type joiner struct {
	prev rune // last character written in this block
	held rune // a joiner that waits for its successor; 0 is none
	src  int  // where held stands in the source
	n    int
}

// needed reports whether a joiner between two characters changes how they
// look: between letters of scripts that join, and between emoji.
func needed(prev, held, next rune) bool {
	if isPictograph(prev) || prev == 0xFE0F || prev >= 0x1F3FB && prev <= 0x1F3FF {
		return held == 0x200D && (isPictograph(next) || next == 0x2640 || next == 0x2642)
	}
	return shapes(prev) && (shapes(next) || held == 0x200D)
}

// shapes reports whether r belongs to a script whose spelling uses joiners:
// Arabic to N'Ko, the Indic scripts to Khmer and Mongolian.
func shapes(r rune) bool {
	return r >= 0x0600 && r <= 0x07FF || r >= 0x0860 && r <= 0x0DFF ||
		r >= 0x0F00 && r <= 0x109F || r >= 0x1780 && r <= 0x18AF ||
		r >= 0xFB50 && r <= 0xFDCF || r >= 0xFE70 && r <= 0xFEFC
}

func isPictograph(r rune) bool {
	return r >= 0x1F000 && r <= 0x1FAFF || r >= 0x2190 && r <= 0x2BFF || r == 0x3030 || r == 0x303D
}

// takesSelector reports whether a presentation selector after r says
// something: after emoji, and after the characters that have an emoji form.
func takesSelector(r rune) bool {
	return isPictograph(r) || r == '#' || r == '*' || r >= '0' && r <= '9' ||
		r == 0xA9 || r == 0xAE || r == 0x203C || r == 0x2049 || r == 0x2122 || r == 0x2139 || r == 0x3297 || r == 0x3299
}

// flags are the only emoji in general use that are spelled with tag
// characters; any other tag character hides something.
var flags = [...]string{
	"\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F", // England
	"\U0001F3F4\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F", // Scotland
	"\U0001F3F4\U000E0067\U000E0062\U000E0077\U000E006C\U000E0073\U000E007F", // Wales
}

// flagAt is the length of the flag at the beginning of s, or 0.
func flagAt(s string) int {
	for _, f := range &flags {
		if strings.HasPrefix(s, f) {
			return len(f)
		}
	}
	return 0
}
