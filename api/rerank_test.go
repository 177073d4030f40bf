package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/prune"
)

// The files of testdata/rerank hold what clients of rerankers send: recorded
// from the Python packages, or as the source of a host builds it. The limit is
// low so that the files stay short.
func TestRerankExchanges(t *testing.T) {
	goldens(t, "testdata/rerank/*.http", api.Options{
		Pruner: realPruner(t, prune.Limits{Documents: 20}),
		Keys:   map[string]string{"tests": "a-key-for-tests"},
	})
}

// Without keys whatever stands in Authorization is ignored.
func TestRerankWithoutKeys(t *testing.T) {
	url, c := serve(t, api.Options{Pruner: realPruner(t, prune.Limits{})})
	for _, header := range []string{"", "Bearer", "Bearer ", "Bearer None", "Bearer sk-123", "Basic Og=="} {
		status, body := postRerank(t, c, url+"/rerank", `{"query": "q", "documents": ["a"]}`, "Authorization", header)
		if status != http.StatusOK {
			t.Errorf("Authorization %q gives %d: %s", header, status, body)
		}
	}
}

func postRerank(t testing.TB, c *http.Client, url, body string, header ...string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return do(t, c, r)
}

// ranked is what all clients read.
type ranked struct {
	Results []struct {
		Index    int
		Score    float64 `json:"relevance_score"`
		Document *struct{ Text string }
	}
}

func rankedOf(t testing.TB, c *http.Client, url, body string) ranked {
	t.Helper()
	status, answer := postRerank(t, c, url, body)
	if status != http.StatusOK {
		t.Fatalf("status %d: %s", status, answer)
	}
	var got ranked
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// Every document comes back once, by falling score, with the score it has in
// the answer of /prune.
func TestRerankScoresAsPrune(t *testing.T) {
	url, c := serve(t, api.Options{Pruner: realPruner(t, prune.Limits{})})
	documents := `["Cows give milk.", "The tower is 330 metres high.", "", "A tower. High cows.", "How high is the tower?"]`
	for _, model := range []string{"", "any", "any:prune"} {
		got := rankedOf(t, c, url+"/v2/rerank", `{"model": "`+model+`", "query": "How high is the tower?", "documents": `+documents+`}`)
		want := results(t, c, url, strings.Trim(documents, "[]"))
		var indexes []int
		for i, r := range got.Results {
			indexes = append(indexes, r.Index)
			if r.Score != want[r.Index].Score {
				t.Errorf("document %d has score %v, for /prune %v", r.Index, r.Score, want[r.Index].Score)
			}
			if i > 0 && r.Score > got.Results[i-1].Score {
				t.Errorf("result %d is better than the one before", i)
			}
		}
		slices.Sort(indexes)
		if diff := cmp.Diff([]int{0, 1, 2, 3, 4}, indexes); diff != "" {
			t.Errorf("indexes (-want +got):\n%s", diff)
		}
	}
}

// The texts are those of /prune where pruning was asked for, and those of the
// request otherwise.
func TestRerankTexts(t *testing.T) {
	url, c := serve(t, api.Options{Pruner: realPruner(t, prune.Limits{})})
	const text = "The tower is 330 metres high. Cows give milk."
	for name, test := range map[string]struct{ fields, want string }{
		"nothing said":     {`"model": "any"`, text},
		"suffix":           {`"model": "any:prune"`, "The tower is 330 metres high."},
		"suffix alone":     {`"model": ":prune"`, "The tower is 330 metres high."},
		"suffix, preset":   {`"model": "any:prune:balanced"`, "The tower is 330 metres high."},
		"other suffix":     {`"model": "any:pruned"`, text},
		"prune":            {`"prune": true`, "The tower is 330 metres high."},
		"prune in words":   {`"prune": "True"`, "The tower is 330 metres high."},
		"prune 1":          {`"prune": 1`, "The tower is 330 metres high."},
		"prune {}":         {`"prune": {}`, "The tower is 330 metres high."},
		"prune null":       {`"prune": null, "model": "any"`, text},
		"prune off":        {`"prune": false, "model": "any:prune"`, text},
		"threshold of 1":   {`"prune": {"threshold": 1}`, ""},
		"on_empty":         {`"prune": {"threshold": 1, "on_empty": "original"}`, text},
		"documents wanted": {`"return_documents": "TRUE"`, text},
	} {
		t.Run(name, func(t *testing.T) {
			got := rankedOf(t, c, url+"/v1/rerank", `{"query": "How high is the tower?", "documents": ["`+text+`"], `+test.fields+`}`)
			if d := got.Results[0].Document; d == nil || d.Text != test.want {
				t.Errorf("document is %+v, want %q", d, test.want)
			}
		})
	}
}

func TestRerankTopN(t *testing.T) {
	url, c := serve(t, api.Options{Pruner: realPruner(t, prune.Limits{})})
	for fields, want := range map[string]int{
		`"x": 0`:                         3,
		`"top_n": null`:                  3,
		`"top_n": 0`:                     3,
		`"top_n": 2`:                     2,
		`"top_n": 2.0`:                   2,
		`"top_n": 3`:                     3,
		`"top_n": 99`:                    3,
		`"top_n": 99999999999999999999`:  3,
		`"top_n": 1e300`:                 3,
		`"top_k": 1`:                     1,
		`"top_n": 2, "top_k": 1`:         2,
		`"top_n": 0, "top_k": 1`:         1,
		`"top_n": null, "top_k": null`:   3,
		`"return_documents": "false"`:    3,
		`"top_n": 1, "top_n": 2`:         2, // the last of two goes, as in most languages
		`"documents": ["a"], "top_n": 3`: 1,
	} {
		got := rankedOf(t, c, url+"/rerank", `{"query": "b", "documents": ["a", "b", "c"], `+fields+`}`)
		if len(got.Results) != want {
			t.Errorf("%s gives %d results, want %d", fields, len(got.Results), want)
		}
	}
}

// What cannot be read is refused with the place, in words that hold nothing of
// the body.
func TestRerankRefuses(t *testing.T) {
	url, c := serve(t, api.Options{Pruner: refuse(t), Limits: api.Limits{BodyBytes: 1 << 20}})
	for body, want := range map[string]answer{
		``:                                  {400, "empty_body", "", ""},
		`CONFIDENTIAL`:                      {400, "invalid_json", "", "syntax"},
		`["CONFIDENTIAL"]`:                  {400, "invalid_body", "", "type"},
		`{"query": ["CONFIDENTIAL"]}`:       {400, "invalid_body", "/query", "type"},
		`{"documents": "CONFIDENTIAL"}`:     {400, "invalid_body", "/documents", "type"},
		`{"documents": {"a": 1}}`:           {400, "invalid_body", "/documents", "type"},
		`{"documents": ["a", 7]}`:           {400, "invalid_body", "/documents/1", "type"},
		`{"documents": [["CONFIDENTIAL"]]}`: {400, "invalid_body", "/documents/0", "type"},
		`{"documents": [{"text": "a`:        {400, "invalid_json", "/documents/0/text", "syntax"},
		`{"top_n": "CONFIDENTIAL"}`:         {400, "invalid_body", "/top_n", "type"},
		`{"top_n": 1.5}`:                    {400, "invalid_body", "/top_n", "type"},
		`{"top_n": -1}`:                     {422, "invalid_request", "/top_n", "out_of_range"},
		`{"top_k": -1e999}`:                 {422, "invalid_request", "/top_k", "out_of_range"},
		`{"return_documents": "maybe"}`:     {400, "invalid_body", "/return_documents", "type"},
		`{"raw_scores": 2}`:                 {400, "invalid_body", "/raw_scores", "type"},
		`{"raw_scores": []}`:                {400, "invalid_body", "/raw_scores", "type"},
		`{"prune": "CONFIDENTIAL"}`:         {400, "invalid_body", "/prune", "type"},
		`{"prune": []}`:                     {400, "invalid_body", "/prune", "type"},
		`{"prune": {"treshold": 1}}`:        {400, "invalid_body", "/prune/treshold", "unknown_field"},
		`{"prune": {"threshold": "1"}}`:     {400, "invalid_body", "/prune/threshold", "type"},
		`{"prune": {"top_n": 1}}`:           {422, "invalid_request", "/prune/top_n", "unknown_field"},
		`{"prune": {"documents": []}}`:      {422, "invalid_request", "/prune/documents", "unknown_field"},
		`{"x": ` + strings.Repeat(`[`, 9e5): {400, "invalid_body", "/x/0/0/0", "depth"},
	} {
		for _, path := range []string{"/rerank", "/v1/rerank", "/v2/rerank"} {
			got, text := refused(t, c, url+path, body)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s %.60s (-want +got):\n%s%.300s", path, body, diff, text)
			}
			if strings.Contains(text, secret) || strings.Contains(text, "json:") {
				t.Errorf("%s %.60s is quoted: %.300s", path, body, text)
			}
		}
	}
}

// refused returns what matters of an error, which must be in all the places
// where clients look for it.
func refused(t *testing.T, c *http.Client, url, body string) (a answer, text string) {
	t.Helper()
	status, text := postRerank(t, c, url, body)
	var p struct {
		Code            string
		Message, Detail string
		Error           struct{ Message string }
		Errors          []struct{ Pointer, Code string }
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatalf("%v in %.200s", err, text)
	}
	if p.Message == "" || p.Detail != p.Message || p.Error.Message != p.Message {
		t.Errorf("texts differ: %.500s", text)
	}
	a = answer{Status: status, Code: p.Code}
	if len(p.Errors) > 0 {
		a.Pointer, a.Field = p.Errors[0].Pointer, p.Errors[0].Code
	}
	return a, text
}

// 10,000 documents are refused with the limit and its setting.
func TestRerankTooMany(t *testing.T) {
	url, c := serve(t, api.Options{Pruner: realPruner(t, prune.Limits{})})
	many := `["a"` + strings.Repeat(`, "a"`, 9_999) + `]`
	for path, want := range map[string]int{
		"/v1/rerank documents": http.StatusUnprocessableEntity,
		"/rerank documents":    http.StatusUnprocessableEntity,
		"/rerank texts":        http.StatusRequestEntityTooLarge,
	} {
		path, key, _ := strings.Cut(path, " ")
		status, text := postRerank(t, c, url+path, `{"query": "q", "`+key+`": `+many+`}`)
		if status != want || !strings.Contains(text, "at most 1000 documents") || !strings.Contains(text, "RAGPRUNE_MAX_DOCUMENTS") {
			t.Errorf("%s with %s gives %d: %s", path, key, status, text)
		}
	}
}

// Faults of the server are told in the shapes of each family too.
func TestRerankFaults(t *testing.T) {
	for name, test := range map[string]struct {
		fault   error // nil: a panic
		status  int
		teiType string
	}{
		"panic":    {nil, 500, "backend"},
		"fault":    {errors.New("disk full"), 500, "backend"},
		"deadline": {&prune.UnavailableError{Reason: prune.ReasonDeadline}, 503, "unhealthy"},
		"overload": {&prune.UnavailableError{Reason: prune.ReasonOverload}, 429, "overloaded"},
		"model":    {&prune.UnavailableError{Reason: prune.ReasonModel}, 503, "unhealthy"},
	} {
		t.Run(name, func(t *testing.T) {
			url, c := serve(t, api.Options{Pruner: pruneFunc(func(context.Context, prune.Request) (*prune.Response, error) {
				if test.fault == nil {
					panic(secret)
				}
				return nil, test.fault
			})})
			got, text := refused(t, c, url+"/v2/rerank", `{"query": "q", "documents": ["a"]}`)
			if got.Status != test.status || strings.Contains(text, "disk") || strings.Contains(text, secret) {
				t.Errorf("status %d: %s", got.Status, text)
			}
			status, text := postRerank(t, c, url+"/rerank", `{"query": "q", "texts": ["a"]}`)
			var tei struct {
				Error     string
				ErrorType string `json:"error_type"`
			}
			if err := json.Unmarshal([]byte(text), &tei); err != nil || status != test.status || tei.Error == "" || tei.ErrorType != test.teiType {
				t.Errorf("TEI gets %d %s, want %d with %s (%v)", status, text, test.status, test.teiType, err)
			}
		})
	}
}

func FuzzRerank(f *testing.F) {
	files, err := filepath.Glob("testdata/rerank/*.http")
	if err != nil || len(files) == 0 {
		f.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		request, _ := readExchange(f, file)
		_, body, _ := strings.Cut(request, "\n\n")
		f.Add(body)
	}
	h, err := api.New(api.Options{Pruner: realPruner(f, prune.Limits{Documents: 20})})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range []string{"/rerank", "/v1/rerank"} {
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body)))
			if rec.Code >= http.StatusInternalServerError || !json.Valid(rec.Body.Bytes()) {
				t.Errorf("%s gives %d: %s", path, rec.Code, rec.Body)
			}
		}
	})
}
