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

func postMessages(t *testing.T, c *http.Client, url, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/prune/messages", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return do(t, c, r)
}

// Over the wire, too, the messages keep every byte outside their context.
func TestMessagesKeepTheirBytes(t *testing.T) {
	url, c := serve(t, api.Options{Pruner: realPruner(t, prune.Limits{})})
	before := "[ {\"role\" : \"system\",\t\"x\":[1.0, 1e2,\"\\/\"], \"content\":\"\\u003ccontext>\\n The tower is 330 metres high."
	after := "\\n</context>\\u00e9\"} ,\r\n{\"role\":\"user\",\"content\":\"How high is the tower?\"}\n]"
	status, got := postMessages(t, c, url, `{"messages":`+before+" Cows give milk."+after+`}`)
	if want := `{"messages":` + before + after + `,"pieces":[{`; status != http.StatusOK || !strings.HasPrefix(got, want) {
		t.Errorf("%d\n got %s\nwant %s", status, got, want)
	}
}

// Bodies that are no request, and those that break a rule of the pruner.
func TestBadMessages(t *testing.T) {
	user := `{"role": "user", "content": "CONFIDENTIAL <context>CONFIDENTIAL</context><context>b</context>"}`
	for name, test := range map[string]struct {
		body   string
		status int
		want   string // in the answer
	}{
		"empty":          {``, 400, `"empty_body"`},
		"not JSON":       {`{"messages": [CONFIDENTIAL]}`, 400, `"invalid_json"`},
		"unknown field":  {`{"messages": [` + user + `], "threshold": 0.1}`, 400, `"pointer":"/threshold","code":"unknown_field"`},
		"twice":          {`{"messages": [{"role": "user", "x": 1, "x": 2}]}`, 400, `"duplicate_name"`},
		"deep":           {`{"messages": [{"role": "user", "x": ` + strings.Repeat("[", 80) + strings.Repeat("]", 80) + `}]}`, 400, `"pointer":"/messages","code":"depth"`},
		"very deep":      {`{"messages": [{"role": "user", "x": ` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}]}`, 400, `"code":"depth"`},
		"no messages":    {`{}`, 422, `"pointer":"/messages","code":"required"`},
		"blank query":    {`{"messages": [` + user + `], "query": " "}`, 422, `"pointer":"/query","code":"required"`},
		"documents":      {`{"messages": [` + user + `], "prune": {"documents": []}}`, 422, `"pointer":"/prune/documents","code":"unknown_field"`},
		"no such scorer": {`{"messages": [` + user + `], "prune": {"scorer": "embed"}}`, 422, `"pointer":"/prune/scorer","code":"scorer_unavailable"`},
		"too many":       {`{"messages": [` + user + `]}`, 422, `"pointer":"/messages","code":"too_many","message":"context must have at most 1 documents; the setting RAGPRUNE_MAX_DOCUMENTS`},
	} {
		t.Run(name, func(t *testing.T) {
			url, c := serve(t, api.Options{Pruner: realPruner(t, prune.Limits{Documents: 1})})
			status, got := postMessages(t, c, url, test.body)
			if status != test.status || !strings.Contains(got, test.want) || strings.Contains(got, secret) {
				t.Errorf("%d %s, want %d with %s", status, got, test.status, test.want)
			}
		})
	}
}
