package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/prune"
)

// streamFunc is a Streamer for one test.
type streamFunc func(ctx context.Context, r prune.Request, tell func(prune.Event)) (*prune.Response, error)

func (f streamFunc) Prune(ctx context.Context, r prune.Request) (*prune.Response, error) {
	return f(ctx, r, func(prune.Event) {})
}

func (f streamFunc) Stream(ctx context.Context, r prune.Request, tell func(prune.Event)) (*prune.Response, error) {
	return f(ctx, r, tell)
}

// sendTo sends body to url and asks for accept.
func sendTo(t *testing.T, c *http.Client, url, accept, body string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// readLines reads an answer in lines.
func readLines(t *testing.T, body io.Reader) []map[string]any {
	t.Helper()
	var out []map[string]any
	for dec := json.NewDecoder(body); ; {
		var line map[string]any
		err := dec.Decode(&line)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, line)
	}
}

func TestWhoGetsLines(t *testing.T) {
	url, c := serve(t, api.Options{Pruner: fake{}})
	for accept, lines := range map[string]bool{
		"":                                      false,
		"*/*":                                   false,
		"application/*":                         false,
		"text/html":                             false,
		"application/json":                      false,
		"application/x-ndjson":                  true,
		"Application/X-NDJSON":                  true,
		"application/x-ndjson; charset=utf-8":   true,
		"application/x-ndjson, */*":             true,
		"application/x-ndjson;q=0.5, */*;q=0.1": true,
		"application/x-ndjson;q=0.5, */*":       false,
		"application/x-ndjson;q=0.5, application/*;q=0.5":  true,
		"application/json, application/x-ndjson":           false,
		"application/json;q=0.9, application/x-ndjson":     true,
		"application/x-ndjson;q=0":                         false,
		"application/x-ndjson;q=2":                         false,
		"application/x-ndjson;q=x, application/json;q=0.1": false,
		"a/b;=, application/x-ndjson":                      true,
	} {
		resp := sendTo(t, c, url+"/prune", accept, smallest)
		want := "application/json"
		if lines {
			want = ndjson
		}
		if got := resp.Header.Get("Content-Type"); got != want {
			t.Errorf("Accept: %s gives %s", accept, got)
		}
		if !slices.Contains(resp.Header.Values("Vary"), "Accept") {
			t.Errorf("Accept: %s gives Vary %q", accept, resp.Header.Values("Vary"))
		}
		if lines != (resp.Header.Get("Server-Timing") == "") {
			t.Errorf("Accept: %s gives Server-Timing %q", accept, resp.Header.Get("Server-Timing"))
		}
	}
}

// bare starts a server whose answers are not read before they are complete.
func bare(t *testing.T, o api.Options, timeouts api.Timeouts) (string, *http.Client) {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	s.Config = api.NewServer("", newHandler(t, o), timeouts, nil)
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, s.Client()
}

// A line arrives before the next one is there, compressed or not.
func TestLinesAreSentAtOnce(t *testing.T) {
	read := make(chan struct{})
	url, c := bare(t, api.Options{Pruner: streamFunc(func(_ context.Context, _ prune.Request, tell func(prune.Event)) (*prune.Response, error) {
		for i := range 3 {
			tell(prune.Event{Done: i, Documents: 3})
			<-read
		}
		return &prune.Response{}, nil
	})}, api.Timeouts{})
	resp := sendTo(t, c, url+"/prune", ndjson, smallest)
	in := bufio.NewScanner(resp.Body)
	for i := range 3 {
		if !in.Scan() || in.Text() != fmt.Sprintf(`{"type":"progress","done":%d,"documents":3}`, i) {
			t.Fatalf("line %d is %s", i, in.Text())
		}
		read <- struct{}{}
	}
	if !in.Scan() || !strings.HasPrefix(in.Text(), `{"type":"end","done":1,"documents":1,"warnings":[],`) || in.Scan() {
		t.Errorf("the end is %s", in.Text())
	}
}

// What goes wrong before the first line has a status; later it is the last line,
// and the status in the metrics.
func TestStreamsThatFail(t *testing.T) {
	fault := map[string]func() error{
		"timeout":     func() error { return &prune.UnavailableError{Reason: prune.ReasonDeadline, Err: errors.New("secret")} },
		"unavailable": func() error { return &prune.UnavailableError{Reason: prune.ReasonModel, Err: errors.New("secret")} },
		"internal":    func() error { panic("secret") },
	}
	url, c := serve(t, api.Options{Pruner: streamFunc(func(_ context.Context, r prune.Request, tell func(prune.Event)) (*prune.Response, error) {
		if r.Explain {
			tell(prune.Event{Documents: 1})
		}
		return nil, fault[r.Query]()
	})})
	for code := range fault {
		body := `{"query": "` + code + `", "documents": ["b"], "explain": `
		status := api.Code(code).Status()
		early := sendTo(t, c, url+"/prune", ndjson, body+"false}")
		if early.StatusCode != status || early.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: status %d, %s", code, early.StatusCode, early.Header.Get("Content-Type"))
		}
		late := sendTo(t, c, url+"/prune", ndjson, body+"true}")
		if late.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", code, late.StatusCode)
		}
		lines := readLines(t, late.Body)
		last := lines[len(lines)-1]
		problem, _ := last["problem"].(map[string]any)
		if len(lines) != 2 || last["type"] != "error" || problem["code"] != code || problem["instance"] != late.Header.Get("X-Request-Id") {
			t.Errorf("%s: lines %v", code, lines)
		}
		if strings.Contains(fmt.Sprint(lines), "secret") {
			t.Errorf("%s: tells what is for the log: %v", code, lines)
		}
		_, metrics := get(t, c, url+"/metrics")
		if want := fmt.Sprintf(`ragprune_http_requests_total{code="%d",method="POST",route="/prune"} `, status); !strings.Contains(metrics, want) {
			t.Errorf("no %s", want)
		}
	}
}

// Who leaves a stream stops the work.
func TestStreamToNobody(t *testing.T) {
	ended := make(chan error)
	url, c := bare(t, api.Options{Pruner: streamFunc(func(ctx context.Context, _ prune.Request, tell func(prune.Event)) (*prune.Response, error) {
		tell(prune.Event{Documents: 1})
		<-ctx.Done()
		ended <- ctx.Err()
		return nil, ctx.Err()
	})}, api.Timeouts{})
	resp := sendTo(t, c, url+"/prune", ndjson, smallest)
	if _, err := resp.Body.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}

// Who does not read holds no place at work.
func TestSlowReaderHoldsNoPlace(t *testing.T) {
	large := prune.Result{Text: strings.Repeat("x", 1<<20)}
	worked := make(chan struct{}, 2)
	url, c := bare(t, api.Options{
		Pruner: streamFunc(func(_ context.Context, _ prune.Request, tell func(prune.Event)) (*prune.Response, error) {
			for range 32 {
				tell(prune.Event{Result: &large})
			}
			worked <- struct{}{}
			return &prune.Response{}, nil
		}),
		Limits: api.Limits{Workers: 1, Queue: -1},
	}, api.Timeouts{})
	resp := sendTo(t, c, url+"/prune", ndjson, smallest)
	<-worked
	for deadline := time.Now().Add(10 * time.Second); ; {
		if sendTo(t, c, url+"/prune", "", smallest).StatusCode == http.StatusOK {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no place is free")
		}
	}
	if n := len(readLines(t, resp.Body)); n != 33 {
		t.Errorf("%d lines", n)
	}
}

// randomBody is a request of which each rule may join documents.
func randomBody(r *rand.Rand) map[string]any {
	words := strings.Fields("paris france capital museum river banana yellow")
	sentence := func() string {
		s := make([]string, 1+r.IntN(8))
		for i := range s {
			s[i] = words[r.IntN(len(words))]
		}
		return strings.ToUpper(s[0][:1]) + strings.Join(s, " ")[1:] + "."
	}
	documents := make([]any, 1+r.IntN(8))
	for i := range documents {
		documents[i] = sentence() + " " + sentence()
	}
	body := map[string]any{"query": sentence(), "documents": documents, "explain": r.IntN(2) == 0}
	maps.Copy(body, []map[string]any{
		{},
		{},
		{"max_tokens": 1 + r.IntN(40)},
		{"top_n": 1 + r.IntN(3)},
		{"order": "score"},
		{"min_score": r.Float64()},
		{"granularity": "auto"},
		{"format": "html"},
		{"on_empty": "best"},
	}[r.IntN(9)])
	return body
}

// The results of an answer in lines are those of the answer in one piece.
func TestLinesEqualJSON(t *testing.T) {
	p, err := prune.New(prune.Options{Counter: wordCounter{}})
	if err != nil {
		t.Fatal(err)
	}
	url, c := serve(t, api.Options{Pruner: p})
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		sent := randomBody(r)
		body, err := json.Marshal(sent)
		if err != nil {
			t.Fatal(err)
		}
		var want map[string]any
		if err := json.NewDecoder(sendTo(t, c, url+"/prune", "application/json", string(body)).Body).Decode(&want); err != nil {
			t.Fatal(err)
		}
		lines := readLines(t, sendTo(t, c, url+"/prune", ndjson, string(body)).Body)
		got := lines[len(lines)-1]
		results := []any{}
		for _, line := range lines {
			if line["type"] == "result" {
				results = append(results, line["result"])
			}
		}
		if sent["order"] == nil {
			slices.SortFunc(results, func(a, b any) int {
				return int(a.(map[string]any)["index"].(float64) - b.(map[string]any)["index"].(float64))
			})
		}
		got["results"] = results
		for _, name := range []string{"type", "done", "documents"} {
			delete(got, name)
		}
		delete(got, "timing_ms")
		delete(want, "timing_ms")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d, %s (-json +lines):\n%s", seed, body, diff)
		}
	}
}

// wordCounter counts words.
type wordCounter struct{}

func (wordCounter) Count(text string) int { return len(strings.Fields(text)) }
