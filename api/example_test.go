package api_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/prune"
)

// echo is a Pruner that keeps everything.
type echo struct{}

func (echo) Prune(_ context.Context, r prune.Request) (*prune.Response, error) {
	resp := &prune.Response{Model: "none"}
	for i, d := range r.Documents {
		resp.Results = append(resp.Results, prune.Result{Index: i, Text: *d.Text})
	}
	return resp, nil
}

func ExampleNew() {
	handler, err := api.New(api.Options{Pruner: echo{}})
	if err != nil {
		panic(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()

	reply, err := http.Post(server.URL+"/prune", "application/json",
		strings.NewReader(`{"query": "", "document": []}`))
	if err != nil {
		panic(err)
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		panic(err)
	}
	fmt.Println(reply.Status)
	fmt.Println(strings.Contains(string(body), `"pointer":"/document","code":"unknown_field"`))
	// Output:
	// 400 Bad Request
	// true
}
