package pruning

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ragprune/ragprune/bench/internal/devset"
	"github.com/ragprune/ragprune/prune"
)

// Outcome of one row with one setting.
type Outcome struct {
	// Survived: an answer is in the output, or without answers a gold sentence.
	Survived bool
	// Kept and GoldKept count sentences of which at least half was kept.
	Kept, GoldKept int
	// Chars and CharsKept are the code points of the text and of the output.
	Chars, CharsKept int
}

// Judge compares a result with the labels of its row.
func Judge(r devset.Row, got prune.Result) Outcome {
	spans := Kept(got)
	o := Outcome{Chars: utf8.RuneCountInString(r.Text), CharsKept: utf8.RuneCountInString(got.Text)}
	for i, s := range r.Sentences {
		if (Span{s[0], s[1]}).Covered(spans) {
			o.Kept++
			if slices.Contains(r.Relevant, i) {
				o.GoldKept++
			}
		}
	}
	if o.Survived = o.GoldKept > 0; HoldsAny(r.Text, r.Answers) {
		o.Survived = HoldsAny(got.Text, r.Answers)
	}
	return o
}

// HoldsAny reports whether text contains one of the strings, whatever the
// white space.
func HoldsAny(text string, answers []string) bool {
	text = spaced(text)
	for _, a := range answers {
		if a = spaced(a); a != "" && strings.Contains(text, a) {
			return true
		}
	}
	return false
}

func spaced(text string) string { return strings.Join(strings.Fields(text), " ") }
