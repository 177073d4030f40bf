package main

import (
	"cmp"
	"math"
	"slices"
)

// span is a half-open range of code points.
type span struct{ start, end int }

// overlap is the number of code points of s in spans, which do not overlap
// each other.
func (s span) overlap(spans []span) int {
	n := 0
	for _, o := range spans {
		n += max(0, min(s.end, o.end)-max(s.start, o.start))
	}
	return n
}

// covered reports whether at least half of s is in spans.
func (s span) covered(spans []span) bool {
	return s.end > s.start && 2*s.overlap(spans) >= s.end-s.start
}

// averagePrecision of relevant items ranked by score, equal scores in their
// order. NaN if all or none are relevant: then there is nothing to rank.
func averagePrecision(scores []float64, relevant []bool) float64 {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	sum, hits := 0.0, 0
	for at, i := range order {
		if relevant[i] {
			hits++
			sum += float64(hits) / float64(at+1)
		}
	}
	if hits == 0 || hits == len(scores) {
		return math.NaN()
	}
	return sum / float64(hits)
}

// auc is the probability that a positive scores above a negative; a tie counts
// half. NaN without one of both.
func auc(positives, negatives []float64) float64 {
	if len(positives) == 0 || len(negatives) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(negatives))
	wins := 0.0
	for _, p := range positives {
		below, _ := slices.BinarySearch(sorted, p)
		above, _ := slices.BinarySearch(sorted, math.Nextafter(p, math.Inf(1)))
		wins += float64(below) + float64(above-below)/2
	}
	return wins / float64(len(positives)*len(negatives))
}

// f2 is the F measure that weighs recall twice as much as precision.
func f2(precision, recall float64) float64 {
	if precision+recall == 0 {
		return 0
	}
	return 5 * precision * recall / (4*precision + recall)
}
