package faults

import (
	"math"
	"slices"
	"time"
)

// Row is what requests felt of one fault.
type Row struct {
	// Fault is the name of the scenario.
	Fault string
	// Requests were asked during the fault. Failed gave an error or were
	// answered otherwise than asked; Wrong gave another answer than before.
	Requests, Failed, Wrong int
	// Cached documents had their scores from Redis.
	Cached int
	// Times of a request with the cache, and of the same ones without.
	P50, P99, Worst                      time.Duration
	WithoutP50, WithoutP99, WithoutWorst time.Duration
	// Recovery is the time from the end of the fault until a request is
	// answered from Redis.
	Recovery time.Duration
	// Dials are the connections begun in a second.
	Dials float64
	// Lines are those in the log, from the start to the end.
	Lines int
}

// Added is what the cache adds to the 99th percentile.
func (r Row) Added() time.Duration { return r.P99 - r.WithoutP99 }

// quantile returns the smallest of times that a share q of them does not
// exceed, 0 for none.
func quantile(times []time.Duration, q float64) time.Duration {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	return sorted[max(int(math.Ceil(q*float64(len(sorted))))-1, 0)]
}
