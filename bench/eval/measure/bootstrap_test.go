package measure_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/bench/eval/measure"
)

func TestBootstrap(t *testing.T) {
	draw := func(seed uint64, name string, sample int) []float64 {
		weights := []float64{7, 7, 7, 7, 7} // what is left of another sample
		measure.NewBootstrap(len(weights), seed, name).Sample(sample, weights)
		return weights
	}
	first := draw(1, "set", 3)
	sum := 0.0
	for _, w := range first {
		sum += w
	}
	if sum != 5 {
		t.Errorf("sample %v draws %v units, want 5", first, sum)
	}
	if diff := cmp.Diff(first, draw(1, "set", 3)); diff != "" {
		t.Errorf("the same sample differs:\n%s", diff)
	}
	for name, other := range map[string][]float64{
		"seed": draw(2, "set", 3), "name": draw(1, "other", 3), "number": draw(1, "set", 4),
	} {
		if cmp.Equal(first, other) {
			t.Errorf("another %s gives the same sample", name)
		}
	}
}

func TestInterval(t *testing.T) {
	values := []float64{math.NaN()}
	for i := range 101 {
		values = append(values, float64(100-i))
	}
	if low, high := measure.Interval(values, 0.9); !near(low, 5) || !near(high, 95) {
		t.Errorf("interval %v to %v, want 5 to 95", low, high)
	}
	if low, high := measure.Interval([]float64{1, 2}, 0.5); !near(low, 1.25) || !near(high, 1.75) {
		t.Errorf("interval %v to %v, want 1.25 to 1.75", low, high)
	}
	if low, _ := measure.Interval(nil, 0.9); !math.IsNaN(low) {
		t.Errorf("interval of nothing starts at %v", low)
	}
}

func TestMean(t *testing.T) {
	if got := measure.Mean([]float64{1, math.NaN(), 3}); got != 2 {
		t.Errorf("mean %v, want 2", got)
	}
	if got := measure.Mean(nil); !math.IsNaN(got) {
		t.Errorf("mean of nothing %v", got)
	}
}
