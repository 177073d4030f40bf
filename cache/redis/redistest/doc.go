// Package redistest starts real Redis servers for tests and benchmarks, on
// ports of the loopback that the kernel chooses, and puts faults between them
// and their clients.
//
//	server.go    Server: one process, which can be killed, stopped and restarted
//	cluster.go   Cluster: three masters and three replicas
//	sentinel.go  Sentinels: a master, a replica and three Sentinels
//	clock.go     Clock: a wall clock that jumps
//	proxy.go     Proxy: a connection that delays, drips, garbles or is silent
//
// The servers end when they are closed, and also when the process that started
// them ends in any way.
package redistest
