package main

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestPercentFor(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int64{
		0: 100, 1 << 20: 100, 24 << 20: 100, 25 << 20: 95, 48 << 20: 50, 96 << 20: 25, 1 << 30: 25,
	} {
		if got := percentFor(live); got != want {
			t.Errorf("percentFor(%d MiB) = %d, want %d", live>>20, got, want)
		}
	}
}

// TestPacerFollowsTheHeap is not parallel: the percentage belongs to the process.
func TestPacerFollowsTheHeap(t *testing.T) {
	t.Setenv("GOGC", "") // as operators start it
	c := newPacer()
	body := make([]byte, 200<<20)
	waitFor(t, c, leastPercent)
	runtime.KeepAlive(body)
	c.close()
	if got := debug.SetGCPercent(mostPercent); got != mostPercent {
		t.Errorf("closed, it leaves %d %%", got)
	}
	t.Setenv("GOGC", "80")
	if c := newPacer(); !c.stopped.Load() {
		t.Error("the setting of the operator is not left alone")
	}
}

// waitFor collects until the percentage is as wanted.
func waitFor(t *testing.T, c *pacer, want int64) {
	t.Helper()
	for range 100 {
		runtime.GC()
		if c.percent.Load() == want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%d %%, want %d", c.percent.Load(), want)
}
