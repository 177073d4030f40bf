// Package redis keeps values in Redis, so that what one process computed is
// there for the others and after a restart. It stands behind the memory of a
// process (cache.Tiered), and never in the way: whatever happens to Redis, a
// lookup is a miss after a short time, and a computation runs.
//
//	options.go  Options, and what their zero values mean
//	target.go   addresses to a client: one server, Sentinel, Cluster, TLS
//	store.go    Store: New, Get, Compute, Close
//	read.go     lookups, many keys in one round trip
//	write.go    write-behind: values written after the answer has gone
//	lease.go    who computes a value that several processes want
//	codec.go    values as they lie in Redis, so that a wrong one is noticed
//	fault.go    the kinds of faults, and their lines in the log
//	metrics.go  what is counted
//
// # In Redis
//
// A value is under PREFIX:{KEY}, its lease under PREFIX:{KEY}:lease, KEY being
// the 32 bytes of the key in base64url. Both are in the same slot of a Cluster.
// Commands used: GETRANGE, GET, SET, DEL, PEXPIRE (and AUTH, HELLO, SELECT, PING,
// CLUSTER SLOTS by go-redis as needed), no scripts; a user of an access list
// needs these on ~PREFIX:*.
//
// # What is not here
//
// The memory of a process and what happens once in it (package cache); what
// keys and values mean (package prune).
package redis
