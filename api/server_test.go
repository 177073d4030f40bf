package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ragprune/ragprune/api"
)

// A body that does not arrive is answered when its time is over.
func TestBodyTimeout(t *testing.T) {
	h := newHandler(t, api.Options{Pruner: refuse(t)})
	s := httptest.NewUnstartedServer(h)
	s.Config = api.NewServer("", h, api.Timeouts{Body: 50 * time.Millisecond}, nil)
	s.Start()
	defer s.Close()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "POST /prune HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusRequestTimeout || !strings.Contains(string(body), `"body_timeout"`) {
		t.Errorf("status %d: %s", resp.StatusCode, body)
	}
	r := httptest.NewRequest(http.MethodPost, "/prune", strings.NewReader("{"))
	newContract(t).check(r, nil, resp, body)
}

// A connection that closes in the middle of a body is not an error of ours.
func TestBodyCutOff(t *testing.T) {
	h := newHandler(t, api.Options{Pruner: refuse(t)})
	for name, err := range map[string]error{
		"closed":  io.ErrUnexpectedEOF,
		"framing": http.ErrLineTooLong,
	} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/prune", io.MultiReader(strings.NewReader("{"), broken{err})))
		if rec.Code != http.StatusBadRequest || !strings.Contains(rec.Body.String(), `"unreadable_body"`) {
			t.Errorf("%s: status %d: %s", name, rec.Code, rec.Body)
		}
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// The time of a body is over when the body is there: work may take longer.
func TestWorkTakesLongerThanABody(t *testing.T) {
	const bodyTime = 500 * time.Millisecond
	for path, body := range map[string]string{"/prune": smallest, "/prune/batch": items(1), "/v1/rerank": `{"query": "a", "documents": ["b"]}`} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			h := newHandler(t, api.Options{Pruner: sleeping(2 * bodyTime)})
			s := httptest.NewUnstartedServer(h)
			s.Config = api.NewServer("", h, api.Timeouts{Body: bodyTime}, nil)
			s.Start()
			defer s.Close()
			resp, err := s.Client().Post(s.URL+path, "application/json", strings.NewReader(body)) //nolint:noctx // the test ends it
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			answer, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != http.StatusOK || strings.Contains(string(answer), "problem") {
				t.Errorf("status %d, %v: %s", resp.StatusCode, err, answer)
			}
		})
	}
}
