// Package faults shows what happens to requests while Redis fails in one way
// after another: it starts real servers, keeps a stream of real requests going
// through a prune.Pruner, breaks Redis, mends it, and tells what the requests
// felt. Tests use it for seconds (every answer must be right), bench/faults for
// longer (and every answer must be quick).
//
//	runner.go   Runner: requests with known answers, and a run of one scenario
//	requests.go the requests
//	stream.go   callers that ask and compare
//	scenario.go Scenario: how something breaks and is mended; the list of all
//	server.go   scenarios of a server and of the network before it
//	values.go   scenarios of what is stored
//	topology.go scenarios of a Cluster and of Sentinels
//	waited.go   the time of a request that went to Redis
//	row.go      Row: what the requests felt, and the table of rows
//
// Each request is asked twice side by side, with the cache and without one, so
// that a busy machine makes both slow. What Redis adds to a request is also
// measured by itself: the time in which it waited for Redis and for nothing else.
// The memory in front of Redis is as good as off, so that every lookup goes to
// Redis.
package faults
