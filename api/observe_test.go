package api_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/prune"
)

func TestRequestID(t *testing.T) {
	h := newHandler(t, api.Options{Pruner: fake{}})
	for sent, kept := range map[string]bool{
		"abc-DEF_1.2":              true,
		strings.Repeat("a", 128):   true,
		strings.Repeat("a", 129):   false,
		"":                         false,
		"a b":                      false,
		"a\nb":                     false,
		"<script>":                 false,
		"é":                        false,
		"../../etc/passwd":         false,
		`{"level":"error","id":1}`: false,
	} {
		r := httptest.NewRequest(http.MethodGet, "/nothing", nil)
		r.Header.Set("X-Request-Id", sent)
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		got := rec.Header().Get("X-Request-Id")
		if got == "" || (got == sent) != kept {
			t.Errorf("%q became %q", sent, got)
		}
		if !strings.Contains(rec.Body.String(), `"instance":"`+got+`"`) {
			t.Errorf("the problem is not of %q: %s", got, rec.Body)
		}
	}
}

// faulty fails in the way that the query names, with the document in hand.
func faulty(ctx context.Context, r prune.Request) (*prune.Response, error) {
	switch r.Query {
	case "panic":
		panic("cannot do " + *r.Documents[0].Text)
	case "index":
		return &prune.Response{Results: make([]prune.Result, 1)[len(r.Query):]}, nil
	case "error":
		return nil, errors.New("prune: something is broken")
	case "infinite":
		return &prune.Response{Timing: prune.Timing{Total: math.Inf(1)}}, nil
	}
	return fake{}.Prune(ctx, r)
}

// A fault is answered once, logged, counted, and tells the caller nothing.
func TestFaults(t *testing.T) {
	for query, line := range map[string]string{
		"panic":    `"msg":"panic"`,
		"index":    "slice bounds out of range",
		"error":    "something is broken",
		"infinite": `"msg":"internal error"`,
	} {
		t.Run(query, func(t *testing.T) {
			var log bytes.Buffer
			registry := prometheus.NewRegistry()
			url, c := serve(t, api.Options{
				Pruner: pruneFunc(faulty), Registry: registry,
				Logger: slog.New(slog.NewJSONHandler(&log, nil)),
				Limits: api.Limits{Workers: 1, Queue: -1},
			})
			got, body := post(t, c, url, []byte(`{"query": "`+query+`", "documents": ["CONFIDENTIAL"]}`))
			if diff := cmp.Diff(answer{500, "internal", "", ""}, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			for _, leak := range []string{secret, "broken", "goroutine", ".go:", "slice"} {
				if strings.Contains(body, leak) {
					t.Errorf("%q in the answer: %s", leak, body)
				}
			}
			if ok, body := post(t, c, url, []byte(`{"query": "fine", "documents": ["fine"]}`)); ok.Status != http.StatusOK {
				t.Errorf("after the fault: %+v %s", ok, body)
			}
			if !strings.Contains(log.String(), line) || strings.Contains(log.String(), secret) {
				t.Errorf("log without %s, or with the document:\n%s", line, log.String())
			}
			panics := 0.0
			if query == "panic" || query == "index" {
				panics = 1
			}
			if got := value(t, registry, "ragprune_http_panics_total"); got != panics {
				t.Errorf("%v panics counted", got)
			}
		})
	}
}

// value returns the value of a metric without labels.
func value(t *testing.T, g prometheus.Gatherer, name string) float64 {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			m := f.GetMetric()[0]
			return m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}

// net/http's own way to break off is left to net/http.
func TestAbortPasses(t *testing.T) {
	h := newHandler(t, api.Options{Pruner: pruneFunc(func(context.Context, prune.Request) (*prune.Response, error) {
		panic(http.ErrAbortHandler)
	})})
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("recovered %v", err)
		}
	}()
	call(t.Context(), h, smallest)
}

// The log has one line for each request, and nothing of its body or its key.
func TestAccessLog(t *testing.T) {
	var log bytes.Buffer
	url, c := serve(t, api.Options{
		Pruner: fake{},
		Keys:   map[string]string{"tests": "first-key"},
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	post(t, c, url, []byte(`{"query": "CONFIDENTIAL", "documents": ["CONFIDENTIAL"]}`), "X-API-Key", "first-key", "X-Request-Id", "one")
	post(t, c, url, []byte(`{"CONFIDENTIAL": 1}`), "X-API-Key", "first-key", "X-Request-Id", "two")
	post(t, c, url, []byte(smallest), "X-API-Key", "wrong-key", "X-Request-Id", "three")
	for _, path := range []string{"/CONFIDENTIAL%0Ax=1", "/livez", "/metrics"} {
		resp, err := c.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	want := []string{
		"id=one method=POST route=/prune status=200",
		"id=two method=POST route=/prune status=400",
		"id=three method=POST route=/prune status=401",
		"method=GET route=unmatched status=404",
	}
	if len(lines) != len(want) {
		t.Fatalf("%d lines:\n%s", len(lines), log.String())
	}
	for i, w := range want {
		if !strings.Contains(lines[i], w) {
			t.Errorf("line %d is not of %q: %s", i, w, lines[i])
		}
	}
	if !strings.Contains(lines[0], "key=tests") || strings.Contains(lines[2], "key=") {
		t.Errorf("names of keys:\n%s", log.String())
	}
	for _, leak := range []string{secret, "first-key", "wrong-key"} {
		if strings.Contains(log.String(), leak) {
			t.Errorf("%s in the log:\n%s", leak, log.String())
		}
	}
}

// Callers cannot make new series.
func TestMetricsAreBounded(t *testing.T) {
	registry := prometheus.NewRegistry()
	h := newHandler(t, api.Options{Pruner: fake{}, Registry: registry})
	for _, path := range []string{"/a", "/b", "/prune", "/v1/prune", "/prune/x", "/c%00"} {
		for _, method := range []string{"GET", "BREW", "SECRET"} {
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, path, nil))
		}
	}
	call(t.Context(), h, smallest)
	want := `
# HELP ragprune_http_requests_total Requests answered, by route, method and status; 499 is a client that left.
# TYPE ragprune_http_requests_total counter
ragprune_http_requests_total{code="404",method="GET",route="unmatched"} 4
ragprune_http_requests_total{code="405",method="GET",route="unmatched"} 2
ragprune_http_requests_total{code="405",method="other",route="unmatched"} 12
ragprune_http_requests_total{code="200",method="POST",route="/prune"} 1
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "ragprune_http_requests_total"); err != nil {
		t.Error(err)
	}
	if got := value(t, registry, "ragprune_http_requests_in_flight"); got != 0 {
		t.Errorf("%v in flight", got)
	}
	if got := value(t, registry, "ragprune_http_body_bytes_held"); got != 0 {
		t.Errorf("%v bytes held", got)
	}
}

func TestMetricsPage(t *testing.T) {
	url, c := serve(t, api.Options{Pruner: fake{}})
	post(t, c, url, []byte(smallest))
	resp, err := c.Get(url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if want := `ragprune_http_requests_total{code="200",method="POST",route="/prune"} 1`; !strings.Contains(string(body), want) {
		t.Errorf("no %s in\n%s", want, body)
	}
}

// Two handlers cannot count into one registry.
func TestRegistryTwice(t *testing.T) {
	registry := prometheus.NewRegistry()
	newHandler(t, api.Options{Pruner: fake{}, Registry: registry})
	if _, err := api.New(api.Options{Pruner: fake{}, Registry: registry}); err == nil {
		t.Error("no error")
	}
}
