package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

const (
	// spareHeap is what the heap may grow by between two collections, as long as
	// that is from leastPercent to mostPercent of what lives.
	spareHeap    = 24 << 20
	leastPercent = 25
	mostPercent  = 100
)

// pacer makes the garbage collector work more often while the heap is large.
// By its own rule the heap may double before it works again: cheap when idle,
// when some 10 MiB live, but half of what a large body takes.
type pacer struct {
	percent atomic.Int64
	stopped atomic.Bool
}

// newPacer starts to watch, unless the operator has set GOGC.
func newPacer() *pacer {
	c := &pacer{}
	c.percent.Store(mostPercent)
	c.stopped.Store(os.Getenv("GOGC") != "")
	c.watch()
	return c
}

// watch calls adjust after every collection: the cleanup of an object that
// nobody holds runs behind the next one.
func (c *pacer) watch() {
	if c.stopped.Load() {
		return
	}
	runtime.AddCleanup(&struct{ next *pacer }{c}, func(c *pacer) {
		c.adjust()
		c.watch()
	}, c)
}

// adjust sets the percentage for the heap that lives now.
func (c *pacer) adjust() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	want := percentFor(live[0].Value.Uint64())
	if c.percent.Swap(want) != want && !c.stopped.Load() {
		debug.SetGCPercent(int(want))
	}
}

// percentFor is how much of the living heap may be added to it, in percent and
// in steps, as a change stops all goroutines for a moment.
func percentFor(live uint64) int64 {
	const step = 5
	percent := 100 * spareHeap / max(live, 1) / step * step
	return int64(min(max(percent, leastPercent), mostPercent))
}

// close goes back to the rule of the collector.
func (c *pacer) close() {
	if !c.stopped.Swap(true) {
		debug.SetGCPercent(mostPercent)
	}
}
