package estimate

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// chars is the estimate that knows no model: a token for every three ASCII
// characters and for every other one.
const chars = "chars"

// Estimate is a count of tokens without a tokenizer. It is immutable.
type Estimate struct {
	name    string
	weights profile
}

// Names lists what New knows, sorted.
func Names() []string {
	return slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(weights)), chars)))
}

// New returns the estimate for a family of models: gpt-4o (and later ones),
// gpt-4 (and gpt-3.5), llama-3, claude-2, claude; or chars for any other.
func New(name string) (*Estimate, error) {
	w, ok := weights[name]
	if !ok && name != chars {
		return nil, fmt.Errorf("estimate: no estimate is called %q; there are %s", name, strings.Join(Names(), ", "))
	}
	return &Estimate{name: name, weights: w}, nil
}

// Count returns the estimated number of tokens of text: 0 for an empty text,
// otherwise at least 1. More text never has fewer tokens.
func (e *Estimate) Count(text string) int {
	if text == "" {
		return 0
	}
	if e.name == chars {
		runes := utf8.RuneCountInString(text)
		plain := 0
		for i := range len(text) {
			if text[i] < utf8.RuneSelf {
				plain++
			}
		}
		return (plain+2)/3 + runes - plain
	}
	sum := 0.0
	for c, n := range profileOf(text) {
		sum += n * e.weights[c]
	}
	return max(1, int(math.Ceil(sum)))
}
