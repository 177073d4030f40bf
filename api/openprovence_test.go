package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/labeler/openprovence"
	"github.com/ragprune/ragprune/models/ort/orttest"
	"github.com/ragprune/ragprune/models/workers"
)

// exchange posts body to /v1/openprovence.
func openProvence(t *testing.T, c *http.Client, url, body string) (status int, answer map[string]any) {
	t.Helper()
	resp, err := c.Post(url+"/v1/openprovence", "application/json", strings.NewReader(body))
	fatal(t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	fatal(t, err)
	fatal(t, json.Unmarshal(data, &answer))
	return resp.StatusCode, answer
}

// The route answers as process() does, in the same form, with the real model.
func TestOpenProvence(t *testing.T) {
	bundle, tok := realBundle(t, "ragprune-small")
	pool, err := workers.New(2)
	fatal(t, err)
	t.Cleanup(pool.Close)
	m, err := openprovence.New(openprovence.Options{
		Runner:    orttest.Open(t, orttest.Start(t), bundle),
		Tokenizer: tok, Manifest: bundle.Manifest, Pool: pool, Texts: 3,
	})
	fatal(t, err)
	url, c := serve(t, api.Options{Pruner: fake{}, OpenProvence: m})
	question := `"question": ` + string(must(json.Marshal(phoneQuery)))
	text := string(must(json.Marshal(phoneText)))
	status, one := openProvence(t, c, url, `{`+question+`, "context": `+text+`, "threshold": 0.1}`)
	if status != http.StatusOK || one["pruned_context"] != "Alexander Graham Bell was awarded the first patent for the telephone in 1876. " {
		t.Fatalf("%d %v", status, one)
	}
	if _, ok := one["kept_sentences"]; ok {
		t.Error("sentences are shown that nobody asked for")
	}
	status, list := openProvence(t, c, url, `{`+question+`, "context": ["Rain.", `+text+`], "threshold": 0.1, "reorder": true, "top_k": 1, "return_sentence_texts": true}`)
	if status != http.StatusOK {
		t.Fatal(status, list)
	}
	want := map[string]any{
		"pruned_context": []any{one["pruned_context"]}, "reranking_score": []any{one["reranking_score"]},
		"ranking_logit": []any{one["ranking_logit"]}, "compression_rate": []any{one["compression_rate"]}, "title": []any{nil},
		"kept_sentences":    []any{[]any{one["pruned_context"]}},
		"removed_sentences": []any{[]any{"Bananas are rich in potassium and easy to peel. ", "Rain is expected in the north tomorrow, and the buses run late."}},
	}
	if diff := cmp.Diff(want, list, cmpopts.EquateApprox(0, 1e-4)); diff != "" {
		t.Errorf("the best of a list (-want +got):\n%s", diff)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// What process() refuses is a problem that names the argument.
func TestOpenProvenceRefuses(t *testing.T) {
	bundle, tok := realBundle(t, "ragprune-small")
	pool, err := workers.New(1)
	fatal(t, err)
	t.Cleanup(pool.Close)
	m, err := openprovence.New(openprovence.Options{Runner: noRunner{}, Tokenizer: tok, Manifest: bundle.Manifest, Pool: pool, Texts: 3})
	fatal(t, err)
	url, c := serve(t, api.Options{Pruner: fake{}, OpenProvence: m})
	tests := map[string]struct {
		body, pointer string
	}{
		"no question":      {`{"context": "x"}`, "/question"},
		"null":             {`{"question": null, "context": "x"}`, "/question"},
		"no context":       {`{"question": "x"}`, "/context"},
		"unknown":          {`{"question": "x", "context": "x", "answer": 1}`, ""},
		"no object":        {`[1]`, ""},
		"no JSON":          {`{"question": `, ""},
		"two values":       {`{"question": "x", "context": "x"} {}`, ""},
		"deep":             {`{"question": "x", "context": ` + strings.Repeat("[", 100000) + strings.Repeat("]", 100000) + `}`, ""},
		"wrong type":       {`{"question": "x", "context": "x", "threshold": "high"}`, "/threshold"},
		"language":         {`{"question": "x", "context": "x", "language": "es"}`, "/language"},
		"not aligned":      {`{"question": ["x", "y"], "context": ["x"]}`, "/context"},
		"title and a line": {`{"question": "x", "context": "x", "title": "x", "first_line_as_title": true}`, "/title"},
		"too many texts":   {`{"question": "x", "context": ["1", "2", "3", "4"]}`, "/context"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			status, answer := openProvence(t, c, url, tt.body)
			if status != http.StatusUnprocessableEntity {
				t.Fatal(status, answer)
			}
			if got := answer["errors"].([]any)[0].(map[string]any)["pointer"]; got != tt.pointer {
				t.Errorf("the error is at %v, want %q: %v", got, tt.pointer, answer)
			}
		})
	}
	url, c = serve(t, api.Options{Pruner: fake{}})
	if status, _ := openProvence(t, c, url, `{"question": "x", "context": "x"}`); status != http.StatusNotFound {
		t.Errorf("a server that does not offer it answers %d", status)
	}
}

type noRunner struct{}

func (noRunner) Run([]int64, []int64) ([][]float32, error) { panic("the model runs") }
