package api_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/prune"
)

// answer is what the tests of bad input look at.
type answer struct {
	Status  int
	Code    string
	Pointer string // of the first field named
	Field   string // its code
}

// post sends a body to /prune and returns what matters of the answer, and all
// of its body.
func post(t testing.TB, c *http.Client, url string, body []byte, header ...string) (answer, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/prune", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	status, got := do(t, c, r)
	var p struct {
		Code   string
		Errors []struct{ Pointer, Code string }
	}
	if err := json.Unmarshal([]byte(got), &p); err != nil {
		t.Fatalf("%v in %.200s", err, got)
	}
	a := answer{Status: status, Code: p.Code}
	if len(p.Errors) > 0 {
		a.Pointer, a.Field = p.Errors[0].Pointer, p.Errors[0].Code
	}
	return a, got
}

// do returns status and body of the answer to r.
func do(t testing.TB, c *http.Client, r *http.Request) (status int, body string) {
	t.Helper()
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(got)
}

// zipped compresses body as it is sent with Content-Encoding: gzip.
func zipped(t testing.TB, body []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	if _, err := zip.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// secret is in many bodies and must never be in an answer to them.
const secret = "CONFIDENTIAL"

func TestBadBodies(t *testing.T) {
	deep := strings.Repeat("[", 1_000_000)
	for name, test := range map[string]struct {
		body string
		want answer
	}{
		"empty":                 {"", answer{400, "empty_body", "", ""}},
		"white space":           {" \r\n\t ", answer{400, "empty_body", "", ""}},
		"not JSON":              {secret, answer{400, "invalid_json", "", "syntax"}},
		"cut off":               {`{"query": "CONFIDENTIAL`, answer{400, "invalid_json", "/query", "syntax"}},
		"trailing text":         {`{"query": "a", "documents": ["b"]} CONFIDENTIAL`, answer{400, "invalid_json", "", "syntax"}},
		"two requests":          {`{"query": "a", "documents": ["b"]}{}`, answer{400, "invalid_json", "", "syntax"}},
		"single quotes":         {`{'query': 'a'}`, answer{400, "invalid_json", "", "syntax"}},
		"NaN":                   {`{"query": "a", "documents": ["b"], "threshold": NaN}`, answer{400, "invalid_json", "/threshold", "syntax"}},
		"infinity":              {`{"query": "a", "documents": ["b"], "threshold": -Infinity}`, answer{400, "invalid_json", "/threshold", "syntax"}},
		"leading zero":          {`{"query": "a", "documents": ["b"], "top_n": 01}`, answer{400, "invalid_json", "", "syntax"}},
		"control character":     {"{\"query\": \"a\x01\"}", answer{400, "invalid_json", "/query", "syntax"}},
		"UTF-16":                {"\xff\xfe{\x00}\x00", answer{400, "invalid_json", "", "syntax"}},
		"array":                 {`["CONFIDENTIAL"]`, answer{400, "invalid_body", "", "type"}},
		"string":                {`"CONFIDENTIAL"`, answer{400, "invalid_body", "", "type"}},
		"query a number":        {`{"query": 1}`, answer{400, "invalid_body", "/query", "type"}},
		"documents a string":    {`{"query": "a", "documents": "CONFIDENTIAL"}`, answer{400, "invalid_body", "/documents", "type"}},
		"document a number":     {`{"query": "a", "documents": ["b", 3]}`, answer{400, "invalid_body", "/documents/1", "type"}},
		"document a list":       {`{"query": "a", "documents": [["CONFIDENTIAL"]]}`, answer{400, "invalid_body", "/documents/0", "type"}},
		"text an object":        {`{"query": "a", "documents": [{"text": {"x": "CONFIDENTIAL"}}]}`, answer{400, "invalid_body", "/documents/0/text", "type"}},
		"id a number":           {`{"query": "a", "documents": [{"id": 7}]}`, answer{400, "invalid_body", "/documents/0/id", "type"}},
		"metadata a string":     {`{"query": "a", "documents": [{"metadata": "CONFIDENTIAL"}]}`, answer{400, "invalid_body", "/documents/0/metadata", "type"}},
		"threshold a string":    {`{"query": "a", "documents": ["b"], "threshold": "0.1"}`, answer{400, "invalid_body", "/threshold", "type"}},
		"threshold huge":        {`{"query": "a", "documents": ["b"], "threshold": 1e999}`, answer{400, "invalid_body", "/threshold", "out_of_range"}},
		"explain a string":      {`{"query": "a", "documents": ["b"], "explain": "true"}`, answer{400, "invalid_body", "/explain", "type"}},
		"max_tokens a fraction": {`{"query": "a", "documents": ["b"], "max_tokens": 1.5}`, answer{400, "invalid_body", "/max_tokens", "type"}},
		"max_tokens huge":       {`{"query": "a", "documents": ["b"], "max_tokens": 99999999999999999999}`, answer{400, "invalid_body", "/max_tokens", "out_of_range"}},
		"format a number":       {`{"query": "a", "documents": ["b"], "format": 3}`, answer{400, "invalid_body", "/format", "type"}},
		"patterns a string":     {`{"query": "a", "documents": ["b"], "keep": {"patterns": "x"}}`, answer{400, "invalid_body", "/keep/patterns", "type"}},
		"unknown field":         {`{"query": "a", "documents": ["b"], "CONFIDENTIAL": "CONFIDENTIAL"}`, answer{400, "invalid_body", "/CONFIDENTIAL", "unknown_field"}},
		"other case":            {`{"Query": "a"}`, answer{400, "invalid_body", "/Query", "unknown_field"}},
		"unknown in document":   {`{"query": "a", "documents": [{"txt": "CONFIDENTIAL"}]}`, answer{400, "invalid_body", "/documents/0/txt", "unknown_field"}},
		"unknown with escapes":  {`{"a/b~c": 1}`, answer{400, "invalid_body", "/a~1b~0c", "unknown_field"}},
		"long unknown field":    {`{"query": "a", "documents": [{"` + strings.Repeat(secret, 50_000) + `": 1}]}`, answer{400, "invalid_body", "/documents/0", "unknown_field"}},
		"namespace":             {`{"query": "a", "documents": ["b"], "Namespace": "x"}`, answer{400, "invalid_body", "/Namespace", "unknown_field"}},
		"field twice":           {`{"query": "a", "query": "CONFIDENTIAL"}`, answer{400, "invalid_body", "/query", "duplicate_name"}},
		"metadata twice":        {`{"query": "a", "documents": [{"metadata": {"x": 1, "x": "CONFIDENTIAL"}}]}`, answer{400, "invalid_body", "/documents/0/metadata/x", "duplicate_name"}},
		"deep":                  {deep, answer{400, "invalid_body", "", "type"}},
		"deep documents":        {`{"query": "a", "documents": ` + deep, answer{400, "invalid_body", "/documents/0", "type"}},
		"deep unknown field":    {`{"query": "a", "x": ` + deep, answer{400, "invalid_body", "/x", "unknown_field"}},
		"deep metadata":         {`{"query": "a", "documents": [{"metadata": {"x": ` + deep, answer{400, "invalid_body", "/documents/0/metadata/x", "depth"}},
		"65 levels of metadata": {`{"query": "a", "documents": [{"metadata": {"x": ` + strings.Repeat(`[`, 65) + strings.Repeat(`]`, 65) + `}}]}`, answer{400, "invalid_body", "/documents/0/metadata/x", "depth"}},
		"too large":             {`{"query": "` + strings.Repeat(secret, 1<<20), answer{413, "body_too_large", "", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			url, c := serve(t, api.Options{Pruner: refuse(t), Limits: api.Limits{BodyBytes: 4 << 20}})
			got, body := post(t, c, url, []byte(test.body))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s%.500s", diff, body)
			}
			if name != "unknown field" && strings.Contains(body, secret) {
				t.Errorf("the answer quotes the request: %.500s", body)
			}
			if strings.Contains(body, "prune.") || strings.Contains(body, "json:") || strings.Contains(body, "Go ") {
				t.Errorf("the answer tells about the program: %s", body)
			}
		})
	}
}

// refuse is a pruner that bad bodies must not reach.
func refuse(t *testing.T) api.Pruner {
	return pruneFunc(func(context.Context, prune.Request) (*prune.Response, error) {
		t.Error("the request reached the pruner")
		return &prune.Response{}, nil
	})
}

func TestBadHeaders(t *testing.T) {
	ok := []byte(`{"query": "a", "documents": ["b"]}`)
	bomb := zipped(t, bytes.Repeat([]byte(" "), 64<<20))
	cut := zipped(t, ok)
	damaged := zipped(t, bytes.Repeat(ok, 100))
	copy(damaged[20:], "damage damage")
	for name, test := range map[string]struct {
		body   []byte
		header []string
		want   answer
	}{
		"text":            {ok, []string{"Content-Type", "text/plain"}, answer{415, "unsupported_media_type", "", ""}},
		"form":            {ok, []string{"Content-Type", "application/x-www-form-urlencoded"}, answer{415, "unsupported_media_type", "", ""}},
		"other charset":   {ok, []string{"Content-Type", "application/json; charset=latin1"}, answer{415, "unsupported_media_type", "", ""}},
		"no media type":   {ok, []string{"Content-Type", "json"}, answer{415, "unsupported_media_type", "", ""}},
		"broken type":     {ok, []string{"Content-Type", "application/json; charset"}, answer{415, "unsupported_media_type", "", ""}},
		"deflate":         {ok, []string{"Content-Encoding", "deflate"}, answer{415, "unsupported_encoding", "", ""}},
		"gzip twice":      {ok, []string{"Content-Encoding", "gzip, gzip"}, answer{415, "unsupported_encoding", "", ""}},
		"not gzip":        {ok, []string{"Content-Encoding", "gzip"}, answer{400, "unreadable_body", "", ""}},
		"empty gzip":      {nil, []string{"Content-Encoding", "gzip"}, answer{400, "unreadable_body", "", ""}},
		"cut gzip":        {cut[:len(cut)-6], []string{"Content-Encoding", "gzip"}, answer{400, "unreadable_body", "", ""}},
		"damaged gzip":    {damaged, []string{"Content-Encoding", "gzip"}, answer{400, "unreadable_body", "", ""}},
		"gzip bomb":       {bomb, []string{"Content-Encoding", "gzip"}, answer{413, "body_too_large", "", ""}},
		"gzip of nothing": {zipped(t, nil), []string{"Content-Encoding", "gzip"}, answer{400, "empty_body", "", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			url, c := serve(t, api.Options{Pruner: refuse(t), Limits: api.Limits{BodyBytes: 1 << 20}})
			got, body := post(t, c, url, test.body, test.header...)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s%.500s", diff, body)
			}
		})
	}
}

func TestGoodBodies(t *testing.T) {
	ok := []byte(`{"query": "Paris", "documents": ["Paris. Cows."]}`)
	for name, test := range map[string]struct {
		body   []byte
		header []string
	}{
		"plain":           {ok, nil},
		"no type":         {ok, []string{"Content-Type", ""}},
		"charset":         {ok, []string{"Content-Type", `application/json; charset="UTF-8"`}},
		"byte order mark": {append([]byte("\xef\xbb\xbf"), ok...), nil},
		"gzip":            {zipped(t, ok), []string{"Content-Encoding", "gzip"}},
		"gzip in parts":   {append(zipped(t, ok[:9]), zipped(t, ok[9:])...), []string{"Content-Encoding", "GZIP"}},
		"identity":        {ok, []string{"Content-Encoding", "identity"}},
		"up to the limit": {append(bytes.Repeat([]byte(" "), 1<<20-len(ok)), ok...), nil},
	} {
		t.Run(name, func(t *testing.T) {
			url, c := serve(t, api.Options{Pruner: fake{}, Limits: api.Limits{BodyBytes: 1 << 20}})
			if got, body := post(t, c, url, test.body, test.header...); got.Status != http.StatusOK {
				t.Errorf("%+v: %s", got, body)
			}
		})
	}
}

// The limit holds for bodies whose length is not known before, too.
func TestBodyOfUnknownLength(t *testing.T) {
	url, c := serve(t, api.Options{Pruner: refuse(t), Limits: api.Limits{BodyBytes: 1000}})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/prune", io.LimitReader(zeros{}, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(r) // chunked: the length is not known before
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", resp.StatusCode)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// A client that sends all of a large body before it reads gets the answer, not
// a reset connection.
func TestTooLargeIsAnswered(t *testing.T) {
	const limit = 1 << 20
	for name, head := range map[string]string{
		"length known":   "Content-Length: 2000000\r\n\r\n",
		"length unknown": "Transfer-Encoding: chunked\r\n\r\n1e8480\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			url, _ := serve(t, api.Options{Pruner: refuse(t), Limits: api.Limits{BodyBytes: limit}})
			conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			body := head + strings.Repeat(" ", 2_000_000)
			if strings.Contains(head, "chunked") {
				body += "\r\n0\r\n\r\n"
			}
			if _, err := io.WriteString(conn, "POST /prune HTTP/1.1\r\nHost: x\r\n"+body); err != nil {
				t.Fatal(err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("status %d", resp.StatusCode)
			}
		})
	}
}
