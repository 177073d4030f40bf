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
	// With are times of requests with the cache, Without those of the same
	// requests without, and Waited those in which requests waited for Redis.
	With, Without, Waited Times
	// Late is how much later than asked a sleeper woke up meanwhile: the part
	// of the machine in Waited.
	Late Times
	// Recovery is the time from the end of the fault until a request is
	// answered from Redis.
	Recovery time.Duration
	// Dials are the connections begun in a second.
	Dials float64
	// Lines are those in the log, from the start to the end.
	Lines int
}

// Times sum up those of many requests.
type Times struct{ P50, P99, Worst time.Duration }

func timesOf(all []time.Duration) Times {
	return Times{quantile(all, 0.5), quantile(all, 0.99), quantile(all, 1)}
}

// quantile returns the smallest of times that a share q of them does not
// exceed, 0 for none.
func quantile(times []time.Duration, q float64) time.Duration {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	return sorted[max(int(math.Ceil(q*float64(len(sorted))))-1, 0)]
}
