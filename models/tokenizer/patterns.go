package tokenizer

import "unicode/utf8"

// scanner returns the end of the match that begins at text[i]. The patterns
// below match at every place, so that words lie end to end. They need a
// look-ahead, which package regexp has not, and are the hot path besides.
type scanner func(c *classes, text string, i int) int

// The known patterns, by their exact text in published files.
const (
	patternGPT2   = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	patternLlama3 = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternQwen2  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternO200K  = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|` +
		`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|` +
		`\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

var scanners = map[string]scanner{
	patternGPT2:   scanGPT2,
	patternLlama3: scanLlama3,
	patternQwen2:  scanQwen2,
	patternO200K:  scanO200K,
}

func scanGPT2(c *classes, text string, i int) int {
	if text[i] == '\'' {
		if n := contraction(text[i:], false); n > 0 {
			return i + n
		}
	}
	j := i
	if text[i] == ' ' && i+1 < len(text) {
		j++
	}
	kind, size := c.at(text, j)
	if kind &= letter | number | other; kind != 0 {
		return c.run(text, j+size, kind)
	}
	return spaces(c, text, i)
}

func scanLlama3(c *classes, text string, i int) int { return scanModern(c, text, i, 3) }

func scanQwen2(c *classes, text string, i int) int { return scanModern(c, text, i, 1) }

// scanModern is Llama 3's pattern for numbers of up to digits digits.
func scanModern(c *classes, text string, i, digits int) int {
	if text[i] == '\'' {
		if n := contraction(text[i:], true); n > 0 {
			return i + n
		}
	}
	kind, size := c.at(text, i)
	next := i + size
	if kind&letter != 0 {
		return c.run(text, next, letter)
	}
	if kind&(newline|number) == 0 && next < len(text) {
		if after, size := c.at(text, next); after&letter != 0 {
			return c.run(text, next+size, letter)
		}
	}
	if kind&number != 0 {
		return numbers(c, text, i, digits)
	}
	return symbolsOrSpaces(c, text, i, newline)
}

func scanO200K(c *classes, text string, i int) int {
	kind, size := c.at(text, i)
	after := i // behind the one character that may come before letters
	if kind&(newline|letter|number) == 0 && i+size < len(text) {
		after += size
	}
	for _, match := range [...]scanner{capitalsThenSmall, capitals} {
		for _, from := range [...]int{after, i} {
			if end := match(c, text, from); end > 0 {
				if end < len(text) && text[end] == '\'' {
					end += contraction(text[end:], true)
				}
				return end
			}
		}
	}
	if kind&number != 0 {
		return numbers(c, text, i, 3)
	}
	return symbolsOrSpaces(c, text, i, slashes)
}

// capitalsThenSmall matches any capitals and then at least one small letter,
// where letters without case and marks count as both. It returns 0 for no
// match.
func capitalsThenSmall(c *classes, text string, i int) int {
	small := -1 // the last place in the run of capitals that may also be a small letter
	for i < len(text) {
		kind, size := c.at(text, i)
		if kind&upperish == 0 {
			break
		}
		if kind&lowerish != 0 {
			small = i
		}
		i += size
	}
	switch end := c.run(text, i, lowerish); {
	case end > i:
		return end
	case small >= 0:
		return c.run(text, small, lowerish)
	}
	return 0
}

// capitals matches at least one capital, in a text that capitalsThenSmall does
// not match, so that no small letters follow.
func capitals(c *classes, text string, i int) int {
	if end := c.run(text, i, upperish); end > i {
		return end
	}
	return 0
}

func numbers(c *classes, text string, i, most int) int {
	for range most {
		if i == len(text) {
			break
		}
		kind, size := c.at(text, i)
		if kind&number == 0 {
			break
		}
		i += size
	}
	return i
}

// symbolsOrSpaces matches a run of symbols with a space before and any of tail
// after it, or else white space up to its last newline, or else as spaces does.
func symbolsOrSpaces(c *classes, text string, i int, tail class) int {
	j := i
	if text[i] == ' ' && i+1 < len(text) {
		j++
	}
	if kind, size := c.at(text, j); kind&other != 0 {
		return c.run(text, c.run(text, j+size, other), tail)
	}
	end := c.run(text, i, white)
	for k := end; k > i; k-- {
		if text[k-1] == '\n' || text[k-1] == '\r' {
			return k
		}
	}
	return spacesTo(text, i, end)
}

// spaces matches white space: all of it at the end of the text, all but the
// last character before something else, and a single character anyway.
func spaces(c *classes, text string, i int) int {
	return spacesTo(text, i, c.run(text, i, white))
}

func spacesTo(text string, i, end int) int {
	if end == len(text) {
		return end
	}
	_, size := utf8.DecodeLastRuneInString(text[i:end])
	if end-size == i {
		return end
	}
	return end - size
}

// contraction returns the length of 's, 't, 're, 've, 'm, 'll or 'd at the
// start of text, which begins with the apostrophe; fold ignores case.
func contraction(text string, fold bool) int {
	if len(text) < 2 {
		return 0
	}
	a, b := text[1], byte(0)
	if len(text) > 2 {
		b = text[2]
	}
	if fold {
		if a == 0xC5 && b == 0xBF { // U+017F, the long s, is an s in another case
			return 3
		}
		a, b = asciiLower(a), asciiLower(b)
	}
	switch {
	case a == 's', a == 't', a == 'm', a == 'd':
		return 2
	case a == 'r' && b == 'e', a == 'v' && b == 'e', a == 'l' && b == 'l':
		return 3
	}
	return 0
}

func asciiLower(b byte) byte {
	if b >= 'A' && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}
