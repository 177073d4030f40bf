package main

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ragprune/ragprune/cache/redis/redistest"
)

// body of a GET.
func body(t *testing.T, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, resp.Status, err)
	}
	return string(data)
}

// awaitBody waits until the answer has all of the words.
func awaitBody(t *testing.T, url string, words ...string) {
	t.Helper()
	var text string
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		text = body(t, url)
		found := 0
		for _, w := range words {
			if strings.Contains(text, w) {
				found++
			}
		}
		if found == len(words) {
			return
		}
	}
	t.Fatalf("%s has not %q: %s", url, words, text)
}

// The service starts without its Redis, serves, says so, and uses it once it is
// there; what it wrote another service finds.
func TestServiceWithRedis(t *testing.T) {
	if err := redistest.Available(); err != nil {
		if os.Getenv("RAGPRUNE_TEST_REQUIRE") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	server, err := redistest.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	server.Kill()
	s := startService(t, "--redis-url=redis://"+server.Address)
	awaitBody(t, s.url+"/readyz", `"ready"`, `"degraded"`)
	if got := status(t, http.MethodPost, s.url+"/prune", ""); got != http.StatusOK {
		t.Errorf("without Redis the answer is %d", got)
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	awaitBody(t, s.url+"/readyz", `"ready"`, `"ok"`)
	if err := s.stop(); err != nil {
		t.Error(err)
	}

	// Nothing was written while Redis was away. So a second service computes,
	// and a third finds what that one wrote.
	for _, hits := range []string{"0", "1"} {
		again := startService(t, "--redis-url="+server.Address, "--cache-bytes=0", "--redis-timeout=1s")
		if got := status(t, http.MethodPost, again.url+"/prune", ""); got != http.StatusOK {
			t.Errorf("the answer is %d", got)
		}
		awaitBody(t, again.operator+"/metrics", `ragprune_cache_hits_total{tier="redis"} `+hits)
		if err := again.stop(); err != nil {
			t.Error(err)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}
