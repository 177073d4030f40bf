package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/folder"
)

// modelsFolder is a folder with the tiny bundle as usual@1.0.0 and as other@1.0.0.
func modelsFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"usual", "other"} {
		b, err := folder.Add(dir, "../../models/ragprune-tiny", folder.AddOptions{})
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, name)
		if err := os.Rename(b.Dir, to); err != nil {
			t.Fatal(err)
		}
		changeManifest(t, to, func(m map[string]any) { m["name"], m["version"] = name, "1.0.0" })
	}
	return dir
}

// changeManifest exchanges the manifest of a bundle at once.
func changeManifest(t *testing.T, dir string, change func(m map[string]any)) {
	t.Helper()
	path := filepath.Join(dir, models.ManifestFile)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	change(m)
	if data, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".new", data, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// askModel prunes with a model and returns status and body.
func askModel(url, model string) (int, string, error) {
	body := fmt.Sprintf(`{"query": "who did it?", "documents": ["Ann did it. Bananas are yellow."], "model": %q}`, model)
	resp, err := http.Post(url+"/prune", "application/json", strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(answer), err
}

// offered returns the models of /v1/models, those not loaded with a "-".
func offered(t *testing.T, url string) (out []string) {
	t.Helper()
	resp, err := http.Get(url + "/v1/models")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var list struct {
		Data []struct {
			ID     string
			Loaded bool
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	for _, m := range list.Data {
		if !m.Loaded {
			m.ID = "-" + m.ID
		}
		out = append(out, m.ID)
	}
	return out
}

func wantOffered(t *testing.T, url string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, offered(t, url)); diff != "" {
		t.Errorf("on offer (-want +got):\n%s", diff)
	}
}

// metric returns the line of a metric that begins so, without it.
func metric(t *testing.T, url, start string) string {
	t.Helper()
	resp, err := http.Get(url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(body)) {
		if value, ok := strings.CutPrefix(line, start+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// Models are loaded when they are named and unloaded when memory is short, and
// their metrics come and go with them.
func TestServiceWithModels(t *testing.T) {
	dir := modelsFolder(t)
	size, err := os.Stat(filepath.Join(dir, "usual", "model.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	s := startService(t, "--models="+dir, "--model=usual", fmt.Sprintf("--model-bytes=%d", 3*size.Size()))
	wantOffered(t, s.url, "usual@1.0.0", "-other@1.0.0")
	for model, want := range map[string]string{
		"": "usual@1.0.0", "usual": "usual@1.0.0", "other": "other@1.0.0", "other@1.0.0": "other@1.0.0",
	} {
		status, body, err := askModel(s.url, model)
		if err != nil || status != http.StatusOK || !strings.Contains(body, `"model":"`+want+`"`) {
			t.Errorf("%q gives %d, %v, %s", model, status, err, body)
		}
	}
	if status, body, _ := askModel(s.url, "../other"); status != http.StatusUnprocessableEntity || !strings.Contains(body, "must be one of: usual@1.0.0, other@1.0.0") {
		t.Errorf("a path gives %d %s", status, body)
	}
	wantOffered(t, s.url, "usual@1.0.0", "other@1.0.0")
	for start, want := range map[string]string{
		"ragprune_models_loaded":                                   "2",
		`ragprune_model_loads_total{result="ok"}`:                  "2",
		`ragprune_requests_total{model="other@1.0.0",result="ok"}`: "2",
	} {
		if got := metric(t, s.operator, start); got != want {
			t.Errorf("%s is %q, want %s", start, got, want)
		}
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

// A model is exchanged while requests go on, and none of them fails. What is bad
// leaves everything as it was.
func TestReloadUnderRequests(t *testing.T) {
	dir := modelsFolder(t)
	s := startService(t, "--models="+dir, "--model=usual", "--preload=all")
	var failed, answered atomic.Int64
	seen := make(map[string]bool)
	var mu sync.Mutex
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for i := range 4 {
		model := []string{"usual", "other"}[i%2]
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				status, body, err := askModel(s.url, model)
				if err != nil || status != http.StatusOK {
					failed.Add(1)
					t.Errorf("%s: %d %v %s", model, status, err, body)
					return
				}
				answered.Add(1)
				_, id, _ := strings.Cut(body, `"model":"`)
				id, _, _ = strings.Cut(id, `"`)
				mu.Lock()
				seen[id] = true
				mu.Unlock()
			}
		})
	}
	for i := range 3 {
		changeManifest(t, filepath.Join(dir, "usual"), func(m map[string]any) { m["version"] = fmt.Sprintf("1.0.%d", i+1) })
		changeManifest(t, filepath.Join(dir, "other"), func(m map[string]any) { m["description"] = fmt.Sprint(i) })
		s.reload(t, fmt.Sprintf(`ragprune_model_reloads_total{result="ok"} %d`, i+1))
	}
	wantOffered(t, s.url, "usual@1.0.3", "other@1.0.0")

	// Bad bundles: a damaged graph, then a manifest that is none, then two of one name.
	graph := filepath.Join(dir, "other", "model.onnx")
	data, err := os.ReadFile(graph)
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(data[:len(data)/2])
	if err := os.WriteFile(graph+".new", damaged, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(graph+".new", graph); err != nil {
		t.Fatal(err)
	}
	changeManifest(t, filepath.Join(dir, "other"), func(m map[string]any) { m["version"] = "2.0.0" })
	s.reload(t, `ragprune_model_reloads_total{result="partial"} 1`)
	wantOffered(t, s.url, "usual@1.0.3", "other@1.0.0")
	changeManifest(t, filepath.Join(dir, "other"), func(m map[string]any) { m["kind"] = "nothing" })
	s.reload(t, `ragprune_model_reloads_total{result="partial"} 2`)
	wantOffered(t, s.url, "usual@1.0.3", "other@1.0.0")
	twin := filepath.Join(dir, "twin")
	if err := os.CopyFS(twin, os.DirFS(filepath.Join(dir, "usual"))); err != nil {
		t.Fatal(err)
	}
	changeManifest(t, twin, func(m map[string]any) { m["name"], m["version"] = "other", "1.0.0" })
	s.reload(t, `ragprune_model_reloads_total{result="failed"} 1`)
	wantOffered(t, s.url, "usual@1.0.3", "other@1.0.0")

	close(stop)
	clients.Wait()
	var versions []string
	for id := range seen {
		versions = append(versions, id)
	}
	slices.Sort(versions)
	t.Logf("%d requests answered, %d failed, by %v", answered.Load(), failed.Load(), versions)
	if answered.Load() == 0 || !seen["usual@1.0.3"] || !seen["other@1.0.0"] {
		t.Errorf("the requests did not meet the reloads: %v", versions)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

// reload sends a hangup and waits until the metrics have a line.
func (s started) reload(t *testing.T, line string) {
	t.Helper()
	s.hangups <- os.Interrupt // what the signal is does not matter here
	start, want, _ := strings.Cut(line, "} ")
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if metric(t, s.operator, start+"}") == want {
			return
		}
	}
	t.Fatalf("the metrics never have %s", line)
}
