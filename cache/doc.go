// Package cache keeps values by key: what was computed for one request is
// there for the next, and callers who want the same value at the same time
// share one computation.
//
//	memory.go   Memory: values in this process, bounded in bytes
//	flight.go   one computation per key, whoever leaves meanwhile
//	tiered.go   Tiered: the memory in front of a store that processes share
//	metrics.go  hits, misses, evictions and size
//
// Beside it lie the parts that need Redis:
//
//	cache/redis            the store that processes share
//	cache/redis/redistest  real servers, and faults of the way to them, for tests
//	cache/redis/faults     what requests feel while Redis fails
//
// What is not here: what the keys and values mean (prune).
package cache
