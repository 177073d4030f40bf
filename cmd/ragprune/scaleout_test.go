package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ragprune/ragprune/cache/redis/redistest"
	"github.com/ragprune/ragprune/models/ort"
)

// Three replicas behind a proxy, one Redis Cluster: one replica is killed, comes
// back, and then all are replaced one by one by another model. Whoever asks
// meanwhile gets an answer each time, and the right one.
func TestScaleOut(t *testing.T) {
	needPrograms(t)
	cluster, err := redistest.StartCluster()
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	f := &fleet{t: t, redis: "redis://" + cluster.Addresses()}
	defer f.close()
	for range 3 {
		f.replicas = append(f.replicas, f.start(freePort(t), bundleName))
	}
	proxy := f.startProxy()

	asked := &asker{url: proxy, right: map[string][]string{}}
	asked.learn(t, f.replicas[0].url())
	stop := asked.run(t, 4)
	f.replicas[0].kill(t, syscall.SIGKILL)
	asked.more(t, 20)
	f.replicas[0] = f.start(f.replicas[0].port, bundleName)
	f.replicas[0].serves(t)

	other := f.start(freePort(t), "ragprune-tiny") // what the new model answers
	asked.learn(t, other.url())
	for i, old := range f.replicas {
		old.kill(t, syscall.SIGTERM)
		f.replicas[i] = f.start(old.port, "ragprune-tiny")
		f.replicas[i].serves(t)
	}
	stop()
	if n := asked.failed.Load() + asked.wrong.Load(); n > 0 {
		t.Errorf("of %d requests %d failed and %d were wrong: %s", asked.asked.Load(), asked.failed.Load(), asked.wrong.Load(), asked.example.Load())
	}
	t.Logf("%d requests", asked.asked.Load())
	if _, model := ask(t.Context(), proxy, asked.bodies[0]); !strings.HasPrefix(model, "ragprune-tiny") {
		t.Errorf("after the roll-out %s answers", model)
	}
}

// needPrograms skips, or fails where everything must be there.
func needPrograms(t *testing.T) {
	t.Helper()
	err := redistest.Available()
	if err == nil {
		if _, err = exec.LookPath("nginx"); err != nil {
			err = fmt.Errorf("%w: install nginx (Debian: nginx-light)", err)
		}
	}
	switch {
	case err != nil && os.Getenv("RAGPRUNE_TEST_REQUIRE") != "":
		t.Fatal(err)
	case err != nil:
		t.Skip(err)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// fleet are the processes of the test.
type fleet struct {
	t        *testing.T
	redis    string
	replicas []*replica
	started  []*exec.Cmd
}

// replica is one process that serves.
type replica struct {
	port int
	cmd  *exec.Cmd
	log  *bytes.Buffer
	done chan error
}

func (r *replica) url() string { return fmt.Sprintf("http://127.0.0.1:%d", r.port) }

// start returns once the replica is ready.
func (f *fleet) start(port int, model string) *replica {
	f.t.Helper()
	library, err := ort.Locate(os.Getenv("RAGPRUNE_ORT_LIBRARY"))
	if err != nil {
		f.t.Fatal(err)
	}
	r := &replica{port: port, log: new(bytes.Buffer), done: make(chan error, 1)}
	r.cmd = exec.Command("ragprune", "serve", "--embedder=none", "--workers=1",
		"--listen", strings.TrimPrefix(r.url(), "http://"), "--model=../../models/"+model, "--redis-url", f.redis)
	r.cmd.Env = append(os.Environ(), "RAGPRUNE_ORT_LIBRARY="+library)
	r.cmd.Stderr = r.log
	if err := r.cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.started = append(f.started, r.cmd)
	go func() { r.done <- r.cmd.Wait() }()
	err = redistest.Await(time.Minute, func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url()+"/readyz", nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("status %d", resp.StatusCode)
		}
		return nil
	})
	if err != nil {
		f.t.Fatalf("%v\n%s", err, r.log)
	}
	return r
}

// serves waits until the proxy sends requests to r.
func (r *replica) serves(t *testing.T) {
	t.Helper()
	awaitBody(t, r.url()+"/metrics", `ragprune_http_requests_total{code="200",method="POST",route="/prune"}`)
}

// kill sends a signal and waits for the end.
func (r *replica) kill(t *testing.T, signal os.Signal) {
	t.Helper()
	if err := r.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	if err := <-r.done; signal == syscall.SIGTERM && err != nil {
		t.Errorf("a replica that was told to go: %v\n%s", err, r.log)
	}
	r.done <- nil
}

// startProxy runs nginx with the configuration that operators are given, on
// other ports.
func (f *fleet) startProxy() string {
	f.t.Helper()
	config, err := os.ReadFile("../../deploy/nginx.conf")
	if err != nil {
		f.t.Fatal(err)
	}
	text := string(config)
	for i, r := range f.replicas {
		text = strings.Replace(text, fmt.Sprintf("127.0.0.1:%d", 8081+i), fmt.Sprintf("127.0.0.1:%d", r.port), 1)
	}
	port := freePort(f.t)
	text = strings.Replace(text, "listen 127.0.0.1:8080", fmt.Sprintf("listen 127.0.0.1:%d", port), 1)
	folder := f.t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "nginx.conf"), []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
	if err := os.Chmod(folder, 0o755); err != nil { // its workers are another user where the test is root
		f.t.Fatal(err)
	}
	cmd := exec.Command("nginx", "-p", folder, "-c", "nginx.conf", "-e", "stderr", "-g", "daemon off; master_process off;")
	cmd.Stderr = f.t.Output()
	if err := cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.started = append(f.started, cmd)
	go func() { _ = cmd.Wait() }()
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	err = redistest.Await(30*time.Second, func(ctx context.Context) error {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			return err
		}
		return conn.Close()
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return url
}

func (f *fleet) close() {
	for _, cmd := range f.started {
		_ = cmd.Process.Kill()
	}
	for _, r := range f.replicas {
		if err := <-r.done; err != nil {
			f.t.Log(err)
		}
	}
}

// asker asks the same questions again and again, and knows the right answers.
type asker struct {
	url    string
	bodies []string

	mu    sync.Mutex
	right map[string][]string // by body; one of each model

	asked, failed, wrong atomic.Int64
	example              atomic.Value
}

// learn asks a replica for the right answers.
func (a *asker) learn(t *testing.T, url string) {
	t.Helper()
	if a.bodies == nil {
		for i := range 12 {
			a.bodies = append(a.bodies, fmt.Sprintf(`{"query": "Who built the bridge %d?", "documents": [
				"The bridge %d was built by Ana in 19%02d. It is green. Tolls rose in May.", {"html": "<p>Bridge %d is closed.<p>The sea is blue."}]}`, i, i, i, i+1))
		}
	}
	for _, body := range a.bodies {
		answer, _ := ask(t.Context(), url, body)
		if answer == "" {
			t.Fatal("a replica does not answer")
		}
		a.mu.Lock()
		a.right[body] = append(a.right[body], answer)
		a.mu.Unlock()
	}
}

// run asks from so many callers at once until stop.
func (a *asker) run(t *testing.T, callers int) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := c; ctx.Err() == nil; i++ {
				a.once(a.bodies[i%len(a.bodies)])
			}
		})
	}
	return func() { cancel(); wg.Wait() }
}

func (a *asker) once(body string) {
	answer, model := ask(context.Background(), a.url, body)
	a.asked.Add(1)
	a.mu.Lock()
	right := a.right[body]
	a.mu.Unlock()
	switch {
	case answer == "":
		a.failed.Add(1)
		a.example.Store(model)
	case !slices.Contains(right, answer):
		a.wrong.Add(1)
		a.example.Store(answer)
	}
}

// more waits until so many more requests are answered.
func (a *asker) more(t *testing.T, n int64) {
	t.Helper()
	goal := a.asked.Load() + n
	for end := time.Now().Add(time.Minute); a.asked.Load() < goal; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no answers any more: %v", a.example.Load())
		}
	}
}

// ask returns the texts and scores of an answer and its model, or nothing and
// what went wrong.
func ask(ctx context.Context, url, body string) (answer, model string) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/prune", strings.NewReader(body))
	if err != nil {
		return "", err.Error()
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err.Error()
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return "", fmt.Sprint(resp.Status, " ", err, " ", string(data))
	}
	var got struct {
		Model   string `json:"model"`
		Results []struct {
			Text     string  `json:"text"`
			Score    float64 `json:"score"`
			Degraded any     `json:"degraded"`
		} `json:"results"`
	}
	if err := json.Unmarshal(data, &got); err != nil {
		return "", err.Error()
	}
	return fmt.Sprint(got.Results), got.Model
}
