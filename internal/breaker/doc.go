// Package breaker keeps requests away from a server that fails: a Redis, or an
// endpoint of a serving engine. While a Breaker is open, a goroutine of its own
// probes; no request pays for finding out, as it would with a breaker that lets
// one through now and then.
//
// What is not here: what a request or a probe is, and metrics.
package breaker
