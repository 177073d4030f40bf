package admission_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/ragprune/ragprune/api/admission"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func Example() {
	q, err := admission.New(admission.Options{Workers: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	leave, err := q.Enter(context.Background(), "a key", 1000)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer leave()
	_, err = q.Enter(context.Background(), "another key", 1000)
	fmt.Println(err)
	// Output: admission: refused (queue), again after 1s
}

func newQueue(t *testing.T, o admission.Options) *admission.Queue {
	t.Helper()
	q, err := admission.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// server sends requests through a queue whose work takes a second for every
// thousand tokens, and writes down who was served.
type server struct {
	queue  *admission.Queue
	mu     sync.Mutex
	served []string
	wg     sync.WaitGroup
}

// admitted sends a request that must not be refused.
func (s *server) admitted(t *testing.T, caller string, tokens int64) {
	t.Helper()
	if r := s.send(t.Context(), caller, tokens); r != nil {
		t.Errorf("%s: %v", caller, r)
	}
}

// send starts a request and waits until it is at work, waiting or refused.
func (s *server) send(ctx context.Context, caller string, tokens int64) (refused *admission.RefusedError) {
	var failed atomic.Pointer[admission.RefusedError]
	s.wg.Go(func() {
		leave, err := s.queue.Enter(ctx, caller, tokens)
		if err != nil {
			if r, ok := errors.AsType[*admission.RefusedError](err); ok {
				failed.Store(r)
				s.note(caller + " refused")
			}
			return
		}
		s.note(caller)
		time.Sleep(time.Duration(tokens) * time.Millisecond)
		leave()
	})
	synctest.Wait()
	return failed.Load()
}

func (s *server) note(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.served = append(s.served, what)
}

// One caller sends many, another few: the few do not wait behind the many.
func TestCallersShareFairly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server{queue: newQueue(t, admission.Options{Workers: 1, Waiting: 100})}
		for range 6 {
			s.admitted(t, "many", 1000)
		}
		s.admitted(t, "few", 1000)
		s.admitted(t, "few", 1000)
		s.admitted(t, "large", 2500)
		s.wg.Wait()
		want := []string{"many", "few", "many", "few", "large", "many", "many", "many", "many"}
		if diff := cmp.Diff(want, s.served); diff != "" {
			t.Errorf("served (-want +got):\n%s", diff)
		}
	})
}

// A caller that was away has saved nothing up.
func TestAbsenceIsNoCredit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server{queue: newQueue(t, admission.Options{Workers: 1, Waiting: 100})}
		s.admitted(t, "late", 1000)
		s.wg.Wait()
		for range 4 {
			s.admitted(t, "busy", 1000)
		}
		time.Sleep(2500 * time.Millisecond) // three of busy have begun
		for range 3 {
			s.admitted(t, "late", 1000)
		}
		s.wg.Wait()
		want := []string{"late", "busy", "busy", "busy", "late", "busy", "late", "late"}
		if diff := cmp.Diff(want, s.served); diff != "" {
			t.Errorf("served (-want +got):\n%s", diff)
		}
	})
}

// When the queue is full, who waits with most makes room for who waits with
// less, and nobody for an equal.
func TestTheHeaviestMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server{queue: newQueue(t, admission.Options{Workers: 1, Waiting: 3})}
		for range 4 {
			s.admitted(t, "many", 1000)
		}
		if r := s.send(t.Context(), "many", 1000); r == nil || r.Reason != admission.ReasonQueue {
			t.Errorf("the fifth of many: %v", r)
		}
		if r := s.send(t.Context(), "few", 1000); r != nil {
			t.Errorf("the first of few: %v", r)
		}
		if r := s.send(t.Context(), "large", 5000); r == nil {
			t.Error("a request larger than what others wait with displaced them")
		}
		s.wg.Wait()
		want := []string{"many", "many refused", "many refused", "large refused", "few", "many", "many"}
		if diff := cmp.Diff(want, s.served); diff != "" {
			t.Errorf("served (-want +got):\n%s", diff)
		}
	})
}

// Once the pace is known, a wait that is too long is refused, and who comes
// back after the time it was told gets in.
func TestRetryAfterIsTrue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server{queue: newQueue(t, admission.Options{Workers: 1, Waiting: 100, Wait: 4 * time.Second})}
		s.admitted(t, "a", 1000)
		s.wg.Wait() // a second for 1000 tokens
		for i := range 5 {
			if r := s.send(t.Context(), "a", 1000); r != nil {
				t.Fatalf("request %d: %v", i, r)
			}
		}
		start := time.Now()
		r := s.send(t.Context(), "a", 1000)
		if r == nil || r.RetryAfter != 5*time.Second || time.Since(start) != 0 {
			t.Fatalf("%v after %v", r, time.Since(start))
		}
		time.Sleep(r.RetryAfter)
		if r := s.send(t.Context(), "a", 1000); r != nil {
			t.Errorf("after the time it was told: %v", r)
		}
		s.wg.Wait()
	})
}

// A request longer than the bound is served when nothing else waits.
func TestAnythingIsServedAtRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server{queue: newQueue(t, admission.Options{Workers: 1, Waiting: 100, Wait: time.Second})}
		s.admitted(t, "a", 1000)
		s.admitted(t, "a", 9000)
		s.wg.Wait()
		if diff := cmp.Diff([]string{"a", "a"}, s.served); diff != "" {
			t.Errorf("served (-want +got):\n%s", diff)
		}
	})
}

// Whoever leaves gives its place back, at work or waiting.
func TestLeaving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, admission.Options{Workers: 1, Waiting: 1, CallerRequests: 2})
		leave, err := q.Enter(t.Context(), "a", 1)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := q.Enter(ctx, "a", 1); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error is %v", err)
			}
			cancel()
		}
		if n := q.Waiting(); n != 0 {
			t.Errorf("%d wait", n)
		}
		leave()
		leave() // once is enough
		again, err := q.Enter(t.Context(), "b", 1)
		if err != nil {
			t.Fatal(err)
		}
		again()
	})
}

// Under any traffic no more are at work than may, and all places come back.
func TestPlacesAreNotLost(t *testing.T) {
	const workers = 3
	q := newQueue(t, admission.Options{Workers: workers, Waiting: 5, Wait: time.Second, CallerRequests: 6, CallerRate: 1e6, CallerBurst: 1000})
	var now, most atomic.Int64
	var wg sync.WaitGroup
	for c := range 8 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(c)))
			for range 200 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.IntN(300))*time.Microsecond)
				leave, err := q.Enter(ctx, string(rune('a'+c%3)), random.Int64N(2000))
				if err == nil {
					n := now.Add(1)
					for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
					}
					time.Sleep(time.Duration(random.IntN(100)) * time.Microsecond)
					now.Add(-1)
					leave()
				}
				cancel()
			}
		})
	}
	wg.Wait()
	if most.Load() > workers || q.Waiting() != 0 {
		t.Errorf("%d at work, %d wait at the end", most.Load(), q.Waiting())
	}
	for range workers {
		if _, err := q.Enter(t.Context(), "z", 1); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []admission.Options{{}, {Workers: 1, Waiting: -1}, {Workers: 1, CallerRate: -1}} {
		if _, err := admission.New(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}
