package workers_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/ragprune/ragprune/models/workers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func Example() {
	pool, err := workers.New(2)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()
	done := make(chan string, 1)
	if err := pool.Submit(context.Background(), func() { done <- "a window" }); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("ran", <-done)
	// Output: ran a window
}

func newPool(t *testing.T, n int) *workers.Pool {
	t.Helper()
	pool, err := workers.New(n)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// However many submit, no more than the workers run at once, and every run
// that was taken is called once.
func TestPoolIsBounded(t *testing.T) {
	const limit, callers = 3, 40
	pool := newPool(t, limit)
	var now, most, ran atomic.Int64
	var callersDone, runs sync.WaitGroup
	runs.Add(callers)
	for range callers {
		callersDone.Go(func() {
			err := pool.Submit(t.Context(), func() {
				defer runs.Done()
				n := now.Add(1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				ran.Add(1)
				now.Add(-1)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	callersDone.Wait()
	runs.Wait()
	if ran.Load() != callers || most.Load() > limit {
		t.Errorf("%d of %d ran, %d at once, want at most %d", ran.Load(), callers, most.Load(), limit)
	}
}

func TestSubmitEnds(t *testing.T) {
	pool := newPool(t, 1)
	entered, release := make(chan struct{}), make(chan struct{})
	if err := pool.Submit(t.Context(), func() { close(entered); <-release }); err != nil {
		t.Fatal(err)
	}
	<-entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := pool.Submit(ctx, func() { t.Error("a run whose caller has gone was taken") }); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want context.Canceled", err)
	}
	close(release)
	pool.Close()
	if err := pool.Submit(t.Context(), func() {}); !errors.Is(err, workers.ErrClosed) {
		t.Errorf("error after Close is %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := workers.New(-1); err == nil {
		t.Error("New accepts -1")
	}
}
