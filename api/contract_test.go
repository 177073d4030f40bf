package api_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/prune"
	"github.com/ragprune/ragprune/prune/messages"
)

// contract is a transport that holds every exchange against openapi.yaml: an
// answer must be one that the contract lists, and a request that was answered
// with 2xx must be one that the contract allows.
type contract struct {
	t      testing.TB
	doc    *openapi3.T
	router routers.Router
	next   http.RoundTripper
}

// maxChecked is the size up to which request bodies are held against the
// contract; longer ones are there for their length.
const maxChecked = 1 << 20

func newContract(t testing.TB) *contract {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(api.Contract())
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil // paths alone decide
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &contract{t: t, doc: doc, router: router, next: http.DefaultTransport}
}

func (c *contract) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent buffer
	if r.Body != nil {
		body := r.Body
		r = r.Clone(r.Context())
		r.Body = struct {
			io.Reader
			io.Closer
		}{io.TeeReader(body, &sent), body}
	}
	resp, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if err := resp.Body.Close(); err != nil {
		return nil, err
	}
	c.check(r, sent.bytes(), resp, got)
	resp.Body = io.NopCloser(bytes.NewReader(got))
	return resp, nil
}

// buffer collects what is sent; the transport may still send when the answer
// is there.
type buffer struct {
	mu   sync.Mutex
	data []byte
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.data = append(b.data, p...)
	return len(p), nil
}

func (b *buffer) bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.data)
}

// check fails the test if the exchange is not one of the contract.
func (c *contract) check(r *http.Request, sent []byte, resp *http.Response, got []byte) {
	c.t.Helper()
	if err := c.verify(r, sent, resp, got); err != nil {
		c.t.Errorf("%s %s gives %d, against the contract: %v\n%.2000s", r.Method, r.URL.Path, resp.StatusCode, err, got)
	}
}

func (c *contract) verify(r *http.Request, sent []byte, resp *http.Response, got []byte) error {
	if resp.Header.Get("X-Request-Id") == "" {
		return fmt.Errorf("no X-Request-Id")
	}
	if r.Method == http.MethodHead {
		return nil
	}
	got, err := plain(resp.Header, got)
	if err != nil {
		return err
	}
	r = r.Clone(context.Background())
	route, params, err := c.router.FindRoute(r)
	if err != nil {
		return c.verifyProblem(resp, got)
	}
	sent, err = plain(r.Header, sent)
	if err != nil {
		return nil // what cannot be unpacked is not JSON, and was refused
	}
	sent = bytes.TrimPrefix(sent, []byte("\uFEFF")) // RFC 8259, section 8.1: may be ignored
	r.Body, r.GetBody = io.NopCloser(bytes.NewReader(sent)), nil
	r.Header.Del("Content-Encoding")
	if r.Header.Get("Content-Type") == "" && len(sent) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	input := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	badItems := strings.HasSuffix(r.URL.Path, "/batch") && bytes.Contains(got, []byte(`"problem"`))
	if resp.StatusCode/100 == 2 && len(sent) <= maxChecked && !badItems {
		if err := openapi3filter.ValidateRequest(context.Background(), input); err != nil {
			return fmt.Errorf("accepted a request that it should not: %w", err)
		}
	}
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if media == ndjson {
		if err := verifyLines(route.Operation.Responses.Status(resp.StatusCode).Value.Content[ndjson].Schema.Value, got); err != nil {
			return err
		}
	}
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input,
		Status:                 resp.StatusCode,
		Header:                 resp.Header,
		Body:                   io.NopCloser(bytes.NewReader(got)),
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true,
			ExcludeResponseBody:   media == ndjson || !strings.HasSuffix(media, "json"),
		},
	})
}

// verifyLines checks every line of an answer, and that the last one is a last
// one.
func verifyLines(schema *openapi3.Schema, body []byte) error {
	last := ""
	for line := range bytes.Lines(body) {
		var v map[string]any
		if err := json.Unmarshal(line, &v); err != nil {
			return err
		}
		if err := schema.VisitJSON(v); err != nil {
			return err
		}
		last, _ = v["type"].(string)
	}
	if last != "end" && last != "error" {
		return fmt.Errorf("the last line is of type %q", last)
	}
	return nil
}

// verifyProblem checks the answer to a request that is not in the contract.
func (c *contract) verifyProblem(resp *http.Response, got []byte) error {
	if resp.StatusCode != http.StatusNotFound && resp.StatusCode != http.StatusMethodNotAllowed {
		return fmt.Errorf("not a path and method of the contract")
	}
	if ct := resp.Header.Get("Content-Type"); ct != "application/problem+json" {
		return fmt.Errorf("content type %q", ct)
	}
	var v any
	if err := json.Unmarshal(got, &v); err != nil {
		return err
	}
	return c.doc.Components.Schemas["Problem"].Value.VisitJSON(v)
}

// plain undoes a Content-Encoding.
func plain(h http.Header, body []byte) ([]byte, error) {
	if !strings.EqualFold(h.Get("Content-Encoding"), "gzip") {
		return body, nil
	}
	zip, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(zip, 64<<20))
}

// serve starts a server with o and returns its address and a client that holds
// every exchange against the contract.
func serve(t testing.TB, o api.Options) (url string, c *http.Client) {
	t.Helper()
	h, err := api.New(o)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(h)
	s.Config = api.NewServer("", h, api.Timeouts{}, nil)
	s.Start()
	t.Cleanup(s.Close)
	check := newContract(t)
	check.next = s.Client().Transport
	return s.URL, &http.Client{Transport: check}
}

func TestContractIsValid(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(api.Contract())
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Error(err)
	}
}

// Generated TypeScript makes a property with a default mandatory.
func TestContractHasNoDefaults(t *testing.T) {
	if bytes.Contains(api.Contract(), []byte("default:")) {
		t.Error("openapi.yaml declares a default")
	}
}

func TestContractAsJSON(t *testing.T) {
	url, c := serve(t, api.Options{Pruner: fake{}})
	resp, err := c.Get(url + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	fromJSON, err := openapi3.NewLoader().LoadFromData(body)
	if err != nil {
		t.Fatal(err)
	}
	fromYAML, err := openapi3.NewLoader().LoadFromData(api.Contract())
	if err != nil {
		t.Fatal(err)
	}
	// The references in alternatives are written out there.
	if diff := cmp.Diff(written(asJSON(t, fromYAML)), written(asJSON(t, fromJSON))); diff != "" {
		t.Errorf("YAML and JSON differ (-yaml +json):\n%s", diff)
	}
	if !bytes.HasPrefix(body, []byte(`{"openapi":"3.0.3","info":{"title":"ragprune"`)) {
		t.Errorf("members are not in the order of the YAML: %.80s", body)
	}
}

func asJSON(t *testing.T, v any) (out any) {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// written returns doc with the references below anyOf, oneOf and allOf written
// out.
func written(doc any) any {
	var replace func(v any, alternative bool) any
	replace = func(v any, alternative bool) any {
		switch v := v.(type) {
		case []any:
			out := make([]any, len(v))
			for i, item := range v {
				out[i] = replace(item, alternative)
			}
			return out
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok && alternative {
				target := doc
				for name := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
					target = target.(map[string]any)[name]
				}
				return replace(target, true)
			}
			out := make(map[string]any, len(v))
			for name, item := range v {
				out[name] = replace(item, alternative || slices.Contains([]string{"anyOf", "oneOf", "allOf"}, name))
			}
			return out
		}
		return v
	}
	return replace(doc, false)
}

// Every route is in the contract and the other way round.
func TestContractHasTheRoutes(t *testing.T) {
	h, err := api.New(api.Options{Pruner: fake{}})
	if err != nil {
		t.Fatal(err)
	}
	var served, declared []string
	err = chi.Walk(h.Routes(), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		served = append(served, method+" "+route)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range newContract(t).doc.Paths.Map() {
		for method := range item.Operations() {
			declared = append(declared, method+" "+path)
		}
	}
	slices.Sort(served)
	slices.Sort(declared)
	if diff := cmp.Diff(declared, served); diff != "" {
		t.Errorf("routes (-contract +served):\n%s", diff)
	}
}

func TestContractNamesTheCodes(t *testing.T) {
	doc := newContract(t).doc
	described := doc.Components.Schemas["Problem"].Value.Properties["code"].Value.Description
	for _, code := range api.Codes() {
		if !strings.Contains(described, "`"+string(code)+"`") {
			t.Errorf("code %s is not described", code)
		}
		if s := code.Status(); s < 400 || s > 599 || code.Title() == "" {
			t.Errorf("code %s has status %d, title %q", code, s, code.Title())
		}
	}
}

// The JSON names of the Go types and the properties of the schemas agree, and
// what Go never leaves out is required.
func TestContractHasTheFields(t *testing.T) {
	doc := newContract(t).doc
	for name, typ := range map[string]reflect.Type{
		"PruneRequest":    reflect.TypeFor[prune.Request](),
		"Document":        reflect.TypeFor[prune.Document](),
		"CoarseStep":      reflect.TypeFor[prune.Coarse](),
		"KeepRules":       reflect.TypeFor[prune.Keep](),
		"PruneAnswer":     reflect.TypeFor[prune.Response](),
		"Result":          reflect.TypeFor[prune.Result](),
		"KeptSpan":        reflect.TypeFor[prune.Kept](),
		"Tokens":          reflect.TypeFor[prune.Tokens](),
		"Degraded":        reflect.TypeFor[prune.Degraded](),
		"Warning":         reflect.TypeFor[htmlprune.Warning](),
		"UnitScore":       reflect.TypeFor[prune.UnitScore](),
		"Usage":           reflect.TypeFor[prune.Usage](),
		"Timing":          reflect.TypeFor[prune.Timing](),
		"MessagesRequest": reflect.TypeFor[messages.Request](),
		"MessagesContext": reflect.TypeFor[messages.Options](),
		"MessagesMark":    reflect.TypeFor[messages.Mark](),
		"MessagesAnswer":  reflect.TypeFor[messages.Answer](),
		"MessagesPiece":   reflect.TypeFor[messages.Piece](),
		"ServerInfo":      reflect.TypeFor[api.Info](),
		"ModelInfo":       reflect.TypeFor[api.ModelInfo](),
		"ServerLimits":    reflect.TypeFor[api.InfoLimits](),
		"TEIModelType":    reflect.TypeFor[api.TEIModelType](),
		"TEILabels":       reflect.TypeFor[api.TEILabels](),
	} {
		schema := doc.Components.Schemas[name].Value
		fields := make(map[string]string)
		var required []string
		for _, f := range reflect.VisibleFields(typ) {
			if f.Anonymous {
				continue
			}
			tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if tag == "-" {
				continue
			}
			fields[tag] = jsonTypeOf(f.Type)
			if options == "" {
				required = append(required, tag)
			}
		}
		properties := make(map[string]string)
		for tag, p := range schema.Properties {
			typed := p.Value
			for _, alternatives := range []openapi3.SchemaRefs{typed.OneOf, typed.AllOf} {
				if len(alternatives) > 0 {
					typed = alternatives[0].Value
				}
			}
			properties[tag] = typed.Type.Slice()[0]
		}
		if diff := cmp.Diff(fields, properties); diff != "" {
			t.Errorf("%s (-%s +openapi.yaml):\n%s", name, typ, diff)
		}
		slices.Sort(required)
		listed := slices.Sorted(slices.Values(schema.Required))
		if diff := cmp.Diff(required, listed); diff != "" {
			t.Errorf("%s, required (-%s +openapi.yaml):\n%s", name, typ, diff)
		}
	}
}

func jsonTypeOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return jsonTypeOf(t.Elem())
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int64:
		return "integer"
	case reflect.Float64:
		return "number"
	case reflect.Slice:
		return "array"
	}
	return "object"
}

// The words of Go are the words of the contract.
func TestContractHasTheWords(t *testing.T) {
	doc := newContract(t).doc
	for property, want := range map[string][]any{
		"order":       {string(prune.OrderInput), string(prune.OrderScore)},
		"format":      {string(prune.FormatSame), string(prune.FormatText), string(prune.FormatHTML), string(prune.FormatMarkdown)},
		"scorer":      {string(prune.ScorerLabel), string(prune.ScorerBM25), string(prune.ScorerEmbed), string(prune.ScorerHybrid), string(prune.ScorerFused), string(prune.ScorerGenerate)},
		"boilerplate": {string(prune.BoilerplateDemote), string(prune.BoilerplateKeep), string(prune.BoilerplateDrop)},
		"fill":        {string(prune.FillGreedy), string(prune.FillKnapsack)},
		"on_empty":    {string(prune.OnEmptyEmpty), string(prune.OnEmptyBest), string(prune.OnEmptyOriginal)},
		"offsets":     {string(htmlprune.Codepoint), string(htmlprune.Byte), string(htmlprune.UTF16)},
	} {
		got := doc.Components.Schemas["PruneRequest"].Value.Properties[property].Value.Enum
		want = append(want, nil) // nullable alone does not allow null beside an enum
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-go +openapi.yaml):\n%s", property, diff)
		}
	}
	coarse := []any{string(prune.CoarseAuto), string(prune.CoarseBM25), string(prune.CoarseEmbed), string(prune.CoarseHybrid), string(prune.CoarseNone), nil}
	if diff := cmp.Diff(coarse, doc.Components.Schemas["CoarseStep"].Value.Properties["scorer"].Value.Enum); diff != "" {
		t.Errorf("coarse (-go +openapi.yaml):\n%s", diff)
	}
}

// The field prune of the rerank paths takes what /prune takes, but for what
// their bodies say themselves.
func TestContractHasThePruneOptions(t *testing.T) {
	schemas := newContract(t).doc.Components.Schemas
	want := asJSON(t, schemas["PruneRequest"].Value.Properties).(map[string]any)
	for _, name := range []string{"query", "documents", "top_n", "order", "min_score"} {
		delete(want, name)
	}
	if diff := cmp.Diff(want, asJSON(t, schemas["PruneOptions"].Value.Properties)); diff != "" {
		t.Errorf("PruneOptions (-PruneRequest +PruneOptions):\n%s", diff)
	}
}

// Beside an enumeration null is only allowed if it is listed; it is last, where
// the generator of the Go client takes it away.
func TestContractListsNull(t *testing.T) {
	for name, p := range newContract(t).doc.Components.Schemas["PruneRequest"].Value.Properties {
		enum := p.Value.Enum
		if len(enum) > 0 && (!p.Value.Nullable || enum[len(enum)-1] != nil) {
			t.Errorf("%s: nullable is %v and the last value %v, want null", name, p.Value.Nullable, enum[len(enum)-1])
		}
	}
}
