package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/prune"
)

const smallest = `{"query": "a", "documents": ["b"]}`

// call serves one prune request without a network.
func call(ctx context.Context, h http.Handler, body string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(ctx, http.MethodPost, "/prune", strings.NewReader(body)))
	return rec
}

// newHandler fails the test if o is refused.
func newHandler(t *testing.T, o api.Options) *api.Handler {
	t.Helper()
	h, err := api.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// sleeper takes d for every request.
func sleeper(d time.Duration) api.Pruner {
	return pruneFunc(func(ctx context.Context, _ prune.Request) (*prune.Response, error) {
		select {
		case <-time.After(d):
			return &prune.Response{}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	})
}

// One works, two wait, the fourth is refused at once and told how long.
func TestAdmissionRefusesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, api.Options{Pruner: sleeper(4 * time.Second), Limits: api.Limits{Workers: 1, Queue: 2}})
		call(t.Context(), h, smallest) // so that the queue knows the time of one
		statuses := make(chan int, 3)
		for range 3 {
			go func() { statuses <- call(t.Context(), h, smallest).Code }()
		}
		synctest.Wait()
		start := time.Now()
		rec := call(t.Context(), h, smallest)
		if rec.Code != http.StatusTooManyRequests || time.Since(start) != 0 {
			t.Errorf("status %d after %v", rec.Code, time.Since(start))
		}
		// Two of 4 s wait, and this one would be the third.
		if got := rec.Header().Get("Retry-After"); got != "12" {
			t.Errorf("Retry-After %s", got)
		}
		got := []int{<-statuses, <-statuses, <-statuses}
		if diff := cmp.Diff([]int{200, 200, 200}, got); diff != "" {
			t.Errorf("the admitted (-want +got):\n%s", diff)
		}
		if rec := call(t.Context(), h, smallest); rec.Code != http.StatusOK {
			t.Errorf("status %d once the queue is empty", rec.Code)
		}
	})
}

func TestAdmissionWithoutQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, api.Options{Pruner: sleeper(time.Second), Limits: api.Limits{Workers: 1, Queue: -1}})
		go call(t.Context(), h, smallest)
		synctest.Wait()
		if rec := call(t.Context(), h, smallest); rec.Code != http.StatusTooManyRequests {
			t.Errorf("status %d", rec.Code)
		}
	})
}

// The wait is in the timing, and is taken from the time of the caller. Whose
// time is over in the queue gets the cheap answer, and does not wait on.
func TestAdmissionCountsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lefts := make(chan int, 3)
		h := newHandler(t, api.Options{
			Limits: api.Limits{Workers: 1},
			Pruner: pruneFunc(func(_ context.Context, r prune.Request) (*prune.Response, error) {
				lefts <- r.TimeoutMS
				took := time.Duration(min(300, r.TimeoutMS)) * time.Millisecond
				time.Sleep(took)
				return &prune.Response{Timing: prune.Timing{Total: float64(took.Milliseconds())}}, nil
			}),
		})
		answers := make(chan string, 3)
		for range 3 {
			go func() {
				answers <- call(t.Context(), h, `{"query": "a", "documents": ["b"], "timeout_ms": 500}`).Body.String()
			}()
			synctest.Wait()
		}
		for _, want := range []struct{ queue, total string }{
			{`"queue":0,`, `"total":300`}, {`"queue":300,`, `"total":500`}, {`"queue":500,`, `"total":501`},
		} {
			answer := <-answers
			if !strings.Contains(answer, want.queue) || !strings.Contains(answer, want.total) {
				t.Errorf("no %s and %s in %s", want.queue, want.total, answer)
			}
		}
		left := []int{<-lefts, <-lefts, <-lefts}
		slices.SortFunc(left, func(a, b int) int { return b - a })
		if diff := cmp.Diff([]int{500, 200, 1}, left); diff != "" {
			t.Errorf("time left (-want +got):\n%s", diff)
		}
	})
}

// A key is held to its own limits; others are not concerned.
func TestLimitsOfAKey(t *testing.T) {
	tests := map[string]struct {
		limits     api.Limits
		retryAfter string
	}{
		"rate":        {api.Limits{Workers: 9, KeyRate: 0.5, KeyBurst: 2}, "2"},
		"concurrency": {api.Limits{Workers: 9, KeyRequests: 2}, "1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHandler(t, api.Options{Pruner: sleeper(time.Second), Keys: map[string]string{"a": "key-a", "b": "key-b"}, Limits: test.limits})
				send := func(key string) *httptest.ResponseRecorder {
					rec := httptest.NewRecorder()
					r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/prune", strings.NewReader(smallest))
					r.Header.Set("X-API-Key", key)
					h.ServeHTTP(rec, r)
					return rec
				}
				for range 2 {
					go send("key-a")
				}
				synctest.Wait()
				rec := send("key-a")
				if rec.Code != http.StatusTooManyRequests || !strings.Contains(rec.Body.String(), "rate_limited") {
					t.Errorf("status %d, %s", rec.Code, rec.Body)
				}
				if got := rec.Header().Get("Retry-After"); got != test.retryAfter {
					t.Errorf("Retry-After %s, want %s", got, test.retryAfter)
				}
				if rec := send("key-b"); rec.Code != http.StatusOK {
					t.Errorf("status %d for another key", rec.Code)
				}
			})
		})
	}
}

// Time is bounded from the end of the body on, at work and in the queue.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, api.Options{Pruner: sleeper(time.Hour), Limits: api.Limits{Workers: 1, Timeout: 3 * time.Second}})
		recs := make(chan *httptest.ResponseRecorder, 2)
		start := time.Now()
		for range 2 {
			go func() { recs <- call(t.Context(), h, smallest) }()
		}
		for range 2 {
			rec := <-recs
			if rec.Code != http.StatusServiceUnavailable || !strings.Contains(rec.Body.String(), `"timeout"`) || rec.Header().Get("Retry-After") == "" {
				t.Errorf("status %d, %s", rec.Code, rec.Body)
			}
		}
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// Who left is not answered, and leaves the queue.
func TestClientGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, api.Options{Pruner: sleeper(time.Hour), Limits: api.Limits{Workers: 1, Queue: 1}})
		recs := make(chan *httptest.ResponseRecorder, 2)
		ctx, cancel := context.WithCancel(t.Context())
		for range 2 {
			go func() { recs <- call(ctx, h, smallest) }()
		}
		synctest.Wait()
		if rec := call(t.Context(), h, smallest); rec.Code != http.StatusTooManyRequests {
			t.Fatalf("status %d", rec.Code)
		}
		cancel()
		for range 2 {
			if rec := <-recs; rec.Code != 499 || rec.Body.Len() != 0 {
				t.Errorf("status %d, body %s", rec.Code, rec.Body)
			}
		}
		ctx, cancel = context.WithCancel(t.Context())
		go func() { recs <- call(ctx, h, smallest) }()
		go func() { recs <- call(ctx, h, smallest) }()
		synctest.Wait()
		cancel()
		for range 2 {
			if rec := <-recs; rec.Code != 499 {
				t.Errorf("status %d: places were not given back", rec.Code)
			}
		}
	})
}

// A body that is still on its way holds no place.
func TestSlowBodiesHoldNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, api.Options{Pruner: fake{}, Limits: api.Limits{Workers: 1, Queue: -1}})
		release := make(chan struct{})
		done := make(chan int)
		for range 3 {
			go func() {
				rec := httptest.NewRecorder()
				h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/prune", &slow{release: release, rest: strings.NewReader(smallest)}))
				done <- rec.Code
			}()
		}
		synctest.Wait()
		if rec := call(t.Context(), h, smallest); rec.Code != http.StatusOK {
			t.Errorf("status %d while others send", rec.Code)
		}
		for range 3 {
			release <- struct{}{}
			if code := <-done; code != http.StatusOK {
				t.Errorf("status %d", code)
			}
		}
	})
}

// slow gives nothing before it is released.
type slow struct {
	release  chan struct{}
	released bool
	rest     *strings.Reader
}

func (s *slow) Read(p []byte) (int, error) {
	if !s.released {
		<-s.release
		s.released = true
	}
	return s.rest.Read(p)
}

// The bytes of all bodies together are bounded, and are given back.
func TestHeldBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, api.Options{
			Pruner: sleeper(time.Second),
			Limits: api.Limits{BodyBytes: 64 << 10, HeldBytes: 100 << 10},
		})
		large := strings.Repeat(" ", 60<<10) + smallest
		first := make(chan int)
		for range 2 {
			go func() { first <- call(t.Context(), h, large).Code }()
			synctest.Wait()
		}
		if code := <-first; code != http.StatusTooManyRequests {
			t.Errorf("status %d for the second large body", code)
		}
		if rec := call(t.Context(), h, smallest); rec.Code != http.StatusOK {
			t.Errorf("status %d for a small body", rec.Code)
		}
		if code := <-first; code != http.StatusOK {
			t.Errorf("status %d for the first large body", code)
		}
		for range 10 {
			if rec := call(t.Context(), h, large); rec.Code != http.StatusOK {
				t.Fatalf("status %d: bytes were not given back", rec.Code)
			}
			if rec := call(t.Context(), h, large+strings.Repeat(" ", 64<<10)); rec.Code != http.StatusRequestEntityTooLarge {
				t.Fatalf("status %d for a body over the limit", rec.Code)
			}
		}
	})
}
