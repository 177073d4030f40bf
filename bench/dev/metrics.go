package main

import (
	"math"
	"slices"
)

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
