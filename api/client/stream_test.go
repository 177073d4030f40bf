package client_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/api/client"
)

func texts(texts ...string) []client.DocumentInput {
	var out []client.DocumentInput
	for _, t := range texts {
		out = append(out, client.TextDocument(t))
	}
	return out
}

func TestStreamPrune(t *testing.T) {
	c := newClient(t, "a-key")
	var got []string
	for line, err := range client.StreamPrune(t.Context(), c, client.PruneRequest{Query: "q", Documents: texts("a", "b")}) {
		if err != nil {
			t.Fatal(err)
		}
		if line.Result != nil {
			got = append(got, line.Result.Text)
		}
		if line.Type == client.PruneLineTypeEnd {
			got = append(got, *line.Model)
		}
	}
	if diff := cmp.Diff([]string{"a", "b", "echo@1"}, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestStreamBatch(t *testing.T) {
	c := newClient(t, "a-key")
	items := []client.PruneRequest{{Query: "q", Documents: texts("a")}, {Documents: texts("b")}}
	got := map[int]string{}
	documents := 0
	request := client.BatchRequest{Items: items, Options: &client.PruneRequest{Preset: new(client.Safe)}}
	for line, err := range client.StreamBatch(t.Context(), c, request) {
		switch {
		case err != nil:
			t.Fatal(err)
		case line.Type == client.BatchLineTypeEnd:
			documents = line.Usage.Documents
		case line.Item.Problem != nil:
			got[line.Item.Index] = line.Item.Problem.Code
		default:
			got[line.Item.Index] = line.Item.Answer.Results[0].Text
		}
	}
	if diff := cmp.Diff(map[int]string{0: "a", 1: "invalid_request"}, got); diff != "" || documents != 1 {
		t.Errorf("%d documents, items (-want +got):\n%s", documents, diff)
	}
}

// A refused request gives its problem, as does one that fails midway; an answer
// that is cut off is no answer.
func TestStreamErrors(t *testing.T) {
	request := client.PruneRequest{Query: "q", Documents: texts("a")}
	const progress = `{"type":"progress","done":0,"documents":1}` + "\n"
	for name, test := range map[string]struct {
		contentType, body string
		lines             int
		check             func(error) bool
	}{
		"midway": {"application/x-ndjson", progress + `{"type":"error","problem":{"code":"timeout","status":503,"title":"Late"}}` + "\n", 1, func(err error) bool {
			var p *client.Problem
			return errors.As(err, &p) && p.Code == "timeout"
		}},
		"cut off":      {"application/x-ndjson", progress, 1, func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }},
		"cut in line":  {"application/x-ndjson", progress + `{"type":`, 1, func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }},
		"not in lines": {"application/json", `{}`, 0, func(err error) bool { return strings.Contains(err.Error(), "not in lines") }},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", test.contentType)
				_, _ = io.WriteString(w, test.body)
			}))
			defer s.Close()
			c, err := client.NewClient(s.URL, client.WithHTTPClient(s.Client()))
			if err != nil {
				t.Fatal(err)
			}
			lines, last := 0, error(nil)
			for _, err := range client.StreamPrune(t.Context(), c, request) {
				if last = err; err == nil {
					lines++
				}
			}
			if lines != test.lines || last == nil || !test.check(last) {
				t.Errorf("%d lines, then %v", lines, last)
			}
		})
	}
	var p *client.Problem
	for _, err := range client.StreamPrune(t.Context(), newClient(t, "wrong"), request) {
		if !errors.As(err, &p) || p.Status != http.StatusUnauthorized {
			t.Errorf("error %v", err)
		}
	}
}
