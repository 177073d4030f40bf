package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/prune"
)

// decoded returns what the pruner gets to see of a body.
func decoded(t *testing.T, body string) prune.Request {
	t.Helper()
	var got prune.Request
	h := newHandler(t, api.Options{Pruner: pruneFunc(func(_ context.Context, r prune.Request) (*prune.Response, error) {
		got = r
		return &prune.Response{}, nil
	})})
	if rec := call(t.Context(), h, body); rec.Code != http.StatusOK {
		t.Fatalf("status %d: %s", rec.Code, rec.Body)
	}
	return got
}

func TestDecodeEveryField(t *testing.T) {
	got := decoded(t, `{
		"query": "q\u00e9", "documents": ["one", {"id": "2", "title": "t", "html": "<p>", "score": -1.5}, {"text": ""}],
		"threshold": 0, "preset": "safe", "max_tokens": 9, "min_score": 0.5, "top_n": 3, "order": "score",
		"format": "html", "granularity": 7, "scorer": "fused",
		"keep": {"title": false, "headings": true, "around": 2, "patterns": ["a"], "selectors": ["b", "c"]},
		"boilerplate": "drop", "on_empty": "original", "offsets": "byte", "explain": true, "timeout_ms": 86400000
	}`)
	want := prune.Request{
		Query: "qé",
		Documents: []prune.Document{
			{Text: new("one")},
			{ID: "2", Title: "t", HTML: new("<p>"), Score: new(-1.5)},
			{Text: new("")},
		},
		Threshold: new(0.0), Preset: "safe", MaxTokens: 9, MinScore: 0.5, TopN: 3, Order: prune.OrderScore,
		Format: prune.FormatHTML, Granularity: 7, Scorer: prune.ScorerFused,
		Keep:        prune.Keep{Title: new(false), Headings: new(true), Around: 2, Patterns: []string{"a"}, Selectors: []string{"b", "c"}},
		Boilerplate: prune.BoilerplateDrop,
		OnEmpty:     prune.OnEmptyOriginal, Offsets: htmlprune.Byte, Explain: true, TimeoutMS: got.TimeoutMS,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	if got.TimeoutMS < 86400000-60_000 || got.TimeoutMS > 86400000 {
		t.Errorf("timeout_ms %d", got.TimeoutMS)
	}
}

// Rules are the pruner's: whatever can be read is handed on.
func TestDecodeLeavesRulesToThePruner(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		want prune.Request
	}{
		"nothing":      {`{}`, prune.Request{}},
		"null":         {`null`, prune.Request{}},
		"nulls":        {`{"query": null, "documents": null, "keep": null, "threshold": null, "explain": null}`, prune.Request{}},
		"no documents": {`{"query": "q", "documents": []}`, prune.Request{Query: "q", Documents: []prune.Document{}}},
		"null document": {
			`{"query": "q", "documents": [null, {"text": null}]}`,
			prune.Request{Query: "q", Documents: []prune.Document{{}, {}}},
		},
		"both": {
			`{"documents": [{"text": "a", "html": "b"}]}`,
			prune.Request{Documents: []prune.Document{{Text: new("a"), HTML: new("b")}}},
		},
		"ranges": {`{"threshold": -3, "top_n": -1}`, prune.Request{Threshold: new(-3.0), TopN: -1}},
		"auto":   {`{"granularity": "auto"}`, prune.Request{Granularity: prune.GranularityAuto}},
		"words":  {`{"order": "x", "scorer": "y"}`, prune.Request{Order: "x", Scorer: "y"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, decoded(t, test.body)); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

// Invalid UTF-8 is replaced, and the documents concerned are marked, no others.
func TestDecodeRepairs(t *testing.T) {
	for name, test := range map[string]struct {
		documents string
		want      []prune.Document
	}{
		"valid": {
			`["a\u00e9\ud83d\ude00", "\\ud800 \uDBFF\uDFFF", "é\ufffd"]`,
			[]prune.Document{{Text: new("aé😀")}, {Text: new(`\ud800 ` + "\U0010FFFF")}, {Text: new("é\uFFFD")}},
		},
		"a byte": {
			"[\"a\", \"b\xff\", \"c\"]",
			[]prune.Document{{Text: new("a")}, {Text: new("b\uFFFD"), Repaired: true}, {Text: new("c")}},
		},
		"half a character": {
			"[\"a\xc3\"]",
			[]prune.Document{{Text: new("a\uFFFD"), Repaired: true}},
		},
		"an encoded surrogate": {
			"[{\"html\": \"\xed\xa0\x80\"}, {\"html\": \"b\"}]",
			[]prune.Document{{HTML: new("\uFFFD\uFFFD\uFFFD"), Repaired: true}, {HTML: new("b")}},
		},
		"half a pair": {
			`["a", {"text": "b\ud800", "id": "7"} , "\uDC00c"]`,
			[]prune.Document{{Text: new("a")}, {ID: "7", Text: new("b\uFFFD"), Repaired: true}, {Text: new("\uFFFDc"), Repaired: true}},
		},
		"in the title": {
			"[{\"title\": \"t\xff\", \"text\": \"b\"}]",
			[]prune.Document{{Title: "t\uFFFD", Text: new("b"), Repaired: true}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := decoded(t, `{"query": "q", "documents": `+test.documents+`}`)
			if diff := cmp.Diff(test.want, got.Documents); diff != "" {
				t.Errorf("documents (-want +got):\n%s", diff)
			}
		})
	}
	if got := decoded(t, "{\"query\": \"q\xff\", \"documents\": [\"a\"]}"); got.Query != "q\uFFFD" || got.Documents[0].Repaired {
		t.Errorf("query %q, document %+v", got.Query, got.Documents[0])
	}
}

// Metadata comes back as it went in, repaired where it has to be.
func TestMetadataComesBack(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":1.50,"b":12345678901234567890,"c":[{"z":1,"y":null}],"d":1e400}`: `{"a":1.50,"b":12345678901234567890,"c":[{"z":1,"y":null}],"d":1e400}`,
		`{"é":"\u003cscript\u003e"}`:                                           `{"é":"<script>"}`,
		"{\"a\":\"\xff\"}":                                                     `{"a":"` + "\uFFFD" + `"}`,
		"{\"\xff\":[\"\\ud800\"]}":                                             `{"` + "\uFFFD" + `":["` + "\uFFFD" + `"]}`,
		`{"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`:      `{"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`,
		`{"a":"\"[[[\\"}`:                                                      `{"a":"\"[[[\\"}`,
	} {
		h := newHandler(t, api.Options{Pruner: fake{}})
		rec := call(t.Context(), h, `{"query": "q", "documents": [{"text": "a", "metadata": `+in+`}]}`)
		if got := rec.Body.String(); !strings.Contains(got, `"metadata":`+want) {
			t.Errorf("%s came back in %s", in, got)
		}
	}
}

// No body makes the server fail, and no answer breaks the contract.
func FuzzPrune(f *testing.F) {
	for _, seed := range []string{
		smallest, `{}`, `null`, `[`, `{"query":"a","documents":[{"html":"<p>b","metadata":{"x":[1e999]}}],"threshold":0.5}`,
		"{\"query\":\"\xff\",\"documents\":[\"\\ud800\"]}", `{"query":"a","query":"b"}`, `{"keep":{"patterns":["("]}}`, "\xef\xbb\xbf{}",
	} {
		f.Add([]byte(seed))
	}
	check := newContract(f)
	h, err := api.New(api.Options{Pruner: fake{}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		rec := call(t.Context(), h, string(body))
		resp := rec.Result()
		defer resp.Body.Close()
		switch rec.Code {
		case http.StatusOK, http.StatusBadRequest, http.StatusUnprocessableEntity:
		default:
			t.Errorf("status %d for %q", rec.Code, body)
		}
		// The fake knows no rules, so what it takes need not be of the contract.
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/prune", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		check := *check
		check.t = t
		check.check(r, []byte(smallest), resp, rec.Body.Bytes())
	})
}
