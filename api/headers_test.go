package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ragprune/ragprune/api"
)

// Every answer, good or bad, carries the headers that keep browsers from
// guessing types, telling addresses and sharing answers across sites.
func TestSecurityHeaders(t *testing.T) {
	h := newHandler(t, api.Options{Pruner: fake{}})
	for _, test := range []struct {
		method, path, body string
		status             int
	}{
		{http.MethodGet, "/", "", 200},
		{http.MethodHead, "/", "", 200},
		{http.MethodGet, "/livez", "", 200},
		{http.MethodGet, "/openapi.json", "", 200},
		{http.MethodGet, "/metrics", "", 200},
		{http.MethodPost, "/prune", smallest, 200},
		{http.MethodPost, "/prune", "{", 400},
		{http.MethodPost, "/v1/rerank", "{", 400},
		{http.MethodGet, "/nothing", "", 404},
		{http.MethodGet, "/prune", "", 405},
	} {
		r := httptest.NewRequestWithContext(t.Context(), test.method, test.path, strings.NewReader(test.body))
		r.Header.Set("Content-Type", "application/json")
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		if rec.Code != test.status {
			t.Errorf("%s %s: status %d, want %d", test.method, test.path, rec.Code, test.status)
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "no-referrer",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Access-Control-Allow-Origin":  "",
		} {
			if got := rec.Header().Get(name); got != want {
				t.Errorf("%s %s: %s is %q, want %q", test.method, test.path, name, got, want)
			}
		}
		page := test.path == "/"
		if got := rec.Header(); page != (got.Get("Permissions-Policy") != "") || page != (got.Get("Content-Security-Policy") != "") {
			t.Errorf("%s %s: policies of the page in %v", test.method, test.path, got)
		}
	}
}
