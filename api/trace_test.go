package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/prune"
)

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// traced serves one request below a span of its caller, with a pruner that
// traces as well, and returns the spans by name.
func traced(t *testing.T, registry *prometheus.Registry, query string) (h *api.Handler, spans map[string]tracetest.SpanStub) {
	t.Helper()
	exporter := tracetest.NewInMemoryExporter()
	tracers := sdk.NewTracerProvider(sdk.WithSyncer(exporter))
	p, err := prune.New(prune.Options{Counter: bytesCounter{}, Tracers: tracers})
	if err != nil {
		t.Fatal(err)
	}
	h = newHandler(t, api.Options{Pruner: p, Registry: registry, Tracers: tracers})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/prune",
		strings.NewReader(`{"query": "`+query+`", "documents": ["CONFIDENTIAL words"]}`))
	r.Header.Set("Traceparent", parent)
	r.Header.Set("X-Request-Id", "one")
	h.ServeHTTP(httptest.NewRecorder(), r)
	spans = make(map[string]tracetest.SpanStub)
	for _, s := range exporter.GetSpans() {
		spans[s.Name] = s
	}
	return h, spans
}

// bytesCounter takes every byte for a token.
type bytesCounter struct{}

func (bytesCounter) Count(text string) int { return len(text) }

// A request is a span below that of its caller, its stages are spans below it,
// and none holds a word of it.
func TestTraces(t *testing.T) {
	_, spans := traced(t, prometheus.NewRegistry(), "CONFIDENTIAL question")
	request, ok := spans["POST /prune"]
	if !ok {
		t.Fatalf("spans: %v", spans)
	}
	if got := request.Parent.TraceID().String(); !strings.Contains(parent, got) {
		t.Errorf("the request belongs to trace %s", got)
	}
	got := map[string]string{}
	for _, a := range request.Attributes {
		got[string(a.Key)] = a.Value.String()
	}
	want := map[string]string{
		"http.request.method": "POST", "http.route": "/prune", "http.response.status_code": "200", "ragprune.request_id": "one",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	for _, stage := range []string{"parse", "cache", "score", "decide", "render"} {
		if spans[stage].Parent.SpanID() != request.SpanContext.SpanID() {
			t.Errorf("the stage %s is not below its request", stage)
		}
	}
	for name, s := range spans {
		for _, a := range s.Attributes {
			if strings.Contains(a.Value.String(), "CONFIDENTIAL") {
				t.Errorf("span %s holds a text in %s", name, a.Key)
			}
		}
	}
}

// Who reads OpenMetrics finds from a slow request to its trace.
func TestExemplars(t *testing.T) {
	h, _ := traced(t, prometheus.NewRegistry(), "words")
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
	r.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	if want := `# {trace_id="0af7651916cd43dd8448eb211c80319c"}`; !strings.Contains(rec.Body.String(), want) {
		t.Errorf("no exemplar %s in\n%s", want, rec.Body)
	}
}

// The operator's port needs no key and has nothing of the service.
func TestOperator(t *testing.T) {
	h := newHandler(t, api.Options{Pruner: fake{}, Keys: map[string]string{"one": "first-key"}})
	got := make(map[string]int)
	for _, path := range []string{"/metrics", "/livez", "/readyz", "/info", "/prune", "/"} {
		rec := httptest.NewRecorder()
		h.Operator().ServeHTTP(rec, httptest.NewRequestWithContext(context.Background(), http.MethodGet, path, nil))
		got[path] = rec.Code
	}
	want := map[string]int{"/metrics": 200, "/livez": 200, "/readyz": 200, "/info": 404, "/prune": 404, "/": 404}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
}
