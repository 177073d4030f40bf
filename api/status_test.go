package api_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ragprune/ragprune/api"
)

// get returns status and body of a path.
func get(t *testing.T, c *http.Client, url string) (int, string) {
	t.Helper()
	resp, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestReady(t *testing.T) {
	loading := errors.New("loading /models/ragprune-small")
	works, engine := true, true
	h := newHandler(t, api.Options{
		Pruner: fake{}, Ready: func() error { return loading }, CacheWorks: func() bool { return works }, EngineWorks: func() bool { return engine },
	})
	s := httptest.NewServer(h)
	defer s.Close()
	check := newContract(t)
	c := &http.Client{Transport: check}
	expect := func(path string, status int, word string) {
		t.Helper()
		got, body := get(t, c, s.URL+path)
		if got != status || !strings.Contains(body, `"`+word+`"`) || strings.Contains(body, "models") {
			t.Errorf("%s gives %d, want %d with %s: %s", path, got, status, word, body)
		}
	}
	expect("/livez", 200, "alive")
	expect("/readyz", 503, "not_ready")
	expect("/health", 503, "not_ready")
	loading = nil
	expect("/readyz", 200, "ready")
	expect("/health", 200, "ready")
	expect("/readyz", 200, "ok")
	works = false
	expect("/readyz", 200, `cache":"degraded","engine":"ok`)
	works, engine = true, false
	expect("/readyz", 200, `cache":"ok","engine":"degraded`)
	h.Drain()
	expect("/readyz", 503, "draining")
	expect("/health", 503, "draining")
	expect("/livez", 200, "alive")
	if got, body := post(t, c, s.URL, []byte(smallest)); got.Status != http.StatusOK {
		t.Errorf("a request while draining: %s", body)
	}
}

func TestMethods(t *testing.T) {
	url, c := serve(t, api.Options{Pruner: fake{}})
	for _, test := range []struct{ method, path, allow string }{
		{"GET", "/prune", "POST"},
		{"HEAD", "/prune", "POST"},
		{"PUT", "/v1/prune", "POST"},
		{"OPTIONS", "/prune", "POST"},
		{"TRACE", "/prune", "POST"},
		{"POST", "/info", "GET, HEAD"},
		{"DELETE", "/", "GET, HEAD"},
		{"BREW", "/livez", "GET, HEAD"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), test.method, url+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		allow := strings.Join(resp.Header.Values("Allow"), ", ")
		if resp.StatusCode != http.StatusMethodNotAllowed || allow != test.allow {
			t.Errorf("%s %s gives %d, Allow %q", test.method, test.path, resp.StatusCode, allow)
		}
	}
}

func TestHead(t *testing.T) {
	url, c := serve(t, api.Options{Pruner: fake{}})
	for _, path := range []string{"/", "/livez", "/readyz", "/info", "/openapi.yaml"} {
		resp, err := c.Head(url + path)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != http.StatusOK {
			t.Errorf("HEAD %s gives %d", path, resp.StatusCode)
		}
	}
}

// Long answers are compressed for who can read that, short ones never.
func TestCompression(t *testing.T) {
	url, c := serve(t, api.Options{Pruner: fake{}})
	for _, test := range []struct{ path, accept, want string }{
		{"/openapi.json", "gzip", "gzip"},
		{"/openapi.json", "br, gzip;q=0.5", "gzip"},
		{"/openapi.json", "gzip;q=0", ""},
		{"/openapi.json", "identity", ""},
		{"/", "gzip", "gzip"},
		{"/livez", "gzip", ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", test.accept)
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if got := resp.Header.Get("Content-Encoding"); got != test.want {
			t.Errorf("%s for %q comes as %q", test.path, test.accept, got)
		}
	}
}

// The page asks nobody else for anything, and its policy says so.
func TestPlayground(t *testing.T) {
	url, c := serve(t, api.Options{Pruner: fake{}})
	resp, err := c.Get(url + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(`(src|href|url\()\s*=?\s*["']?(https?:)?//[^"')]*`).Find(page); m != nil {
		t.Errorf("the page refers to %s", m)
	}
	if m := regexp.MustCompile(`<[^>]+\s(style|on[a-z]+)=`).Find(page); m != nil {
		t.Errorf("the policy forbids %s", m)
	}
	policy := resp.Header.Get("Content-Security-Policy")
	want := regexp.MustCompile(`^default-src 'none'; script-src 'sha256-[^']+'; style-src( 'sha256-[^']+')+; img-src data:; .*connect-src 'self'`)
	if !want.MatchString(policy) || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
}

func TestOptionsValidate(t *testing.T) {
	for name, test := range map[string]struct {
		options api.Options
		want    string // part of the error, empty for none
	}{
		"smallest":     {api.Options{Pruner: fake{}}, ""},
		"nothing":      {api.Options{}, "Pruner"},
		"empty key":    {api.Options{Pruner: fake{}, Keys: map[string]string{"a": ""}}, `Keys["a"]`},
		"line end":     {api.Options{Pruner: fake{}, Keys: map[string]string{"a": "key\n"}}, `Keys["a"]`},
		"nameless key": {api.Options{Pruner: fake{}, Keys: map[string]string{"": "key"}}, "no name"},
		"same keys":    {api.Options{Pruner: fake{}, Keys: map[string]string{"a": "key", "b": "key"}}, `Keys["a"] and ["b"]`},
		"body":         {api.Options{Pruner: fake{}, Limits: api.Limits{BodyBytes: -1}}, "BodyBytes"},
		"held":         {api.Options{Pruner: fake{}, Limits: api.Limits{BodyBytes: 10, HeldBytes: 9}}, "HeldBytes"},
		"workers":      {api.Options{Pruner: fake{}, Limits: api.Limits{Workers: -1}}, "Workers"},
		"timeout":      {api.Options{Pruner: fake{}, Limits: api.Limits{Timeout: -1}}, "Timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := api.New(test.options)
			if test.want == "" {
				if err != nil || h == nil {
					t.Errorf("error %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one about %s", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), `"key"`) {
				t.Errorf("the error quotes a key: %v", err)
			}
		})
	}
}

func TestNewServerBoundsEveryTime(t *testing.T) {
	s := api.NewServer("127.0.0.1:0", http.NotFoundHandler(), api.Timeouts{}, nil)
	for name, d := range map[string]time.Duration{
		"header": s.ReadHeaderTimeout, "body": s.ReadTimeout, "answer": s.WriteTimeout, "idle": s.IdleTimeout,
	} {
		if d <= 0 {
			t.Errorf("%s is not bounded", name)
		}
	}
	if s.WriteTimeout <= s.ReadTimeout+time.Minute {
		t.Errorf("an answer may take %v, less than reading and Limits.Timeout", s.WriteTimeout)
	}
	s = api.NewServer("127.0.0.1:0", http.NotFoundHandler(), api.Timeouts{Header: 1, Body: 2, Answer: 3, Idle: 4}, slog.New(slog.DiscardHandler))
	if s.ReadHeaderTimeout != 1 || s.ReadTimeout != 2 || s.WriteTimeout != 3 || s.IdleTimeout != 4 {
		t.Errorf("%+v", s)
	}
}
