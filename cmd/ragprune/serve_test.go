package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/ragprune/ragprune/api"
)

// collector is an OpenTelemetry collector that keeps what it is sent.
type collector struct {
	mu   sync.Mutex
	data bytes.Buffer
}

func (c *collector) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = io.Copy(&c.data, r.Body)
}

// started is a service in this process, with its two addresses.
type started struct {
	url, operator string
	stop          func() error
	hangups       chan<- os.Signal
}

func startService(t *testing.T, args ...string) started {
	t.Helper()
	var c serveCommand
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	args = append([]string{"--listen=127.0.0.1:0", "--operator-listen=127.0.0.1:0", "--model=../../models/" + bundleName, "--embedder=none"}, args...)
	if _, err := parser.Parse(args); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s, err := newService(ctx, &c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	hangups := make(chan os.Signal)
	go func() { ended <- c.serve(ctx, s, hangups) }()
	return started{
		hangups: hangups,
		url:     "http://" + s.listener.Addr().String(), operator: "http://" + s.operator.listener.Addr().String(),
		stop: func() error { cancel(); return <-ended },
	}
}

func status(t *testing.T, method, url, key string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(`{"query": "who?", "documents": ["Ann did it."]}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-API-Key", key)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// Keys change while the service runs, profiles are on the operator's port and
// nowhere else, and traces reach the collector before the service ends.
func TestServiceInOperation(t *testing.T) {
	var spans collector
	otel := httptest.NewServer(&spans)
	defer otel.Close()
	keys := filepath.Join(t.TempDir(), "keys")
	write := func(line string) {
		if err := os.WriteFile(keys, []byte(line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one:first-key")
	s := startService(t, "--api-keys-file="+keys, "--traces-url="+otel.URL)
	for _, test := range []struct {
		method, url, key string
		want             int
	}{
		{http.MethodPost, s.url + "/prune", "first-key", 200},
		{http.MethodPost, s.url + "/prune", "new-key", 401},
		{http.MethodGet, s.url + "/debug/pprof/", "first-key", 404},
		{http.MethodGet, s.operator + "/debug/pprof/", "", 200},
		{http.MethodGet, s.operator + "/metrics", "", 200},
		{http.MethodPost, s.operator + "/prune", "first-key", 404},
	} {
		if got := status(t, test.method, test.url, test.key); got != test.want {
			t.Errorf("%s %s gives %d, want %d", test.method, test.url, got, test.want)
		}
	}
	write("one:" + api.HashKey("new-key"))
	for end := time.Now().Add(30 * time.Second); status(t, http.MethodPost, s.url+"/prune", "new-key") != http.StatusOK; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the new key is not taken over")
		}
	}
	if got := status(t, http.MethodPost, s.url+"/prune", "first-key"); got != http.StatusUnauthorized {
		t.Errorf("the old key gives %d", got)
	}
	http.DefaultClient.CloseIdleConnections()
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	spans.mu.Lock()
	defer spans.mu.Unlock()
	if got := spans.data.String(); !strings.Contains(got, "POST /prune") || strings.Contains(got, "Ann did it") {
		t.Errorf("the collector has %d bytes, without the request or with its text", len(got))
	}
}
