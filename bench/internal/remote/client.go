package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/ragprune/ragprune/prune"
)

// Client talks to one service. It is safe for concurrent use.
type Client struct {
	url  string
	http *http.Client
}

// NewClient returns a client of the service at url, such as
// http://127.0.0.1:8080, that keeps a connection for each of callers.
func NewClient(url string, callers int, timeout time.Duration) *Client {
	transport := &http.Transport{MaxIdleConns: callers, MaxIdleConnsPerHost: callers, MaxConnsPerHost: callers}
	return &Client{url: url, http: &http.Client{Transport: transport, Timeout: timeout}}
}

// Answer is a response and the time until its last byte was read.
type Answer struct {
	prune.Response
	Elapsed time.Duration
}

// StatusError is an answer other than 200.
type StatusError struct {
	Status int
	// Body is the beginning of the problem.
	Body string
}

func (e *StatusError) Error() string { return fmt.Sprintf("status %d: %s", e.Status, e.Body) }

// Prune sends r and decodes the answer. Encoding and decoding do not count
// into Answer.Elapsed. An answer other than 200 is a *StatusError.
func (c *Client) Prune(ctx context.Context, r prune.Request) (Answer, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return Answer{}, fmt.Errorf("encode request: %w", err)
	}
	return c.Send(ctx, body)
}

// Send is Prune with a body that is encoded already.
func (c *Client) Send(ctx context.Context, body []byte) (Answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/prune", bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	start := time.Now()
	response, err := c.http.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	answer := Answer{Elapsed: time.Since(start)}
	if err != nil {
		return Answer{}, fmt.Errorf("read answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return Answer{}, &StatusError{Status: response.StatusCode, Body: string(data[:min(len(data), 300)])}
	}
	if err := json.Unmarshal(data, &answer.Response); err != nil {
		return Answer{}, fmt.Errorf("decode answer: %w", err)
	}
	return answer, nil
}

// Ready waits until the service answers 200 on /readyz.
func (c *Client) Ready(ctx context.Context) error {
	var last error
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"/readyz", nil)
		if err != nil {
			return err
		}
		response, err := c.http.Do(request)
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
			err = &StatusError{Status: response.StatusCode}
		}
		if ctx.Err() == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the service at %s is not ready: %w", c.url, last)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
