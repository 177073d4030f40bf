// Package admission decides which requests are worked on, which wait, and which
// are refused at once.
//
//	queue.go    Options, New, Queue.Enter: places at work, and who is next
//	fair.go     the waiting, in an order that is fair between callers
//	pace.go     how fast work goes, and so how long a wait will be
//	refused.go  RefusedError: why, and when to come back
//
// The unit is the token: a request that brings ten times the text takes ten
// times its share. What is here knows nothing of HTTP or of pruning; what a
// request costs in tokens is said by who enters.
package admission
