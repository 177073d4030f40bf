package tokenizer

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// unicodeText holds one table per keyword, fields of hexadecimal code points
// and ranges of them. models/export/tokenizer_tables.py makes and explains it.
//
//go:embed unicode.txt
var unicodeText string

// tables is unicodeText, parsed.
type tables struct {
	sets  map[string][]runeRange
	class map[rune]uint8 // canonical combining class, where not 0
	lower map[rune][]rune
	nfd   map[rune][]rune // without Hangul syllables
}

type runeRange struct{ first, last rune }

func parseTables(text string) (*tables, error) {
	t := &tables{
		sets:  map[string][]runeRange{},
		class: map[rune]uint8{},
		lower: map[rune][]rune{},
		nfd:   map[rune][]rune{},
	}
	for n, line := range strings.Split(text, "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		for _, field := range fields[1:] {
			if err := t.add(fields[0], field); err != nil {
				return nil, fmt.Errorf("unicode.txt line %d: %q: %w", n+1, field, err)
			}
		}
	}
	return t, nil
}

func (t *tables) add(keyword, field string) error {
	switch keyword {
	case "lower", "nfd":
		return t.addMapping(keyword, field)
	}
	r, err := parseRange(field)
	if err != nil {
		return err
	}
	number, isClass := strings.CutPrefix(keyword, "ccc")
	if !isClass {
		t.sets[keyword] = append(t.sets[keyword], r)
		return nil
	}
	class, err := strconv.ParseUint(number, 10, 8)
	if err != nil {
		return err
	}
	for c := r.first; c <= r.last; c++ {
		t.class[c] = uint8(class)
	}
	return nil
}

// addMapping reads "first-last/step=target+target". The first code point maps
// to the target and each further one to the target as far away.
func (t *tables) addMapping(keyword, field string) error {
	from, to, _ := strings.Cut(field, "=")
	from, stepText, stepped := strings.Cut(from, "/")
	r, err := parseRange(from)
	if err != nil {
		return err
	}
	step := 1
	if stepped {
		if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
			return fmt.Errorf("step %q", stepText)
		}
	}
	var target []rune
	for hex := range strings.SplitSeq(to, "+") {
		c, err := parseRune(hex)
		if err != nil {
			return err
		}
		target = append(target, c)
	}
	m := t.lower
	if keyword == "nfd" {
		m = t.nfd
	}
	m[r.first] = target
	for c := r.first + rune(step); c <= r.last; c += rune(step) {
		m[c] = []rune{target[0] + c - r.first}
	}
	return nil
}

// in reports whether a set has a code point.
func (t *tables) in(set string, c rune) bool {
	for _, r := range t.sets[set] {
		if c >= r.first && c <= r.last {
			return true
		}
	}
	return false
}

func parseRange(field string) (runeRange, error) {
	first, last, ok := strings.Cut(field, "-")
	if !ok {
		last = first
	}
	a, err := parseRune(first)
	if err != nil {
		return runeRange{}, err
	}
	b, err := parseRune(last)
	return runeRange{a, b}, err
}

func parseRune(hex string) (rune, error) {
	c, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || c > unicode.MaxRune {
		return 0, fmt.Errorf("code point %q", hex)
	}
	return rune(c), nil
}
