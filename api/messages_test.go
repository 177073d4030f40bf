package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/prune"
)

// firstWord keeps the first word of every document, for a caller with a name.
func firstWord(t *testing.T) api.Pruner {
	return pruneFunc(func(_ context.Context, r prune.Request) (*prune.Response, error) {
		if r.Namespace != "tests" || r.Query != "How high is it?" {
			t.Errorf("namespace %q, query %q", r.Namespace, r.Query)
		}
		resp := &prune.Response{Model: "fake@1"}
		for i, d := range r.Documents {
			word, _, _ := strings.Cut(*d.Text, " ")
			resp.Results = append(resp.Results, prune.Result{
				Index: i, Text: word, Format: "text", Kept: []prune.Kept{{Start: 0, End: len(word)}}, Tokens: prune.Tokens{Before: 4, After: 1},
			})
		}
		return resp, nil
	})
}

func sendMessages(t *testing.T, path, body string) (status int, answer string) {
	t.Helper()
	h := newHandler(t, api.Options{Pruner: firstWord(t), Keys: map[string]string{"tests": "a-key"}})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("X-API-Key", "a-key")
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec.Code, rec.Body.String()
}

// What is not context comes back byte for byte, white space and escapes included.
func TestMessages(t *testing.T) {
	const before, after = `[ {"role":"user", "x":1.0,"content":"<context>`, `</context> How high is \u0069t?"} ]`
	for _, path := range []string{"/prune/messages", "/v1/prune/messages"} {
		status, answer := sendMessages(t, path, `{"messages": `+before+`Tower of Paris`+after+`}`)
		if want := `{"messages":` + before + "Tower" + after + `,"pieces":[`; status != http.StatusOK || !strings.HasPrefix(answer, want) {
			t.Errorf("%s: status %d, %s, want %s", path, status, answer, want)
		}
	}
}

func TestMessagesWithoutContext(t *testing.T) {
	status, answer := sendMessages(t, "/prune/messages", `{"messages": [{"role": "user", "content": "How high is it?"}]}`)
	if status != http.StatusOK || !strings.Contains(answer, `[{"role": "user", "content": "How high is it?"}]`) || !strings.Contains(answer, "no_context") {
		t.Errorf("status %d, %s", status, answer)
	}
}

func TestMessagesRefused(t *testing.T) {
	for name, test := range map[string]struct {
		body, pointer string
		status        int
	}{
		"no question":   {`{"messages": [{"role": "user", "content": "<context>a</context>"}]}`, `"/messages"`, 422},
		"none":          {`{"messages": []}`, `"/messages"`, 422},
		"no list":       {`{"messages": "a"}`, `"/messages"`, 400},
		"unknown field": {`{"messages": [], "documents": []}`, `"/documents"`, 400},
		"said already":  {`{"messages": [{"role": "user", "content": "How high is it?"}], "prune": {"query": "a"}}`, `"/prune/query"`, 422},
		"empty mark":    {`{"messages": [{"role": "user", "content": "How high is it?"}], "context": {"marks": [{"start": "", "end": "a"}]}}`, `"/context/marks/0/start"`, 422},
		"empty tool":    {`{"messages": [{"role": "user", "content": "How high is it?"}], "context": {"tools": ["a", null]}}`, `"/context/tools/1"`, 422},
		"empty body":    {``, "", 400},
	} {
		status, answer := sendMessages(t, "/prune/messages", test.body)
		if status != test.status || !strings.Contains(answer, test.pointer) {
			t.Errorf("%s: status %d, %s", name, status, answer)
		}
	}
}
