package remote_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/ragprune/ragprune/models/remote"
)

func TestOptions(t *testing.T) {
	junk := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(junk, []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		change func(*remote.Options)
		field  string
		want   string
	}{
		"none":     {func(o *remote.Options) { o.Endpoints = nil }, "Endpoints", "there is none"},
		"no URL":   {func(o *remote.Options) { o.Endpoints = []string{"http://a:b:c"} }, "Endpoints", "no URL"},
		"scheme":   {func(o *remote.Options) { o.Endpoints = []string{"ftp://a"} }, "Endpoints", `"ftp" is not known`},
		"no host":  {func(o *remote.Options) { o.Endpoints = []string{"http://"} }, "Endpoints", "no host"},
		"secret":   {func(o *remote.Options) { o.Endpoints = []string{"http://me:secret@a"} }, "Endpoints", "user or a password"},
		"query":    {func(o *remote.Options) { o.Endpoints = []string{"http://a?b=c"} }, "Endpoints", "behind its path"},
		"no port":  {func(o *remote.Options) { o.Endpoints = []string{"grpc://a"} }, "Endpoints", "scheme://host:port"},
		"v2":       {func(o *remote.Options) { o.Endpoints = []string{"http://a/v2/"} }, "Endpoints", "leave out /v2"},
		"twice":    {func(o *remote.Options) { o.Endpoints = []string{"http://a", "http://a/"} }, "Endpoints", "twice"},
		"no model": {func(o *remote.Options) { o.Model = "" }, "Model", `""`},
		"model":    {func(o *remote.Options) { o.Model = "a/b" }, "Model", `"a/b"`},
		"timeout":  {func(o *remote.Options) { o.Timeout = time.Hour }, "Timeout", "1h0m0s"},
		"no TLS":   {func(o *remote.Options) { o.Endpoints, o.CAFile = o.Endpoints[:1], junk }, "CAFile", "endpoint with TLS"},
		"junk":     {func(o *remote.Options) { o.Endpoints, o.CAFile = []string{"https://a"}, junk }, "CAFile", "no certificate"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := remote.Options{Endpoints: []string{"http://a:8000", "grpcs://a:8001"}, Model: "m"}
			if err := o.Validate(); err != nil {
				t.Fatalf("before the change: %v", err)
			}
			tt.change(&o)
			err := o.Validate()
			option, ok := errors.AsType[*remote.OptionError](err)
			if !ok || option.Field != tt.field || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("error is %v, want one of %s that says %q", err, tt.field, tt.want)
			}
		})
	}
}

// fake is an engine whose model is said to be the default bundle's.
type fake struct {
	*httptest.Server
	// answer, if not nil, is what runs get instead of an answer.
	answer atomic.Pointer[http.HandlerFunc]
	// ready is what the server says of itself.
	ready  atomic.Int32
	runs   atomic.Int32
	binary bool
	ports  string
}

const usualPorts = `{"inputs": [{"name": "input_ids", "datatype": "INT64"}, {"name": "attention_mask", "datatype": "INT64"},
	{"name": "token_type_ids", "datatype": "INT64"}], "outputs": [{"name": "keep_logits", "datatype": "FP32"}, {"name": "rank_logit", "datatype": "FP32"}]}`

func newFake(t *testing.T) *fake {
	f := &fake{ports: usualPorts}
	f.ready.Store(http.StatusOK)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v2/health/ready", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(int(f.ready.Load())) })
	mux.HandleFunc("GET /v2/models/{model}/ready", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /v2/models/ragprune-small", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, f.ports) })
	mux.HandleFunc("GET /v2", func(w http.ResponseWriter, _ *http.Request) {
		extensions := `["classification"]`
		if f.binary {
			extensions = `["classification", "binary_tensor_data"]`
		}
		_, _ = io.WriteString(w, `{"name": "fake", "extensions": `+extensions+`}`)
	})
	mux.HandleFunc("POST /v2/models/ragprune-small/infer", f.infer)
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	return f
}

// infer gives each token its id, less a quarter, as its logit, and 7 for the rank.
func (f *fake) infer(w http.ResponseWriter, r *http.Request) {
	if f.runs.Add(1); f.answer.Load() != nil {
		(*f.answer.Load())(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	header := len(body)
	if f.binary {
		header, _ = strconv.Atoi(r.Header.Get("Inference-Header-Content-Length"))
	}
	var request struct {
		Inputs []struct {
			Name  string
			Shape []int
			Data  []int64
		}
	}
	if err := json.Unmarshal(body[:header], &request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	ids := request.Inputs[0].Data
	for i := range request.Inputs[0].Shape[1] {
		if f.binary {
			ids = append(ids, int64(binary.LittleEndian.Uint64(body[header+8*i:])))
		}
	}
	keep := make([]float32, len(ids))
	var raw []byte
	for i, id := range ids {
		keep[i] = float32(id) - 0.25
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(keep[i]))
	}
	outputs := []map[string]any{
		{"name": "rank_logit", "datatype": "FP32", "shape": []int{1}, "data": []int{7}},
		{"name": "keep_logits", "datatype": "FP32", "shape": []int{1, len(ids)}},
	}
	if f.binary {
		outputs[1]["parameters"] = map[string]int{"binary_data_size": len(raw)}
	} else {
		outputs[1]["data"], raw = keep, nil
	}
	answer, _ := json.Marshal(map[string]any{"outputs": outputs})
	if f.binary {
		w.Header().Set("Inference-Header-Content-Length", strconv.Itoa(len(answer)))
	}
	_, _ = w.Write(append(answer, raw...))
}

func (f *fake) fail(h http.HandlerFunc) { f.answer.Store(&h) }

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, `{"error": "the words"}`, code) }
}

func body(s string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, s) }
}

// Tensors travel as JSON, and as bytes where the server offers that.
func TestTensorsOverHTTP(t *testing.T) {
	for name, binary := range map[string]bool{"JSON": false, "binary": true} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.binary = binary
			got, err := connect(t, time.Second, f.URL).Run([]int64{5, 1 << 20, 0}, []int64{0, 0, 1})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([][]float32{{4.75, 1048575.75, -0.25}, {7}}, got); diff != "" {
				t.Errorf("outputs (-want +got):\n%s", diff)
			}
		})
	}
}

// An answer that is not what was asked for is a failure that another endpoint
// makes good.
func TestWrongAnswers(t *testing.T) {
	const rank = `{"name": "rank_logit", "datatype": "FP32", "shape": [1], "data": [1]}`
	tests := map[string]http.HandlerFunc{
		"status":       status(http.StatusServiceUnavailable),
		"no JSON":      body(`oops`),
		"no output":    body(`{"outputs": [` + rank + `]}`),
		"type":         body(`{"outputs": [` + rank + `, {"name": "keep_logits", "datatype": "FP16", "shape": [1, 2], "data": [1, 2]}]}`),
		"shape":        body(`{"outputs": [` + rank + `, {"name": "keep_logits", "datatype": "FP32", "shape": [1, 3], "data": [1, 2]}]}`),
		"huge shape":   body(`{"outputs": [` + rank + `, {"name": "keep_logits", "datatype": "FP32", "shape": [4611686018427387904, 4], "data": []}]}`),
		"no bytes":     body(`{"outputs": [` + rank + `, {"name": "keep_logits", "datatype": "FP32", "shape": [1, 2], "parameters": {"binary_data_size": 8}}]}`),
		"negative":     body(`{"outputs": [` + rank + `, {"name": "keep_logits", "datatype": "FP32", "shape": [1, 2], "parameters": {"binary_data_size": -8}}]}`),
		"wrong header": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Inference-Header-Content-Length", "99") },
		"redirect": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusTemporaryRedirect)
		},
		"cut off": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			bad, good := newFake(t), newFake(t)
			alone, both := connect(t, time.Second, bad.URL), connect(t, time.Second, bad.URL, good.URL)
			bad.fail(answer)
			if got, err := alone.Run([]int64{1, 2}, []int64{0, 0}); err == nil || strings.Contains(err.Error(), "the words") {
				t.Errorf("outputs are %v, error %v, want one without the server's words", got, err)
			}
			for range 4 {
				if _, err := both.Run([]int64{1, 2}, []int64{0, 0}); err != nil {
					t.Errorf("with another endpoint: %v", err)
				}
			}
		})
	}
}

// A request that an endpoint finds fault with is not sent to the others, and no
// reason to leave the endpoint alone.
func TestRefusedRequests(t *testing.T) {
	first, second := newFake(t), newFake(t)
	s := connect(t, time.Second, first.URL, second.URL)
	first.fail(status(http.StatusBadRequest))
	second.fail(status(http.StatusBadRequest))
	before := first.runs.Load() + second.runs.Load()
	for range 10 {
		if _, err := s.Run([]int64{1}, []int64{0}); err == nil || !strings.Contains(err.Error(), "refused: 400") {
			t.Errorf("error is %v", err)
		}
	}
	if n := first.runs.Load() + second.runs.Load() - before; n != 10 || s.Broken(0) || s.Broken(1) {
		t.Errorf("%d requests were sent for 10 runs, breakers are %v and %v", n, s.Broken(0), s.Broken(1))
	}
}

// A failing endpoint is left alone after three failures, and asked again once
// a probe succeeds.
func TestBreaker(t *testing.T) {
	f := newFake(t)
	b := openBundle(t)
	registry := prometheus.NewRegistry()
	s, err := remote.New(t.Context(), remote.Options{Endpoints: []string{f.URL}, Model: b.Name, Manifest: b.Manifest, Timeout: time.Second, Registry: registry})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	f.fail(status(http.StatusInternalServerError))
	f.ready.Store(http.StatusServiceUnavailable)
	before := f.runs.Load()
	for range 10 {
		if _, err := s.Run([]int64{1}, []int64{0}); err == nil {
			t.Error("a run does not fail")
		}
	}
	if n := f.runs.Load() - before; n != 3 || s.Healthy() {
		t.Errorf("%d requests were sent, healthy is %v", n, s.Healthy())
	}
	if _, err := s.Run([]int64{1}, []int64{0}); !errors.Is(err, remote.ErrUnavailable) {
		t.Errorf("error is %v, want ErrUnavailable", err)
	}
	f.answer.Store(nil)
	f.ready.Store(http.StatusOK)
	eventually(t, 10*time.Second, "the endpoint is asked again", s.Healthy)
	if _, err := s.Run([]int64{1}, []int64{0}); err != nil {
		t.Error(err)
	}
	want := `
		# HELP ragprune_engine_requests_total Requests to the serving engine, each one window.
		# TYPE ragprune_engine_requests_total counter
		ragprune_engine_requests_total{endpoint="` + f.URL + `",outcome="failed"} 3
		ragprune_engine_requests_total{endpoint="` + f.URL + `",outcome="ok"} 1
	`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "ragprune_engine_requests_total"); err != nil {
		t.Error(err)
	}
}

// The end of a caller's time ends the run, and says nothing about the endpoint.
func TestDeadlineOfTheCaller(t *testing.T) {
	f := newFake(t)
	s := connect(t, 10*time.Second, f.URL)
	f.fail(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	for range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if _, err := s.RunContext(ctx, []int64{1}, []int64{0}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v, want that of the deadline", err)
		}
		cancel()
	}
	if s.Broken(0) {
		t.Error("the endpoint is left alone")
	}
}

// What stops the start says what is wrong with the engine.
func TestNewRefuses(t *testing.T) {
	tests := map[string]struct {
		change func(*fake)
		want   string
	}{
		"not ready":      {func(f *fake) { f.ready.Store(http.StatusServiceUnavailable) }, "/v2/health/ready: status 503"},
		"gone":           {func(f *fake) { f.Close() }, "refused"},
		"no input":       {func(f *fake) { f.ports = strings.Replace(usualPorts, "input_ids", "tokens", 1) }, `no input "input_ids", which the manifest names; it has tokens, attention_mask`},
		"no output":      {func(f *fake) { f.ports = strings.Replace(usualPorts, "rank_logit", "logits", 1) }, `no output "rank_logit"`},
		"type of input":  {func(f *fake) { f.ports = strings.Replace(usualPorts, "INT64", "INT32", 1) }, `the input "input_ids" is of type INT32, want INT64`},
		"type of output": {func(f *fake) { f.ports = strings.Replace(usualPorts, "FP32", "FP16", 1) }, `the output "keep_logits" is of type FP16`},
		"another input":  {func(f *fake) { f.ports = strings.Replace(usualPorts, `[{`, `[{"name": "pixels"}, {`, 1) }, `wants the input "pixels"`},
		"does not run":   {func(f *fake) { f.fail(status(http.StatusInternalServerError)) }, "status 500"},
	}
	b := openBundle(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			tt.change(f)
			s, err := remote.New(t.Context(), remote.Options{Endpoints: []string{f.URL}, Model: b.Name, Manifest: b.Manifest, Timeout: time.Second})
			if err == nil {
				s.Close()
			}
			if option, ok := errors.AsType[*remote.OptionError](err); !ok || option.Field != "Endpoints" || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want one of Endpoints that says %q", err, tt.want)
			}
		})
	}
}
