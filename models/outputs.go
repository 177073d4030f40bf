package models

import (
	"errors"
	"math"
)

// errNotFinite says that a graph has computed nonsense. A comparison with such a
// value is false whatever the threshold, so it would drop text and tell nobody.
var errNotFinite = errors.New("an output has values that are not finite")

// CheckFinite refuses outputs of a graph with values that are no numbers.
func CheckFinite(outputs [][]float32) error {
	for _, values := range outputs {
		for _, v := range values {
			if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
				return errNotFinite
			}
		}
	}
	return nil
}
