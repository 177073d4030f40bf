package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ragprune/ragprune/bench/internal/remote"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDrive(t *testing.T) {
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch calls.Add(1) {
		case 1:
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			_, _ = io.WriteString(w, `{"results":[{"degraded":{"reason":"deadline","used":"bm25"}}]}`)
		default:
			_, _ = io.WriteString(w, `{"usage":{"model_tokens":5}}`)
		}
	}))
	defer server.Close()
	client := remote.NewClient(server.URL, 4, time.Second)
	got, err := drive(t.Context(), client, 4, bounds{20, time.Minute}, [][]byte{[]byte("{}")}, true)
	if err != nil {
		t.Fatal(err)
	}
	if got.refused != 1 || got.degraded != 1 || got.misplaced != 1 || len(got.milliseconds) != 19 || got.tokens != 18*5 {
		t.Errorf("load %+v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := drive(ctx, client, 2, bounds{20, time.Minute}, [][]byte{[]byte("{}")}, true); err == nil {
		t.Error("no error after the end of the context")
	}
}

func TestParseLevels(t *testing.T) {
	if got, err := parseLevels("1, 8"); err != nil || len(got) != 2 || got[1] != 8 {
		t.Errorf("levels %v, %v", got, err)
	}
	if _, err := parseLevels("0"); err == nil {
		t.Error("no error for 0 callers")
	}
}
