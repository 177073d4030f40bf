package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// newEngineServer speaks the protocol of serving engines: every token is worth
// keeping.
func newEngineServer(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	for _, path := range []string{"/v2/health/ready", "/v2/models/ragprune-small/ready"} {
		mux.HandleFunc("GET "+path, func(http.ResponseWriter, *http.Request) {})
	}
	mux.HandleFunc("GET /v2", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"name": "fake"}`) })
	mux.HandleFunc("GET /v2/models/ragprune-small", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"inputs": [{"name": "input_ids", "datatype": "INT64"}, {"name": "attention_mask", "datatype": "INT64"},
			{"name": "token_type_ids", "datatype": "INT64"}],
			"outputs": [{"name": "keep_logits", "datatype": "FP32"}, {"name": "rank_logit", "datatype": "FP32"}]}`)
	})
	mux.HandleFunc("POST /v2/models/ragprune-small/infer", func(w http.ResponseWriter, r *http.Request) {
		var request struct{ Inputs []struct{ Data []int64 } }
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		keep := make([]float32, len(request.Inputs[0].Data))
		for i := range keep {
			keep[i] = 4
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"outputs": []map[string]any{
			{"name": "keep_logits", "datatype": "FP32", "shape": []int{1, len(keep)}, "data": keep},
			{"name": "rank_logit", "datatype": "FP32", "shape": []int{1}, "data": []int{3}},
		}})
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// fetch returns the status and the body of an answer.
func fetch(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

const whoDidIt = `{"query": "who?", "documents": ["Ann did it. The weather is fine."]}`

// The engine scores while it is there; without it the fallback answers, and
// probes and metrics say so.
func TestServiceWithAnEngine(t *testing.T) {
	engine := newEngineServer(t)
	s := startService(t, "--remote="+engine.URL, "--cache-bytes=0")
	expect := func(method, path, body string, status int, words ...string) {
		t.Helper()
		got, answer := fetch(t, method, s.url+path, body)
		if strings.HasPrefix(path, "/metrics") {
			got, answer = fetch(t, method, s.operator+path, "")
		}
		for _, word := range words {
			if got != status || !strings.Contains(answer, word) {
				t.Errorf("%s answers %d, want %d with %q: %s", path, got, status, word, answer)
			}
		}
	}
	expect("POST", "/prune", whoDidIt, 200, `"degraded":null`, "The weather is fine.", `"logit":3`)
	expect("POST", "/v1/openprovence", `{"question": "who?", "context": "Ann did it."}`, 200, "Ann did it.")
	expect("GET", "/readyz", "", 200, `"engine":"ok"`)
	expect("GET", "/metrics", "", 200, `ragprune_engine_up{endpoint="`+engine.URL+`",model="ragprune-small@1.2.0"} 1`)
	engine.Close()
	for range 3 {
		expect("POST", "/prune", whoDidIt, 200, `"reason":"model_error"`, `"used":"bm25"`)
	}
	expect("GET", "/readyz", "", 200, `"engine":"degraded"`)
	expect("GET", "/metrics", "", 200, `ragprune_engine_up{endpoint="`+engine.URL+`",model="ragprune-small@1.2.0"} 0`,
		`ragprune_engine_requests_total{endpoint="`+engine.URL+`",model="ragprune-small@1.2.0",outcome="failed"} 3`)
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

// With no fallback a service without its engine is not ready.
func TestServiceWithAnEngineAndNoFallback(t *testing.T) {
	engine := newEngineServer(t)
	s := startService(t, "--remote="+engine.URL, "--fallback=none", "--cache-bytes=0")
	if got, body := fetch(t, "GET", s.url+"/readyz", ""); got != http.StatusOK {
		t.Errorf("with the engine /readyz answers %d: %s", got, body)
	}
	engine.Close()
	start := time.Now()
	for range 3 {
		if got, body := fetch(t, "POST", s.url+"/prune", whoDidIt); got != http.StatusServiceUnavailable {
			t.Errorf("answer %d: %s", got, body)
		}
	}
	if got, body := fetch(t, "GET", s.url+"/readyz", ""); got != http.StatusServiceUnavailable {
		t.Errorf("without the engine /readyz answers %d: %s", got, body)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("a dead engine took %v", took)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}
