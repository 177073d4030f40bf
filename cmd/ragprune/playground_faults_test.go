package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// What can go wrong, each before a server of its own, one after the other:
// ONNX Runtime is started once in a process.
func TestPlaygroundFaults(t *testing.T) {
	browser := startBrowser(t)
	t.Run("asks for a key", func(t *testing.T) { asksForKey(t, browser) })
	t.Run("waits for a full server", func(t *testing.T) { waitsForRoom(t, browser) })
	t.Run("tells degraded", func(t *testing.T) { tellsDegraded(t, browser) })
	t.Run("without a server", func(t *testing.T) { withoutServer(t, browser) })
	t.Run("strange answers", func(t *testing.T) { strangeAnswers(t, browser) })
}

// A server with keys asks for one, and the page asks its user.
func asksForKey(t *testing.T, browser context.Context) {
	url, _ := servePlayground(t, "--api-keys=web:secret-of-the-test")
	p := openTab(t, browser, url, 1280, 900)
	p.wait(`!document.getElementById("fault").hidden`)
	if fault := p.text("#fault"); !strings.Contains(fault, "(401)") {
		t.Errorf("without a key: %s", fault)
	}
	if focused := get[string](p, "document.activeElement.id"); focused != "key" {
		t.Errorf("the focus is on %q, not on the field of the key", focused)
	}
	p.fill("#key", "wrong\r")
	p.wait(`document.getElementById("fault").innerText.includes("(401)")`)
	p.fill("#key", "secret-of-the-test\t")
	p.wait(confirmed)
	if code := p.text("#snippet"); strings.Contains(code, "secret-of") || !strings.Contains(code, "$RAGPRUNE_API_KEY") {
		t.Errorf("the code has the key, or no place for it: %s", code)
	}
	if kept := get[string](p, `JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])`); strings.Contains(kept, "secret") {
		t.Errorf("the key is stored: %s", kept)
	}
	p.clean(url)
}

// A server without room says when to come back.
func waitsForRoom(t *testing.T, browser context.Context) {
	url, _ := servePlayground(t, "--concurrency=1", "--queue=0", "--cache-bytes=0")
	p := openTab(t, browser, url, 1280, 900)
	p.wait(confirmed)
	busy, free := context.WithCancel(t.Context())
	defer free()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		occupy(busy, url)
	}()
	waitUntilBusy(t, url)
	get[any](p, `window.told = ""; new MutationObserver(() => {
		window.told += document.getElementById("fault").innerText;
	}).observe(document.getElementById("fault"), {subtree: true, childList: true, attributes: true})`)
	p.click("#go")
	p.wait(`!document.getElementById("fault").hidden`)
	if told := get[string](p, "window.told"); !strings.Contains(told, "(429)") || !strings.Contains(told, "Try again in ") {
		t.Errorf("a full server: %s", told)
	}
	free()
	<-ended
	p.wait(`!document.querySelector("#fault button").disabled`)
	p.click("#fault button")
	p.wait(`document.getElementById("fault").hidden && ` + confirmed)
	p.clean(url)
}

// occupy keeps the only worker of a server busy until ctx ends.
func occupy(ctx context.Context, url string) {
	text := strings.Repeat("The harbour was warmer than the river on that day, says the report. ", 20_000)
	body := fmt.Sprintf(`{"query": "harbour", "documents": [%q]}`, text)
	for ctx.Err() == nil {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/prune", strings.NewReader(body))
		if err != nil {
			return
		}
		if answer, err := http.DefaultClient.Do(request); err == nil {
			answer.Body.Close()
		}
	}
}

// waitUntilBusy returns once another request is refused.
func waitUntilBusy(t *testing.T, url string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		answer, err := http.Post(url+"/prune", "application/json", strings.NewReader(`{"query": "x", "documents": ["x"], "scorer": "bm25"}`))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if answer.StatusCode == http.StatusTooManyRequests {
			return
		}
	}
	t.Fatal("the server never had too much to do")
}

// What was answered by other means than asked for is said, above and beside it.
func tellsDegraded(t *testing.T, browser context.Context) {
	url, _ := servePlayground(t, "--timeout=1ns")
	p := openTab(t, browser, url, 1280, 900)
	p.wait(confirmed)
	if notice := p.text(".notice"); !strings.Contains(notice, "3 documents were answered by bm25 instead of label (deadline)") {
		t.Errorf("the notice is %q", notice)
	}
	if badge := p.text(".document .badge"); !strings.Contains(badge, "answered by bm25") {
		t.Errorf("the badge is %q", badge)
	}
	// A threshold of the model is not one of the scorer that stepped in.
	before := get[string](p, keptUnits)
	p.set(".lane input[type=range]", "0.9")
	estimate := get[string](p, keptUnits)
	p.wait(confirmed)
	if truth := get[string](p, keptUnits); truth != estimate || estimate != before {
		t.Errorf("the page kept\n%s, then\n%s, the server\n%s", before, estimate, truth)
	}
	p.clean(url)
}

// A server that went away is no end of the page, nor of what was typed.
func withoutServer(t *testing.T, browser context.Context) {
	url, stop := servePlayground(t)
	p := openTab(t, browser, url, 1280, 900)
	p.wait(confirmed)
	p.fill("#query", "Is anybody there?")
	stop()
	p.click("#go")
	p.wait(`!document.getElementById("fault").hidden`)
	if fault := p.text("#fault"); !strings.Contains(fault, "cannot be reached") || !strings.Contains(fault, "Try again") {
		t.Errorf("without a server: %s", fault)
	}
	p.set(".lane input[type=range]", "0.9")
	p.wait(`document.querySelector(".state").classList.contains("failed")`)
	if query := get[string](p, `document.getElementById("query").value`); query != "Is anybody there?" {
		t.Errorf("the query is %q", query)
	}
	if get[int](p, `document.querySelectorAll(".unit").length`) == 0 {
		t.Error("the last answer is gone")
	}
	p.clean(url)
}

// What a server or something before it may answer beside what ours does now.
func strangeAnswers(t *testing.T, browser context.Context) {
	address, _ := servePlayground(t)
	home, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(home)
	var answer atomic.Pointer[http.HandlerFunc] // to /prune; nil: that of the service
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if instead := answer.Load(); instead != nil && r.URL.Path == "/prune" {
			(*instead)(w, r)
			return
		}
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	p := openTab(t, browser, s.URL, 1280, 900)
	p.wait(confirmed)
	for _, test := range []struct {
		status int
		body   string
		want   string
	}{
		{422, `{"title": "The request breaks a rule", "status": 422, "errors": [{"pointer": "/documents/1/text", "code": "x", "message": "is <b>too</b> old"}]}`, "/documents/1/text is <b>too</b> old Document 2"},
		{502, "<html><script>window.hacked = 1</script>Bad gateway</html>", "The answer is not JSON (502)"},
		{503, `{"title": "The server is about to stop", "detail": "Another one takes over."}`, "Another one takes over."},
		{200, "", "The answer is not JSON"},
	} {
		answer.Store(new(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(test.status)
			_, _ = io.WriteString(w, test.body)
		})))
		p.click("#go")
		p.wait(`document.getElementById("fault").innerText.replace(/\s+/g, " ").includes(` + strconv.Quote(test.want) + `)`)
		if test.status == 422 {
			p.click("#fault li button")
			if focused := get[string](p, "document.activeElement.ariaLabel"); focused != "Text of document 2" {
				t.Errorf("the button leads to %q", focused)
			}
		}
		expectHarmless(p)
	}
	answer.Store(nil)
	p.click("#fault button")
	p.wait(`document.getElementById("fault").hidden && ` + confirmed)
	p.clean(s.URL)
}
