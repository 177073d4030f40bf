package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/prune"
)

func TestKeys(t *testing.T) {
	var seen prune.Request
	url, c := serve(t, api.Options{
		Keys: map[string]string{"one": "first-key", "two": "second-key"},
		Pruner: pruneFunc(func(_ context.Context, r prune.Request) (*prune.Response, error) {
			seen = r
			return &prune.Response{}, nil
		}),
	})
	namespaces := make(map[string]string)
	for _, test := range []struct {
		header, value string
		want          int
	}{
		{"X-API-Key", "first-key", 200},
		{"X-API-Key", "second-key", 200},
		{"Authorization", "Bearer first-key", 200},
		{"Authorization", "bearer  second-key ", 200},
		{"Authorization", "Basic first-key", 401},
		{"Authorization", "first-key", 401},
		{"Authorization", "Bearer", 401},
		{"Authorization", "Bearer ", 401},
		{"X-API-Key", "", 401},
		{"X-API-Key", "First-Key", 401},
		{"X-API-Key", "first-ke", 401},
		{"X-API-Key", "first-key1", 401},
		{"X-API-Key", "one", 401},
	} {
		seen = prune.Request{}
		got, body := post(t, c, url, []byte(smallest), test.header, test.value)
		if got.Status != test.want {
			t.Errorf("%s: %q gives %d, want %d", test.header, test.value, got.Status, test.want)
		}
		if strings.Contains(body, "-key") {
			t.Errorf("a key in %s", body)
		}
		if test.want == http.StatusOK {
			_, key, _ := strings.Cut(" "+strings.TrimSpace(strings.ReplaceAll(test.value, "  ", " ")), " ")
			key = strings.TrimPrefix(strings.TrimPrefix(key, "Bearer "), "bearer ")
			if before, ok := namespaces[key]; ok && before != seen.Namespace {
				t.Errorf("key %q has namespaces %q and %q", key, before, seen.Namespace)
			}
			namespaces[key] = seen.Namespace
			if seen.Namespace == "" || strings.Contains(seen.Namespace, "key") {
				t.Errorf("namespace %q", seen.Namespace)
			}
		}
	}
	if len(namespaces) != 2 || namespaces["first-key"] == namespaces["second-key"] {
		t.Errorf("namespaces %v", namespaces)
	}
}

// Which paths are open is part of the promise.
func TestOpenPaths(t *testing.T) {
	url, c := serve(t, api.Options{Pruner: fake{}, Keys: map[string]string{"one": "first-key"}})
	for path, want := range map[string]int{
		"/": 200, "/livez": 200, "/readyz": 200, "/health": 200, "/openapi.yaml": 200, "/openapi.json": 200,
		"/info": 401, "/metrics": 401, "/nothing": 404,
	} {
		resp, err := c.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != want {
			t.Errorf("%s gives %d, want %d", path, resp.StatusCode, want)
		}
	}
}

// Without keys everyone may call, and what looks like a key is ignored.
func TestNoKeys(t *testing.T) {
	url, c := serve(t, api.Options{Pruner: fake{}})
	if got, _ := post(t, c, url, []byte(smallest), "Authorization", "Bearer "); got.Status != http.StatusOK {
		t.Errorf("%+v", got)
	}
}

// A wrong key is refused before a byte of the body is read.
func TestKeyBeforeBody(t *testing.T) {
	h := newHandler(t, api.Options{Pruner: refuse(t), Keys: map[string]string{"one": "first-key"}})
	body := &untouched{t: t}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/prune", body))
	if rec.Code != http.StatusUnauthorized {
		t.Errorf("status %d", rec.Code)
	}
}

type untouched struct{ t *testing.T }

func (u *untouched) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, http.ErrBodyReadAfterClose
}

// statusOf asks for /info with a key.
func statusOf(h http.Handler, key string) int {
	r := httptest.NewRequest(http.MethodGet, "/info", nil)
	r.Header.Set("X-API-Key", key)
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec.Code
}

// Keys are replaced while the server runs, and may be given as hashes.
func TestKeysAreReplaced(t *testing.T) {
	h := newHandler(t, api.Options{Pruner: fake{}, Keys: map[string]string{"one": "first-key"}})
	if err := h.SetKeys(map[string]string{"one": api.HashKey("new-key"), "two": "second-key"}); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, key := range []string{"first-key", "new-key", "second-key", api.HashKey("new-key")} {
		got[key] = statusOf(h, key)
	}
	want := map[string]int{"first-key": 401, "new-key": 200, "second-key": 200, api.HashKey("new-key"): 401}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
	for name, keys := range map[string]map[string]string{
		"none": {}, "empty": {"one": ""}, "same": {"one": "a", "two": api.HashKey("a")}, "short hash": {"one": "sha256:abc"},
	} {
		if err := h.SetKeys(keys); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if statusOf(h, "new-key") != http.StatusOK {
		t.Error("keys that were refused changed something")
	}
	if err := newHandler(t, api.Options{Pruner: fake{}}).SetKeys(map[string]string{"one": "first-key"}); err == nil {
		t.Error("an open server was closed on the way")
	}
}

func TestManyKeys(t *testing.T) {
	keys := make(map[string]string)
	for i := range 1000 {
		keys[strconv.Itoa(i)] = api.HashKey("secret-" + strconv.Itoa(i))
	}
	h := newHandler(t, api.Options{Pruner: fake{}, Keys: keys})
	if first, last, none := statusOf(h, "secret-0"), statusOf(h, "secret-999"), statusOf(h, "secret-1000"); first != 200 || last != 200 || none != 401 {
		t.Errorf("statuses %d, %d, %d", first, last, none)
	}
}
