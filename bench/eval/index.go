package eval

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
)

// index ranks texts by BM25 (k1 1.2, b 0.75). It is the evaluation's own, so
// that the negatives stay the same when the product's scorer changes.
type index struct {
	postings map[string][]posting
	lengths  []float64
	mean     float64
}

type posting struct {
	text  int
	count float64
}

func newIndex(texts []string) *index {
	x := &index{postings: map[string][]posting{}, lengths: make([]float64, len(texts))}
	for i, text := range texts {
		counts := map[string]float64{}
		for _, t := range terms(text) {
			counts[t]++
			x.lengths[i]++
		}
		for t, n := range counts {
			x.postings[t] = append(x.postings[t], posting{i, n})
		}
		x.mean += x.lengths[i] / float64(len(texts))
	}
	return x
}

// rank returns the texts that share a term with query, best first; equal ones
// in their order.
func (x *index) rank(query string) []int {
	const k1, b = 1.2, 0.75
	scores := map[int]float64{}
	for _, t := range terms(query) {
		list := x.postings[t]
		n := float64(len(list))
		idf := math.Log(1 + (float64(len(x.lengths))-n+0.5)/(n+0.5))
		for _, p := range list {
			norm := k1 * (1 - b + b*x.lengths[p.text]/x.mean)
			scores[p.text] += idf * p.count * (k1 + 1) / (p.count + norm)
		}
	}
	order := make([]int, 0, len(scores))
	for i := range scores {
		order = append(order, i)
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(scores[b], scores[a]), cmp.Compare(a, b))
	})
	return order
}

func terms(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}
