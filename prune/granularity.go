package prune

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Granularity is the size in words up to which neighbouring units are kept or
// dropped together, as one block; 0 decides on every unit by itself. In JSON it
// is a number or the string "auto".
type Granularity int

// GranularityAuto chooses the size from the budget and the size of the
// documents: a 24th of the words that may be kept, or of those that are there
// if that is less, at least 16 and at most 128. Answers kept in a budget do not
// suffer down to a 16th (bench/results/htmlrag.md), and more of what belongs
// together stays together.
const GranularityAuto Granularity = -1

const (
	auto = "auto"
	// autoBlocks is how many blocks are to fit.
	autoBlocks                       = 24
	smallestAutoWords, mostAutoWords = 16, 128
)

// autoWords is what GranularityAuto stands for where so many words are there
// and so many tokens may be kept; 0 tokens means all. Four tokens are taken for
// three words.
func autoWords(words, tokens int) int {
	if tokens > 0 {
		words = min(words, tokens/4*3)
	}
	return min(max(words/autoBlocks, smallestAutoWords), mostAutoWords)
}

// blockWords is the size of blocks that the request asks for.
func (s *run) blockWords() int {
	if s.request.Granularity != GranularityAuto {
		return int(s.request.Granularity)
	}
	words := 0
	for _, j := range s.results {
		if !j.broken && j.tree != nil {
			words += j.tree.Words()
		}
	}
	return autoWords(words, s.request.MaxTokens)
}

// MarshalText returns the number, or auto.
func (g Granularity) MarshalText() ([]byte, error) {
	if g == GranularityAuto {
		return []byte(auto), nil
	}
	return strconv.AppendInt(nil, int64(g), 10), nil
}

// UnmarshalText reads what MarshalText writes. A negative number becomes one
// that Request.Validate refuses.
func (g *Granularity) UnmarshalText(text []byte) error {
	if string(text) == auto {
		*g = GranularityAuto
		return nil
	}
	n, err := strconv.Atoi(string(text))
	if err != nil {
		return fmt.Errorf("a granularity is a number of words or %s: %w", auto, err)
	}
	if *g = Granularity(n); n < 0 {
		*g = math.MinInt
	}
	return nil
}

// MarshalJSON returns a number, or the string "auto".
func (g Granularity) MarshalJSON() ([]byte, error) {
	if g == GranularityAuto {
		return []byte(`"` + auto + `"`), nil
	}
	return g.MarshalText()
}

// UnmarshalJSON reads what MarshalJSON writes; null changes nothing.
func (g *Granularity) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case "null":
		return nil
	case `"` + auto + `"`:
		*g = GranularityAuto
		return nil
	}
	var number json.Number
	if err := json.Unmarshal(data, &number); err != nil || data[0] == '"' {
		return fmt.Errorf("a granularity is a number of words or %q", auto)
	}
	return g.UnmarshalText(data)
}
