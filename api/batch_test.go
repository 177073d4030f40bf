package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/prune"
)

// outcomes sends a batch without a network and returns what became of its items:
// the model of the answer, or the code of the problem.
func outcomes(t *testing.T, h http.Handler, body string) []string {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/prune/batch", strings.NewReader(body)))
	var answer struct {
		Items []struct {
			Index   int
			Answer  *struct{ Model string }
			Problem *struct{ Code string }
		}
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil || rec.Code != http.StatusOK {
		t.Fatalf("status %d, %v in %s", rec.Code, err, rec.Body)
	}
	var out []string
	for i, item := range answer.Items {
		switch {
		case item.Index != i || (item.Answer == nil) == (item.Problem == nil):
			t.Fatalf("item %d is %+v", i, item)
		case item.Answer != nil:
			out = append(out, item.Answer.Model)
		default:
			out = append(out, item.Problem.Code)
		}
	}
	return out
}

// items is a batch of n small requests.
func items(n int) string {
	return `{"items": [` + strings.Repeat(smallest+",", n-1) + smallest + `]}`
}

// sleeping answers as "ok" after d.
func sleeping(d time.Duration) api.Pruner {
	return pruneFunc(func(ctx context.Context, r prune.Request) (*prune.Response, error) {
		if _, err := sleeper(d).Prune(ctx, r); err != nil {
			return nil, err
		}
		return &prune.Response{Model: "ok"}, nil
	})
}

// A field of an item stands in place of the shared one.
func TestBatchOptions(t *testing.T) {
	h := newHandler(t, api.Options{Pruner: pruneFunc(func(_ context.Context, r prune.Request) (*prune.Response, error) {
		threshold := "-"
		if r.Threshold != nil {
			threshold = fmt.Sprint(*r.Threshold)
		}
		return &prune.Response{Model: fmt.Sprintf("%s %s %s %d %d %v", r.Query, r.Preset, threshold, r.TopN, r.Keep.Around, r.Keep.Patterns)}, nil
	})})
	const options = `{"preset": "safe", "top_n": 3, "keep": {"around": 1, "patterns": ["a", "b"]}}`
	for item, want := range map[string]string{
		`{"query": "q", "documents": ["x"]}`:                           "q safe - 3 1 [a b]",
		`{"query": "q", "documents": ["x"], "top_n": null}`:            "q safe - 3 1 [a b]",
		`{"top_n": 5, "query": "q", "documents": ["x"]}`:               "q safe - 5 1 [a b]",
		`{"query": "q", "documents": ["x"], "threshold": 0.5}`:         "q  0.5 3 1 [a b]",
		`{"query": "q", "documents": ["x"], "keep": {"patterns": []}}`: "q safe - 3 0 []",
		`{"query": "q", "documents": ["x"], "to\u0070_n": 6}`:          "q safe - 6 1 [a b]",
		`{}`:  "  - 0 0 []",
		`[]`:  "invalid_body",
		`" "`: "invalid_body",
		`{"query": "q", "documents": ["x"], "top_n": "many"}`:                     "invalid_body",
		`{"query": "q", "documents": ["x"], "preset": "safe", "threshold": null}`: "q safe - 3 1 [a b]",
	} {
		if item == `{}` { // which has the shared fields alone
			want = " safe - 3 1 [a b]"
		}
		got := outcomes(t, h, `{"options": `+options+`, "items": [ `+item+` ]}`)
		if diff := cmp.Diff([]string{want}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", item, diff)
		}
	}
}

func TestBatchesThatAreRefused(t *testing.T) {
	url, c := serve(t, api.Options{Pruner: fake{}, Limits: api.Limits{BodyBytes: 1 << 20}})
	for body, want := range map[string]struct {
		status int
		part   string
	}{
		``:                              {400, `"empty_body"`},
		`{"items": [`:                   {400, `"invalid_json"`},
		`{"items": [{"a":1,"a":2}]}`:    {400, `"duplicate_name"`},
		`{"items": {}}`:                 {400, `"/items"`},
		`{"queries": []}`:               {400, `"unknown_field"`},
		`{"options": 3, "items": [{}]}`: {400, `"/options"`},
		`{"options": {"granularity": -5, "x": 1}, "items": [{}]}`: {400, `"/options/x"`},
		`{"options": {}}`: {422, `"/items"`},
		items(1001):       {422, `"too_many"`},
		`{"items": [{"query": "` + strings.Repeat("x", 1<<20) + `"}]}`: {413, `"body_too_large"`},
	} {
		for _, accept := range []string{"", ndjson} {
			resp := sendTo(t, c, url+"/prune/batch", accept, body)
			got := new(strings.Builder)
			if err := resp.Write(got); err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != want.status || !strings.Contains(got.String(), want.part) {
				t.Errorf("%.60s gives %d, want %d with %s: %s", body, resp.StatusCode, want.status, want.part, got)
			}
		}
	}
}

// One item that panics or fails costs itself alone.
func TestBatchItemsStandAlone(t *testing.T) {
	h := newHandler(t, api.Options{Pruner: pruneFunc(func(ctx context.Context, r prune.Request) (*prune.Response, error) {
		switch r.Query {
		case "panic":
			panic("a fault")
		case "slow":
			<-ctx.Done()
			return nil, ctx.Err()
		case "bad":
			return nil, &prune.InvalidError{Fields: []prune.FieldError{{Pointer: "/query", Code: "x", Message: "is bad"}}}
		}
		return &prune.Response{Model: "ok"}, nil
	}), Limits: api.Limits{Timeout: 50 * time.Millisecond}})
	body := `{"items": [{"query": "panic", "documents": ["a"]}, {"query": "slow", "documents": ["a"]}, {"query": "bad", "documents": ["a"]}, ` + smallest + `]}`
	if diff := cmp.Diff([]string{"internal", "timeout", "invalid_request", "ok"}, outcomes(t, h, body)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// Items take half of the places at most, and wait where the queue is full.
func TestBatchLeavesPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		h := newHandler(t, api.Options{Pruner: pruneFunc(func(ctx context.Context, r prune.Request) (*prune.Response, error) {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			return sleeping(time.Second).Prune(ctx, r)
		}), Limits: api.Limits{Workers: 4, Queue: -1}})
		results := make(chan []string)
		go func() { results <- outcomes(t, h, items(6)) }()
		synctest.Wait()
		for range 2 {
			go call(t.Context(), h, smallest)
		}
		synctest.Wait()
		if rec := call(t.Context(), h, smallest); rec.Code != http.StatusTooManyRequests {
			t.Errorf("status %d beside a batch and two requests", rec.Code)
		}
		if diff := cmp.Diff([]string{"ok", "ok", "ok", "ok", "ok", "ok"}, <-results); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
		if most.Load() != 4 {
			t.Errorf("%d at once", most.Load())
		}
	})
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, api.Options{Pruner: sleeping(2 * time.Second), Limits: api.Limits{Workers: 1, Queue: -1}})
		go call(t.Context(), h, smallest)
		synctest.Wait()
		start := time.Now()
		if diff := cmp.Diff([]string{"ok", "ok"}, outcomes(t, h, items(2))); diff != "" {
			t.Errorf("behind another request (-want +got):\n%s", diff)
		}
		if took := time.Since(start); took < 6*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// What a batch has no time for, and what a stopping server has not begun, is told
// in its place.
func TestBatchEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, api.Options{Pruner: sleeping(2 * time.Second), Limits: api.Limits{Workers: 1, BatchTimeout: 3 * time.Second}})
		if diff := cmp.Diff([]string{"ok", "timeout", "timeout"}, outcomes(t, h, items(3))); diff != "" {
			t.Errorf("out of time (-want +got):\n%s", diff)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, api.Options{Pruner: sleeping(2 * time.Second), Limits: api.Limits{Workers: 1}})
		results := make(chan []string)
		go func() { results <- outcomes(t, h, items(3)) }()
		time.Sleep(time.Second)
		h.Drain()
		if diff := cmp.Diff([]string{"ok", "draining", "draining"}, <-results); diff != "" {
			t.Errorf("about to stop (-want +got):\n%s", diff)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, api.Options{Pruner: sleeping(time.Hour), Limits: api.Limits{Workers: 1}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequestWithContext(ctx, http.MethodPost, "/prune/batch", strings.NewReader(items(3))))
		if rec.Code != 499 {
			t.Errorf("status %d for nobody", rec.Code)
		}
	})
}

// A batch may take longer than the server gives to other requests.
func TestBatchOutlastsTheServer(t *testing.T) {
	url, c := bare(t, api.Options{Pruner: sleeping(200 * time.Millisecond), Limits: api.Limits{Workers: 1}},
		api.Timeouts{Body: 100 * time.Millisecond, Answer: 300 * time.Millisecond})
	for _, accept := range []string{"", ndjson} {
		resp := sendTo(t, c, url+"/prune/batch", accept, items(3))
		lines := readLines(t, resp.Body)
		if want := map[string]int{"": 1, ndjson: 4}[accept]; len(lines) != want || resp.StatusCode != http.StatusOK {
			t.Errorf("%q: status %d, lines %v", accept, resp.StatusCode, lines)
		}
		if strings.Contains(fmt.Sprint(lines), "problem") {
			t.Errorf("%q: %v", accept, lines)
		}
	}
}
