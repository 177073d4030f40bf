// Package cache keeps values by key: what was computed for one request is
// there for the next, and callers who want the same value at the same time
// share one computation.
//
//	memory.go   Memory: values in this process, bounded in bytes
//	flight.go   one computation per key, whoever leaves meanwhile
//	metrics.go  hits, misses, evictions and size
//
// What is not here: what the keys and values mean (prune).
package cache
