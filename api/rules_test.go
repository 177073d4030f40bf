package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/prune"
)

// words counts words in place of a tokenizer.
type words struct{}

func (words) Count(text string) int { return len(strings.Fields(text)) }

// realPruner prunes as the product does, without a model.
func realPruner(t testing.TB, l prune.Limits) api.Pruner {
	t.Helper()
	p, err := prune.New(prune.Options{Counter: words{}, Limits: l})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A well-formed request that breaks a rule is answered with 422 and the field.
func TestBrokenRules(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat(`"b",`, 21), ",")
	for name, test := range map[string]struct {
		body string
		want answer
	}{
		"nothing":            {`{}`, answer{422, "invalid_request", "/query", "required"}},
		"null":               {`null`, answer{422, "invalid_request", "/query", "required"}},
		"no query":           {`{"documents": ["b"]}`, answer{422, "invalid_request", "/query", "required"}},
		"empty query":        {`{"query": "", "documents": ["b"]}`, answer{422, "invalid_request", "/query", "required"}},
		"blank query":        {`{"query": " \n\u00a0", "documents": ["b"]}`, answer{422, "invalid_request", "/query", "required"}},
		"no documents":       {`{"query": "a"}`, answer{422, "invalid_request", "/documents", "required"}},
		"empty documents":    {`{"query": "a", "documents": []}`, answer{422, "invalid_request", "/documents", "required"}},
		"too many":           {`{"query": "a", "documents": [` + many + `]}`, answer{422, "invalid_request", "/documents", "too_many"}},
		"text and html":      {`{"query": "a", "documents": ["b", {"text": "c", "html": "d"}]}`, answer{422, "invalid_request", "/documents/1", "conflict"}},
		"neither":            {`{"query": "a", "documents": ["b", {"id": "c"}]}`, answer{422, "invalid_request", "/documents/1", "required"}},
		"null document":      {`{"query": "a", "documents": [null]}`, answer{422, "invalid_request", "/documents/0", "required"}},
		"threshold above":    {`{"query": "a", "documents": ["b"], "threshold": 1.1}`, answer{422, "invalid_request", "/threshold", "out_of_range"}},
		"threshold below":    {`{"query": "a", "documents": ["b"], "threshold": -0.1}`, answer{422, "invalid_request", "/threshold", "out_of_range"}},
		"threshold, preset":  {`{"query": "a", "documents": ["b"], "threshold": 0.1, "preset": "safe"}`, answer{422, "invalid_request", "/preset", "conflict"}},
		"unknown preset":     {`{"query": "a", "documents": ["b"], "preset": "bold"}`, answer{422, "invalid_request", "/preset", "unknown_value"}},
		"min_score above":    {`{"query": "a", "documents": ["b"], "min_score": 2}`, answer{422, "invalid_request", "/min_score", "out_of_range"}},
		"negative budget":    {`{"query": "a", "documents": ["b"], "max_tokens": -1}`, answer{422, "invalid_request", "/max_tokens", "out_of_range"}},
		"negative top_n":     {`{"query": "a", "documents": ["b"], "top_n": -1}`, answer{422, "invalid_request", "/top_n", "out_of_range"}},
		"negative time":      {`{"query": "a", "documents": ["b"], "timeout_ms": -1}`, answer{422, "invalid_request", "/timeout_ms", "out_of_range"}},
		"unknown order":      {`{"query": "a", "documents": ["b"], "order": "random"}`, answer{422, "invalid_request", "/order", "unknown_value"}},
		"unknown format":     {`{"query": "a", "documents": ["b"], "format": "pdf"}`, answer{422, "invalid_request", "/format", "unknown_value"}},
		"unknown offsets":    {`{"query": "a", "documents": ["b"], "offsets": "words"}`, answer{422, "invalid_request", "/offsets", "unknown_value"}},
		"scorer not there":   {`{"query": "a", "documents": ["b"], "scorer": "generate"}`, answer{422, "invalid_request", "/scorer", "scorer_unavailable"}},
		"pattern not closed": {`{"query": "a", "documents": ["b"], "keep": {"patterns": ["ok", "(CONFIDENTIAL"]}}`, answer{422, "invalid_request", "/keep/patterns/1", "invalid_pattern"}},
		"selector broken":    {`{"query": "a", "documents": ["b"], "keep": {"selectors": ["[CONFIDENTIAL"]}}`, answer{422, "invalid_request", "/keep/selectors/0", "invalid_selector"}},
	} {
		t.Run(name, func(t *testing.T) {
			url, c := serve(t, api.Options{Pruner: realPruner(t, prune.Limits{Documents: 20})})
			got, body := post(t, c, url, []byte(test.body))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s%.500s", diff, body)
			}
			if strings.Contains(body, secret) {
				t.Errorf("the answer quotes the request: %s", body)
			}
		})
	}
}

// A bad document is answered with a warning or an empty text, and its
// neighbours as if it were not there.
func TestBadDocuments(t *testing.T) {
	good := `"The tower is 330 metres high. Cows give milk."`
	url, c := serve(t, api.Options{Pruner: realPruner(t, prune.Limits{})})
	alone := results(t, c, url, good)[0]
	for name, test := range map[string]struct {
		document string
		warning  string // a code, empty for none
	}{
		"empty text":      {`""`, ""},
		"empty page":      {`{"html": ""}`, ""},
		"only scripts":    {`{"html": "<script>tower()</script><style>tower{}</style>"}`, ""},
		"only hidden":     {`{"html": "<p hidden>tower</p><!-- tower -->"}`, ""},
		"zero width":      {`"\u200b\u200b"`, ""},
		"invalid UTF-8":   {"\"The tower\xff\xfe is high.\"", "invalid_utf8"},
		"lone surrogate":  {`"The tower \ud800 is high."`, "invalid_utf8"},
		"NUL":             {`"The \u0000 tower"`, ""},
		"no space":        {`"` + strings.Repeat("tower", 500_000) + `"`, ""},
		"no space in CJK": {`"` + strings.Repeat("塔", 500_000) + `"`, ""},
		"nested":          {`{"html": "` + strings.Repeat("<div>", 100_000) + `tower"}`, "html_depth"},
		"repeated body":   {`{"html": "` + strings.Repeat("<body b=1>", 20_000) + `tower"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := results(t, c, url, test.document+","+good)
			if len(got) != 2 {
				t.Fatalf("%d results", len(got))
			}
			var codes []string
			for _, w := range got[0].Warnings {
				codes = append(codes, w.Code)
			}
			if test.warning != "" && !strings.Contains(strings.Join(codes, " "), test.warning) {
				t.Errorf("warnings %q, want %s", codes, test.warning)
			}
			neighbour := got[1]
			neighbour.Index, neighbour.Score = alone.Index, alone.Score // the rest of the request may weigh in
			if diff := cmp.Diff(alone, neighbour); diff != "" {
				t.Errorf("the neighbour (-alone +beside):\n%s", diff)
			}
		})
	}
}

// results prunes documents, written as JSON, for one query.
func results(t *testing.T, c *http.Client, url, documents string) []prune.Result {
	t.Helper()
	got, body := post(t, c, url, []byte(`{"query": "How high is the tower?", "documents": [`+documents+`], "on_empty": "best"}`))
	if got.Status != http.StatusOK {
		t.Fatalf("%+v: %.500s", got, body)
	}
	var resp prune.Response
	if err := json.Unmarshal([]byte(body), &resp); err != nil {
		t.Fatal(err)
	}
	return resp.Results
}
