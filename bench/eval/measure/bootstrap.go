package measure

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
)

// Bootstrap draws samples of n units with replacement.
type Bootstrap struct {
	n          int
	seed, name uint64
}

// NewBootstrap makes the samples of n units for a seed and a name. The same
// arguments give the same samples, so that two systems measured on the same
// units can be compared sample by sample.
func NewBootstrap(n int, seed uint64, name string) Bootstrap {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash never fails
	return Bootstrap{n: n, seed: seed, name: h.Sum64()}
}

// Sample fills weights with how often sample number i has each unit.
func (b Bootstrap) Sample(i int, weights []float64) {
	clear(weights)
	r := rand.New(rand.NewPCG(b.seed, b.name+uint64(i)*0x9e3779b97f4a7c15))
	for range b.n {
		weights[r.IntN(b.n)]++
	}
}

// Interval is the range of the middle share of values (percentile interval),
// for example 0.95. NaN values are left out; none left gives NaN.
func Interval(values []float64, share float64) (low, high float64) {
	sorted := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsNaN(v) {
			sorted = append(sorted, v)
		}
	}
	slices.Sort(sorted)
	return quantile(sorted, (1-share)/2), quantile(sorted, (1+share)/2)
}

// quantile interpolates between neighbours.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := q * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}

// Mean of the values that are not NaN; NaN if there are none.
func Mean(values []float64) float64 {
	sum, n := 0.0, 0
	for _, v := range values {
		if !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}
