package report

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Quantile is the value below which the share q (0 to 1) of values lies,
// interpolated between neighbours. No values give NaN; values stay as they are.
func Quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	at := q * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}

// Median is the middle of values. No values give NaN.
func Median(values []float64) float64 { return Quantile(values, 0.5) }

// Mean is the average of values. No values give NaN.
func Mean(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// Ratio is a/b, NaN if b is 0.
func Ratio[A, B int | int64 | float64](a A, b B) float64 {
	if b == 0 {
		return math.NaN()
	}
	return float64(a) / float64(b)
}

// Milliseconds of a duration.
func Milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Number formats a value with so many decimals, and "-" for NaN.
func Number(v float64, decimals int) string {
	if math.IsNaN(v) {
		return "-"
	}
	return fmt.Sprintf("%.*f", decimals, v)
}

// Percent formats a share of 1 as percent with one decimal, and "-" for NaN.
func Percent(share float64) string {
	if math.IsNaN(share) {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*share)
}
