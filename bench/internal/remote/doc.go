// Package remote calls a ragprune service over HTTP, one that runs already or
// one that it starts for the time of a benchmark.
//
//	client.go   Client: one POST /prune, timed
//	process.go  Start: a service of its own on a free port
//	memory.go   resident memory of a process
//
// What is not here: callers side by side and statistics.
package remote
