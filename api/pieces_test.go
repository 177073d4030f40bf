package api_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/prune"
)

// explained is an answer that explains so many units, the last one with score.
func explained(units int, score float64) *prune.Response {
	all := make([]prune.UnitScore, units)
	for i := range all {
		all[i] = prune.UnitScore{Kind: "sentence", Text: strings.Repeat("word ", 20), Why: "threshold"}
	}
	all[units-1].Score = score
	result := prune.Result{Kept: []prune.Kept{}, Warnings: []htmlprune.Warning{}, Units: all}
	return &prune.Response{Results: []prune.Result{result}, Warnings: []htmlprune.Warning{}, Model: "fake"}
}

// sentAnswer is what a caller sees of an answer beside its body.
type sentAnswer struct {
	status int
	length int64 // -1: not said
	timing string
}

// answerOver sends a request over a connection to a server that answers resp.
func answerOver(t *testing.T, path, body string, resp *prune.Response) (got sentAnswer, raw []byte, err error) {
	t.Helper()
	h := newHandler(t, api.Options{Pruner: pruneFunc(func(context.Context, prune.Request) (*prune.Response, error) {
		own := *resp
		return &own, nil
	})})
	s := httptest.NewServer(h)
	defer s.Close()
	transport := &http.Transport{DisableCompression: true} // lengths stay as they are
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err = io.ReadAll(answer.Body)
	return sentAnswer{answer.StatusCode, answer.ContentLength, answer.Header.Get("Server-Timing")}, raw, err
}

var noTiming = cmpopts.IgnoreFields(prune.Response{}, "Timing")

// A long answer goes out in pieces and is the same as a whole one.
func TestLongAnswer(t *testing.T) {
	for units, whole := range map[int]bool{100: true, 50_000: false} {
		want := explained(units, 0.5)
		got, raw, err := answerOver(t, "/prune", smallest, want)
		if err != nil || got.status != http.StatusOK || got.length >= 0 != whole || got.timing == "" {
			t.Fatalf("%d units: status %d, length %d, %v", units, got.status, got.length, err)
		}
		var answer prune.Response
		if err := json.Unmarshal(raw, &answer); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(*want, answer, noTiming); diff != "" {
			t.Errorf("%d units (-want +got):\n%s", units, diff)
		}
		got, raw, err = answerOver(t, "/prune/batch", items(3), want)
		var batch struct {
			Items []struct {
				Answer prune.Response `json:"answer"`
			} `json:"items"`
			Timing *prune.Timing `json:"timing_ms"`
		}
		if err := errors.Join(err, json.Unmarshal(raw, &batch)); err != nil || got.status != http.StatusOK || len(batch.Items) != 3 || batch.Timing == nil {
			t.Fatalf("batch: status %d, %d items, %v", got.status, len(batch.Items), err)
		}
		for _, item := range batch.Items {
			if diff := cmp.Diff(*want, item.Answer, noTiming); diff != "" {
				t.Errorf("batch, %d units (-want +got):\n%s", units, diff)
			}
		}
	}
}

// An answer that cannot be written is an error, or breaks off: it never looks
// whole.
func TestAnswerBreaksOff(t *testing.T) {
	for path, body := range map[string]string{"/prune": smallest, "/prune/batch": items(3)} {
		got, raw, err := answerOver(t, path, body, explained(100, math.NaN()))
		if err != nil || got.status != http.StatusInternalServerError || got.timing != "" {
			t.Errorf("%s, short: status %d, %v, %s", path, got.status, err, raw)
		}
	}
	if got, _, err := answerOver(t, "/prune", smallest, explained(50_000, math.NaN())); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("long: status %d, %v", got.status, err)
	}
}
