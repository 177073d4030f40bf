package breaker_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ragprune/ragprune/internal/breaker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDown = errors.New("down")

// changes counts how often a breaker opened and closed.
type changes struct{ opened, closed atomic.Int32 }

func (c *changes) breaker(t *testing.T) *breaker.Breaker {
	b := breaker.New(func() { c.opened.Add(1) }, func() { c.closed.Add(1) })
	t.Cleanup(b.Close)
	return b
}

func (c *changes) expect(t *testing.T, opened, closed int32) {
	t.Helper()
	if o, n := c.opened.Load(), c.closed.Load(); o != opened || n != closed {
		t.Errorf("opened %d and closed %d times, want %d and %d", o, n, opened, closed)
	}
}

func never(context.Context) error { return errDown }

// Three failures in a row open it; a success between them begins anew.
func TestFailuresInARow(t *testing.T) {
	var c changes
	b := c.breaker(t)
	b.Failed(never)
	b.Failed(never)
	if b.Calm() || !b.Allows() {
		t.Errorf("after two failures calm is %v and allows %v, want false and true", b.Calm(), b.Allows())
	}
	b.Succeeded()
	if !b.Calm() {
		t.Error("not calm after a success")
	}
	b.Failed(never)
	b.Failed(never)
	c.expect(t, 0, 0)
	b.Failed(never)
	b.Failed(never) // that of a request which was under way
	if b.Allows() || b.Calm() {
		t.Error("three failures in a row do not open it")
	}
	c.expect(t, 1, 0)
}

// It stays open until the probe of the trip succeeds, and then is as new.
func TestRecovers(t *testing.T) {
	var c changes
	b := c.breaker(t)
	var up atomic.Bool
	var probes atomic.Int32
	b.Trip(func(context.Context) error {
		if probes.Add(1); up.Load() {
			return nil
		}
		return errDown
	})
	b.Trip(func(context.Context) error { t.Error("a second probe of an open breaker"); return nil })
	for end := time.Now().Add(10 * time.Second); probes.Load() < 2 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if b.Allows() {
		t.Fatal("it is closed while the probe fails")
	}
	up.Store(true)
	for end := time.Now().Add(10 * time.Second); !b.Allows() && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if !b.Calm() {
		t.Error("it is open although the probe succeeded")
	}
	c.expect(t, 1, 1)
}

// Close ends a probe under way, and nothing opens it any more.
func TestClose(t *testing.T) {
	var c changes
	b := c.breaker(t)
	began := make(chan struct{})
	b.Trip(func(ctx context.Context) error {
		close(began)
		<-ctx.Done()
		return ctx.Err()
	})
	<-began
	b.Close()
	b.Close()
	b.Trip(never)
	c.expect(t, 1, 0)
}
