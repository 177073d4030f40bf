package remote_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ragprune/ragprune/bench/internal/remote"
	"github.com/ragprune/ragprune/prune"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPrune(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path != "/prune" || !strings.Contains(string(body), `"query":"q"`) {
			http.Error(w, "no", http.StatusTeapot)
			return
		}
		_, _ = io.WriteString(w, `{"results":[{"index":0,"text":"kept"}],"usage":{"model_tokens":7}}`)
	}))
	defer server.Close()
	defer http.DefaultClient.CloseIdleConnections()
	client := remote.NewClient(server.URL, 1, time.Second)
	answer, err := client.Prune(t.Context(), prune.Request{Query: "q"})
	if err != nil {
		t.Fatal(err)
	}
	if answer.Usage.ModelTokens != 7 || answer.Results[0].Text != "kept" || answer.Elapsed <= 0 {
		t.Errorf("answer %+v", answer)
	}
	var status *remote.StatusError
	if _, err = client.Prune(t.Context(), prune.Request{Query: "other"}); !errors.As(err, &status) || status.Status != http.StatusTeapot {
		t.Errorf("error %v, want status 418", err)
	}
}

func TestReadyGivesUp(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 250*time.Millisecond)
	defer cancel()
	if err := remote.NewClient("http://127.0.0.1:1", 1, time.Second).Ready(ctx); err == nil {
		t.Error("a service that is not there is ready")
	}
}

func TestWatch(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	largest := remote.Watch(ctx, os.Getpid(), time.Millisecond)
	time.Sleep(10 * time.Millisecond)
	cancel()
	if got := <-largest; got < 1<<20 {
		t.Errorf("resident memory of %d bytes", got)
	}
}
