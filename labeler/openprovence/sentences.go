package openprovence

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxSentenceChars bounds a sentence, in code points.
const maxSentenceChars = 1200

// Splitter cuts a text into sentences.
type Splitter func(text string) []string

// splitter returns the splitter of a language as process() names them.
func (m *Model) splitter(language string) (Splitter, error) {
	lower := strings.ToLower(language)
	switch lower {
	case "ja":
		return m.other, nil
	case "", "auto", "en":
	default:
		return nil, invalid("language", "is %q, want auto, en or ja", language)
	}
	p, err := m.punkt()
	if err != nil {
		return nil, fmt.Errorf("openprovence: %w", err)
	}
	if lower == "en" {
		return p.english, nil
	}
	return func(text string) []string { return m.auto(p, text) }, nil
}

// auto tells the language by its characters.
func (m *Model) auto(p *punkt, text string) []string {
	if isJapanese(text) || !m.defects && endsWithoutSpaces(text) {
		return m.other(text)
	}
	return p.english(text)
}

// isJapanese reports whether text has a kana letter per 500 code points.
func isJapanese(text string) bool {
	return enough(text, func(r rune) bool {
		return 0x3041 <= r && r <= 0x3096 || 0x30a1 <= r && r <= 0x30fa || 0x31f0 <= r && r <= 0x31ff || 0xff71 <= r && r <= 0xff9d
	})
}

// endsWithoutSpaces reports whether text has a full stop of a script that Punkt
// does not know per 500 code points.
func endsWithoutSpaces(text string) bool {
	return enough(text, func(r rune) bool { return strings.ContainsRune(otherEnds, r) })
}

func enough(text string, counts func(rune) bool) bool {
	want := (length(text) + 499) / 500
	if want == 0 {
		return false
	}
	for _, r := range text {
		if r > 0x7f && counts(r) {
			if want--; want == 0 {
				return true
			}
		}
	}
	return false
}

var otherSentence = regexp.MustCompile(`(?s).+?(?:[。！？।॥۔؟!?\n]|$)`)

// splitOther cuts behind each mark that ends a sentence, and each line.
func splitOther(text string) []string { return otherSentence.FindAllString(text, -1) }

// english cuts by Punkt, block by block, and keeps the white space behind each
// sentence with it. White space in front of a block is lost.
func (p *punkt) english(text string) []string {
	var out []string
	for _, block := range blocks(text) {
		spans := p.sentences(block)
		if len(spans) == 0 {
			spans = []span{{0, len(block)}}
		}
		for _, s := range spans {
			if s.start >= s.end {
				continue
			}
			end := s.end + len(block[s.end:]) - len(trimLeft(block[s.end:]))
			if segment := block[s.start:end]; !isBlank(segment) {
				out = append(out, splitOverlong(segment)...)
			}
		}
	}
	if rest := trim(text); len(out) == 0 && rest != "" {
		return []string{rest}
	}
	return out
}

const space = `[\s\v\p{Z}\x{1c}-\x{1f}\x{85}]`

var bullet = regexp.MustCompile(`^` + space + `*(?:[-*•]+|\p{Nd}{1,4}[:.)]|[A-Za-z][:.)])` + space + `+`)

// blocks joins lines; one that begins as an item of a list begins a block.
func blocks(text string) []string {
	var out []string
	start, at := 0, 0
	for _, line := range lines(text) {
		if at > start && bullet.MatchString(strings.TrimRight(line, "\r\n")) {
			out = append(out, text[start:at])
			start = at
		}
		at += len(line)
	}
	if at > start {
		out = append(out, text[start:at])
	}
	return out
}

// splitOverlong cuts a sentence of more than maxSentenceChars behind a line, or
// else behind a mark, or else anywhere.
func splitOverlong(sentence string) []string {
	if length(sentence) <= maxSentenceChars {
		return []string{sentence}
	}
	var out []string
	for rest := sentence; rest != ""; {
		// The last part is cut like the others, as the reference has it.
		end := cutAt(chars(rest, maxSentenceChars))
		out = append(out, rest[:end])
		rest = rest[end:]
	}
	return out
}

// chars returns the first n code points of text.
func chars(text string, n int) string {
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}

// cutAt returns where a part of a sentence ends within window, which is not
// empty.
func cutAt(window string) int {
	_, first := utf8.DecodeRuneInString(window)
	if i := strings.LastIndexByte(window[first:], '\n'); i >= 0 {
		return first + i + 1
	}
	if i := strings.LastIndexAny(window, ".?!;:\n"); i >= 0 {
		return i + 1
	}
	return len(window)
}

// normalized cuts sentences of several lines, and strips them if asked to. If
// nothing is left, the whole text is the only sentence.
func normalized(raw []string, text string, strip bool) []string {
	var out []string
	for _, s := range raw {
		for _, part := range splitLines(s, strip) {
			if part != "" {
				out = append(out, part)
			}
		}
	}
	if len(out) > 0 {
		return out
	}
	return []string{fallback(text, strip)}
}

func fallback(text string, strip bool) string {
	if stripped := trim(text); strip && stripped != "" {
		return stripped
	}
	return text
}

// splitLines cuts a sentence into its lines if it has fewer full stops than
// lines: a list, an address, a table.
func splitLines(sentence string, strip bool) []string {
	whole := sentence
	if strip {
		whole = trim(sentence)
	}
	if !strings.Contains(sentence, "\n") {
		return []string{whole}
	}
	var full []string
	for _, line := range lines(sentence) {
		if isBlank(line) {
			continue
		}
		if length(trim(line)) > maxSentenceChars {
			return []string{whole}
		}
		if strip {
			line = trim(line)
		}
		full = append(full, line)
	}
	stops := strings.Count(sentence, ".") + strings.Count(sentence, "?") + strings.Count(sentence, "!")
	if len(full) <= 1 || stops >= len(full) {
		return []string{whole}
	}
	return full
}
