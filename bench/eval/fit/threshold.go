package fit

import (
	"cmp"
	"math"
	"slices"
)

// highest is the largest threshold that a preset gets.
const highest = 0.99

// threshold returns the highest threshold of two digits that keeps the answers
// of aim of the passages that help, by weight, or 0.
func threshold(passages []Passage, weights []float64, aim float64) float64 {
	type answer struct{ level, weight float64 }
	var answers []answer
	total := 0.0
	for i, p := range passages {
		if p.Positive {
			answers = append(answers, answer{float64(p.Level), weights[i]})
			total += weights[i]
		}
	}
	slices.SortFunc(answers, func(a, b answer) int { return cmp.Compare(a.level, b.level) })
	// What sums of weights lack of their exact value costs no answer.
	spare := (1-aim)*total + 1e-9
	for _, a := range answers {
		if spare -= a.weight; spare < 0 {
			return below(a.level)
		}
	}
	return highest
}

// below is the largest number of two digits that is less than score, from 0 to
// highest.
func below(score float64) float64 {
	if score <= 1e-9 {
		return 0
	}
	digits := math.Pow(10, 1-math.Floor(math.Log10(score)))
	return min((math.Ceil(score*digits)-1)/digits, highest)
}
