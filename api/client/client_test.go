package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/api/client"
	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/prune"
)

// echo keeps all documents whole.
type echo struct{}

func (echo) Prune(_ context.Context, r prune.Request) (*prune.Response, error) {
	if r.Query == "" {
		return nil, &prune.InvalidError{Fields: []prune.FieldError{{Pointer: "/query", Code: "required", Message: "must not be empty"}}}
	}
	resp := &prune.Response{Model: "echo@1", Usage: prune.Usage{Documents: len(r.Documents), Returned: len(r.Documents)}}
	for i, d := range r.Documents {
		result := prune.Result{Index: i, ID: d.ID, Score: 1, Format: htmlprune.Text, Metadata: d.Metadata, RetrieverScore: d.Score}
		if d.HTML != nil {
			result.Text, result.Format = *d.HTML, htmlprune.HTML
		} else {
			result.Text = *d.Text
		}
		resp.Results = append(resp.Results, result)
	}
	return resp, nil
}

// newClient starts a server with one key and returns a client that has it.
func newClient(t testing.TB, key string) *client.ClientWithResponses {
	t.Helper()
	h, err := api.New(api.Options{Pruner: echo{}, Keys: map[string]string{"tests": "a-key"}})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c, err := client.NewClientWithResponses(s.URL, client.WithKey(key), client.WithHTTPClient(s.Client()))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPrune(t *testing.T) {
	c := newClient(t, "a-key")
	named, err := client.NewDocument(client.Document{
		ID: new("7"), Text: new("named"), Score: new(0.25), Metadata: &map[string]any{"a": "b"},
	})
	if err != nil {
		t.Fatal(err)
	}
	reply, err := c.PruneWithResponse(t.Context(), client.PruneRequest{
		Query:     "q",
		Documents: []client.DocumentInput{client.TextDocument("te\"xt"), client.HTMLDocument("<p>page"), named},
		Threshold: new(0.0),
		Format:    new(client.PruneRequestFormatMarkdown),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Err(reply); err != nil {
		t.Fatal(err)
	}
	answer := reply.JSON200
	var texts []string
	for _, r := range answer.Results {
		texts = append(texts, r.Text)
	}
	if diff := cmp.Diff([]string{`te"xt`, "<p>page", "named"}, texts); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
	last := answer.Results[2]
	if *last.ID != "7" || *last.RetrieverScore != 0.25 || (*last.Metadata)["a"] != "b" || last.Degraded != nil {
		t.Errorf("%+v", last)
	}
	if answer.Results[1].Format != client.ResultFormatHTML {
		t.Errorf("format %s", answer.Results[1].Format)
	}
}

func TestProblems(t *testing.T) {
	reply, err := newClient(t, "a-key").PruneWithResponse(t.Context(), client.PruneRequest{Documents: []client.DocumentInput{client.TextDocument("a")}})
	if err != nil {
		t.Fatal(err)
	}
	var p *client.Problem
	if err := client.Err(reply); !errors.As(err, &p) || p.Code != "invalid_request" || p.Status != 422 {
		t.Fatalf("error %v", err)
	}
	if want := "ragprune: The request breaks a rule (422 invalid_request); /query must not be empty"; p.Error() != want {
		t.Errorf("%q, want %q", p.Error(), want)
	}
	info, err := newClient(t, "another-key").InfoWithResponse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Err(info); !errors.As(err, &p) || p.Code != "unauthorized" {
		t.Errorf("error %v", err)
	}
}

// Something between client and server may answer in its own way.
func TestAnswersOfOthers(t *testing.T) {
	for contentType, body := range map[string]string{
		"text/html":                "<h1>Bad gateway</h1>",
		"application/problem+json": "<h1>",
		"":                         "",
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write([]byte(body))
		}))
		c, err := client.NewClientWithResponses(s.URL, client.WithHTTPClient(s.Client()))
		if err != nil {
			t.Fatal(err)
		}
		reply, err := c.LivezWithResponse(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := client.Err(reply); err == nil || !strings.Contains(err.Error(), "502") {
			t.Errorf("%q: error %v", contentType, err)
		}
		s.Close()
	}
}

// client.gen.go is what the contract gives today.
func TestGenerated(t *testing.T) {
	out := filepath.Join(t.TempDir(), "client.gen.go")
	cmd := exec.CommandContext(t.Context(), "go", "tool", "oapi-codegen", "-config", "oapi-codegen.yaml", "-o", out, "../openapi.yaml")
	if log, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("the generator cannot run here: %v\n%s", err, log)
	}
	want, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("client.gen.go")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("run go generate ./api/client (-generated +committed):\n%s", diff)
	}
}

func ExampleNewClientWithResponses() {
	handler, err := api.New(api.Options{Pruner: echo{}})
	if err != nil {
		panic(err)
	}
	server := httptest.NewServer(handler) // in place of a server elsewhere
	defer server.Close()

	c, err := client.NewClientWithResponses(server.URL)
	if err != nil {
		panic(err)
	}
	reply, err := c.PruneWithResponse(context.Background(), client.PruneRequest{
		Query:     "How high is the Eiffel Tower?",
		Documents: []client.DocumentInput{client.TextDocument("The Eiffel Tower is 330 metres high.")},
		MaxTokens: new(2000),
	})
	if err != nil {
		panic(err)
	}
	if err := client.Err(reply); err != nil {
		panic(err)
	}
	for _, result := range reply.JSON200.Results {
		fmt.Println(result.Text)
	}
	// Output:
	// The Eiffel Tower is 330 metres high.
}
