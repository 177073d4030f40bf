package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/alecthomas/kong"
)

// canary is a word that stands in every document, query and bad body of
// TestNoTextLeaks. Names of unknown fields are no text: errors point at them.
const canary = "zqcanaryx"

// journal keeps what is logged.
type journal struct {
	mu   sync.Mutex
	data bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.data.Write(p)
}

// canaryBodies are good and bad requests, with the route they go to.
var canaryBodies = []struct{ path, kind, body string }{
	{"/prune", jsonBody, `{"query": "who is CANARY?", "documents": ["Ann is CANARY. Bob is not.", {"title": "CANARY", "html": "<p class=CANARY>CANARY<script>CANARY"}]}`},
	{"/v1/prune", jsonBody, `{"query": "CANARY", "documents": [{"id": "CANARY", "text": "CANARY", "metadata": {"CANARY": 1}}]}`},
	{"/v1/rerank", jsonBody, `{"query": "CANARY", "documents": ["CANARY", "other"]}`},
	{"/v2/rerank", jsonBody, `{"query": "CANARY", "documents": ["CANARY"]}`},
	{"/rerank", jsonBody, `{"query": "CANARY", "texts": ["CANARY"]}`},
	{"/v1/openprovence", jsonBody, `{"question": "CANARY", "context": "CANARY."}`},
	{"/prune", jsonBody, `{"query": "CANARY", "documents": ["CANARY`},
	{"/prune", jsonBody, `{"query": "CANARY", "other": "CANARY", "documents": ["CANARY"]}`},
	{"/prune", jsonBody, `{"query": "CANARY", "documents": "CANARY"}`},
	{"/prune", jsonBody, `{"query": "CANARY", "documents": ["CANARY"], "threshold": "CANARY"}`},
	{"/prune", jsonBody, `{"query": "CANARY", "documents": []}`},
	{"/prune", jsonBody, "CANARY \xff\x00"},
	{"/prune", jsonBody, "{\"query\": \"CANARY\", \"documents\": [\"\xff CANARY\"]}"},
	{"/prune", "text/plain", "CANARY"},
	{"/v1/rerank", jsonBody, `{"query": "CANARY", "documents": [7, "CANARY"]}`},
	{"/CANARY?q=CANARY", jsonBody, "CANARY"},
}

const jsonBody = "application/json"

// No word of a document or query is in the log, the metrics or the traces of
// the service at the level info, whatever is asked.
func TestNoTextLeaks(t *testing.T) {
	var spans collector
	otel := httptest.NewServer(&spans)
	defer otel.Close()
	var c serveCommand
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{
		"--listen=127.0.0.1:0", "--operator-listen=127.0.0.1:0", "--model=../../models/" + bundleName,
		"--embedder=none", "--traces-url=" + otel.URL,
	}); err != nil {
		t.Fatal(err)
	}
	var log journal
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	s, err := newService(ctx, &c, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.serve(ctx, s, nil) }()
	url := "http://" + s.listener.Addr().String()
	for _, b := range canaryBodies {
		post(t, url+strings.ReplaceAll(b.path, "CANARY", canary), b.kind, strings.ReplaceAll(b.body, "CANARY", canary))
	}
	resp, err := http.Get(url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	http.DefaultClient.CloseIdleConnections()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	spans.mu.Lock()
	defer spans.mu.Unlock()
	for name, data := range map[string][]byte{"log": log.data.Bytes(), "metrics": metrics, "traces": spans.data.Bytes()} {
		if !bytes.Contains(data, []byte("prune")) {
			t.Errorf("the %s say nothing of the requests: %d bytes", name, len(data))
		}
		if i := bytes.Index(data, []byte(canary)); i >= 0 {
			t.Errorf("text in the %s: %q", name, data[max(0, i-200):min(len(data), i+50)])
		}
	}
}

func post(t *testing.T, url, kind, body string) {
	t.Helper()
	resp, err := http.Post(url, kind, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode >= http.StatusInternalServerError {
		t.Errorf("%s with %q gives %d: %s", url, body, resp.StatusCode, answer)
	}
	if resp.StatusCode != http.StatusOK && bytes.Contains(answer, []byte(canary)) {
		t.Errorf("%s with %q tells text in its error: %s", url, body, answer)
	}
}
