package remote

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// maxAnswer bounds what is read of an answer.
	maxAnswer = 64 << 20
	// maxConnections is the most that wait open for the next request.
	maxConnections = 256
	// binaryExtension is how a server says that it takes binary tensors.
	binaryExtension = "binary_tensor_data"
	// headerLength says where the JSON ends and binary tensors begin.
	headerLength = "Inference-Header-Content-Length"
)

func newTransport(a address, trust *tls.Config) (transport, error) {
	if strings.HasPrefix(a.scheme, "grpc") {
		return newGRPC(a, trust)
	}
	pool := &http.Transport{
		TLSClientConfig: trust.Clone(), ForceAttemptHTTP2: true,
		MaxIdleConns: maxConnections, MaxIdleConnsPerHost: maxConnections, IdleConnTimeout: time.Minute,
	}
	return &httpTransport{url: a.String(), client: &http.Client{
		Transport: pool,
		// An engine does not send elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

type httpTransport struct {
	url    string
	client *http.Client
	// binary says that the server takes binary tensors; ready finds out.
	binary atomic.Bool
}

func (t *httpTransport) ready(ctx context.Context, model string) error {
	for _, path := range []string{"/v2/health/ready", "/v2/models/" + model + "/ready"} {
		if err := t.get(ctx, path, nil); err != nil {
			return err
		}
	}
	var server struct {
		Extensions []string `json:"extensions"`
	}
	if err := t.get(ctx, "/v2", &server); err != nil {
		return err
	}
	t.binary.Store(slices.Contains(server.Extensions, binaryExtension))
	return nil
}

func (t *httpTransport) ports(ctx context.Context, model string) (inputs, outputs []port, err error) {
	var m struct {
		Inputs  []port `json:"inputs"`
		Outputs []port `json:"outputs"`
	}
	err = t.get(ctx, "/v2/models/"+model, &m)
	return m.Inputs, m.Outputs, err
}

// get reads the JSON at a path, if into is not nil.
func (t *httpTransport) get(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.url+path, nil)
	if err != nil {
		return err
	}
	resp, err := t.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", path, err)
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("%s: status %d%s", path, resp.StatusCode, reason(data))
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// reason is what the server says about a failure, on one short line.
func reason(body []byte) string {
	var e struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &e) != nil || e.Error == "" {
		return ""
	}
	const most = 200
	line := strings.Join(strings.Fields(e.Error), " ")
	return ": " + line[:min(len(line), most)]
}

func (t *httpTransport) infer(ctx context.Context, g graph, inputs [][]int64) ([][]float32, error) {
	binary := t.binary.Load()
	body, header, err := encodeRequest(g, inputs, binary)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url+"/v2/models/"+g.model+"/infer", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	// A run changes nothing, so a connection that the server has closed in the
	// meantime is replaced; without values the header is not sent.
	req.Header["Idempotency-Key"] = nil
	req.Header.Set("Content-Type", "application/json")
	if binary {
		req.Header.Set("Content-Type", "application/octet-stream")
		req.Header.Set(headerLength, strconv.Itoa(header))
	}
	resp, err := t.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return decodeAnswer(g, data, resp.Header.Get(headerLength))
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return nil, &refusedError{resp.Status}
	}
	// Without the server's words, which may repeat what it was sent.
	return nil, fmt.Errorf("status %d", resp.StatusCode)
}

func (t *httpTransport) close() error {
	t.client.CloseIdleConnections()
	return nil
}
