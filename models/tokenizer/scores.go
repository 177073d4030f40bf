package tokenizer

import (
	"math"
	"strconv"
	"strings"
)

// score reads a JSON number as the Rust library does: not to the nearest float,
// but by the digits as an integer, rounded, times or divided by a power of ten,
// rounded again (serde_json without its feature float_roundtrip). Ways of equal
// length through a run of one character are told apart by these last bits.
func score(number string) float64 {
	digits, exponent, _ := strings.Cut(strings.ToLower(number), "e")
	digits, negative := strings.CutPrefix(digits, "-")
	scale, _ := strconv.Atoi(exponent)
	var significand uint64
	full, fraction := false, false
	for _, c := range []byte(digits) {
		if c == '.' {
			fraction = true
			continue
		}
		d := uint64(c - '0')
		full = full || significand > (math.MaxUint64-d)/10
		switch {
		case !full && fraction:
			scale--
			significand = significand*10 + d
		case !full:
			significand = significand*10 + d
		case !fraction:
			scale++
		}
	}
	value := scaled(float64(significand), scale)
	if negative {
		return -value
	}
	return value
}

// largestPower is the largest power of ten of a float.
const largestPower = 308

// scaled is f times ten to the power of scale, rounded once for every power that
// it takes.
func scaled(f float64, scale int) float64 {
	for ; scale < -largestPower && f != 0; scale += largestPower {
		f /= power(largestPower)
	}
	if scale < 0 {
		return f / power(-scale)
	}
	return f * power(scale)
}

// power is the float nearest to ten to the power of n.
func power(n int) float64 {
	f, err := strconv.ParseFloat("1e"+strconv.Itoa(n), 64)
	if err != nil {
		return math.Inf(1)
	}
	return f
}
