package api_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/prune"
)

// divider stands between request and answer in testdata/exchanges.
const divider = "\n=== answer ===\n"

// The files of testdata/exchanges hold a request as it goes over the wire and
// the answer to it, with times left out. -update writes the answers again.
func TestExchanges(t *testing.T) {
	goldens(t, "testdata/exchanges/*.http", api.Options{
		Pruner: fake{},
		Keys:   map[string]string{"tests": "a-key-for-tests"},
		Info: api.Info{
			Version: "v0.0.0-test",
			Model:   api.ModelInfo{Name: "fake", Version: "1", Licence: "Apache-2.0", MaxTokens: 512},
			Embedder: &api.ModelInfo{
				Name: "fake-embed", Version: "1", Licence: "MIT",
			},
			Presets: map[string]float64{"safe": 0.05, "balanced": 0.1, "aggressive": 0.5},
			Scorers: []prune.Scorer{prune.ScorerLabel, prune.ScorerBM25},
			ScorerPresets: map[prune.Scorer]map[string]float64{
				prune.ScorerLabel: {"safe": 0.05, "balanced": 0.1, "aggressive": 0.5},
				prune.ScorerBM25:  {"safe": 0.02, "balanced": 0.05, "aggressive": 0.15},
			},
			Limits: api.InfoLimits{Documents: 1000},
		},
		Limits: api.Limits{Workers: 4, BodyBytes: 1 << 20},
	})
}

// goldens performs the exchanges of files against a server with o.
func goldens(t *testing.T, pattern string, o api.Options) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	url, c := serve(t, o)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			request, want := readExchange(t, file)
			got := perform(t, c, url, request)
			if *update {
				if err := os.WriteFile(file, []byte(request+divider+got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" && !*update {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

func readExchange(t testing.TB, file string) (request, answer string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	request, answer, _ = strings.Cut(string(content), divider)
	return request, answer
}

// perform sends a written request, with the key of the tests unless it brings
// its own, and returns the answer in writing.
func perform(t *testing.T, c *http.Client, url, written string) string {
	t.Helper()
	head, body, _ := strings.Cut(written, "\n\n")
	line, header, _ := strings.Cut(head, "\n")
	method, path, _ := strings.Cut(line, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Request-Id", "golden")
	r.Header.Set("X-API-Key", "a-key-for-tests")
	lines := bufio.NewScanner(strings.NewReader(header))
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		r.Header.Set(name, value)
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, resp, answer)
}

// write returns status, telling headers and body of an answer.
func write(t *testing.T, resp *http.Response, body []byte) string {
	t.Helper()
	var out strings.Builder
	fmt.Fprintln(&out, resp.StatusCode)
	for _, name := range []string{"Content-Type", "X-Request-Id", "Allow", "WWW-Authenticate", "Accept-Encoding", "Cache-Control"} {
		if values := resp.Header.Values(name); len(values) > 0 {
			fmt.Fprintf(&out, "%s: %s\n", name, strings.Join(values, ", "))
		}
	}
	out.WriteByte('\n')
	values := [][]byte{body}
	if resp.Header.Get("Content-Type") == ndjson {
		values = slices.Collect(bytes.Lines(body))
	}
	for _, value := range values {
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, bytes.TrimSpace(value), "", "  "); err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		out.Write(withoutTimes(t, pretty.Bytes()))
		out.WriteByte('\n')
	}
	return out.String()
}

const ndjson = "application/x-ndjson"

// withoutTimes returns body with the members of every timing_ms set to 0.
func withoutTimes(t *testing.T, body []byte) []byte {
	t.Helper()
	before, rest, found := bytes.Cut(body, []byte(`"timing_ms": {`))
	if !found {
		return body
	}
	times, after, _ := bytes.Cut(rest, []byte("}"))
	after = withoutTimes(t, after)
	var zeroed bytes.Buffer
	for line := range bytes.Lines(times) {
		if name, value, ok := bytes.Cut(line, []byte(": ")); ok {
			line = append(append(bytes.Clone(name), ": 0"...), value[len(bytes.TrimRight(value, ",\n")):]...)
		}
		zeroed.Write(line)
	}
	return bytes.Join([][]byte{before, []byte(`"timing_ms": {`), zeroed.Bytes(), []byte("}"), after}, nil)
}
