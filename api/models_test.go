package api_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/prune"
)

// choice offers two models; the second comes when it is asked for.
type choice struct {
	held, loaded atomic.Int32
}

func (c *choice) Acquire(_ context.Context, name string) (api.Pruner, func(), error) {
	switch name {
	case "", "one", "one@1":
	case "two":
		c.loaded.Store(1)
	case "broken":
		return nil, nil, &prune.UnavailableError{Reason: prune.ReasonModel, Err: errors.New("checksum mismatch in /models/broken")}
	default:
		return nil, nil, &prune.InvalidError{Fields: []prune.FieldError{{Pointer: "/model", Code: prune.CodeUnknownValue, Message: "must be one of: one@1, two@1"}}}
	}
	c.held.Add(1)
	return pruneFunc(func(ctx context.Context, r prune.Request) (*prune.Response, error) {
		if c.held.Load() != 1 {
			return nil, errors.New("the model is not held")
		}
		resp, err := fake{}.Prune(ctx, r)
		if err == nil {
			resp.Model = "one@1"
			if name == "two" {
				resp.Model = "two@1"
			}
		}
		return resp, err
	}), func() { c.held.Add(-1) }, nil
}

func (c *choice) Info() api.Info {
	return api.Info{
		Model: api.ModelInfo{Name: "one", Version: "1"},
		Models: []api.ModelState{
			{ID: "one@1", Loaded: true, Bytes: 5, Owner: "BAAI", Created: time.Unix(1700000000, 0)},
			{ID: "two@1", Loaded: c.loaded.Load() == 1},
		},
		Presets: map[string]float64{}, Scorers: []prune.Scorer{prune.ScorerLabel},
	}
}

// A request chooses its model on every route that prunes, and the lists say
// what is loaded now.
func TestRequestsChooseModels(t *testing.T) {
	models := &choice{}
	url, c := serve(t, api.Options{Models: models})
	const listed = `{"object":"list","data":[` +
		`{"id":"one@1","object":"model","created":1700000000,"owned_by":"BAAI","loaded":true},` +
		`{"id":"two@1","object":"model","created":0,"owned_by":"ragprune","loaded":false}]}`
	if status, body := get(t, c, url+"/v1/models"); status != http.StatusOK || body != listed {
		t.Errorf("the list is %d %s", status, body)
	}
	for _, test := range []struct {
		path, body string
		status     int
		want       string // part of the answer
	}{
		{"/prune", `{"query": "a", "documents": ["a b."]}`, 200, `"model":"one@1"`},
		{"/prune", `{"query": "a", "documents": ["a b."], "model": null}`, 200, `"model":"one@1"`},
		{"/v1/prune", `{"query": "a", "documents": ["a b."], "model": "two"}`, 200, `"model":"two@1"`},
		{"/prune", `{"query": "a", "documents": ["a b."], "model": "three"}`, 422, `"pointer":"/model","code":"unknown_value","message":"must be one of: one@1, two@1"`},
		{"/prune", `{"query": "a", "documents": ["a b."], "model": 3}`, 400, `"pointer":"/model"`},
		{"/prune", `{"query": "a", "documents": ["a b."], "model": "broken"}`, 503, `"code":"unavailable"`},
		{"/prune/messages", `{"messages": [{"role": "user", "content": "<context>a b.</context> a?"}], "prune": {"model": "two"}}`, 200, `"model":"two@1"`},
		{"/v1/rerank", `{"model": "any", "query": "a", "documents": ["a b."], "prune": {"model": "two"}}`, 200, `"two@1"`},
		{"/v1/rerank", `{"model": "two", "query": "a", "documents": ["a b."]}`, 200, `"model":"two@1"`},
		{"/v2/rerank", `{"model": "two:prune", "query": "a", "documents": ["a b."]}`, 200, `"model":"two@1"`},
		{"/v1/rerank", `{"model": "two:prune:safe", "query": "a", "documents": ["a b."]}`, 200, `"model":"two@1"`},
		{"/v1/rerank", `{"model": "rerank-v3.5", "query": "a", "documents": ["a b."]}`, 200, `"model":"one@1"`},
		{"/v1/rerank", `{"model": "two", "query": "a", "documents": ["a b."], "prune": {"model": "three"}}`, 422, `"/prune/model"`},
		{"/v1/rerank", `{"model": "broken", "query": "a", "documents": ["a b."]}`, 503, `"code":"unavailable"`},
	} {
		resp, err := c.Post(url+test.path, "application/json", strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		body := readAll(t, resp)
		if resp.StatusCode != test.status || !strings.Contains(body, test.want) {
			t.Errorf("%s %s gives %d, want %d with %s: %s", test.path, test.body, resp.StatusCode, test.status, test.want, body)
		}
		if strings.Contains(body, "checksum") {
			t.Errorf("the answer tells what is for the log: %s", body)
		}
	}
	if n := models.held.Load(); n != 0 {
		t.Errorf("%d models are still held", n)
	}
	if _, body := get(t, c, url+"/info"); !strings.Contains(body, `{"id":"two@1","loaded":true}`) {
		t.Errorf("/info does not say that the second model is loaded: %s", body)
	}
}

func TestOnePrunerOrModels(t *testing.T) {
	if _, err := api.New(api.Options{Pruner: fake{}, Models: &choice{}}); err == nil {
		t.Error("New takes both a Pruner and Models")
	}
}

func readAll(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
