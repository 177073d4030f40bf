package remote_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ragprune/ragprune/labeler"
	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/ort/orttest"
	"github.com/ragprune/ragprune/models/remote"
	"github.com/ragprune/ragprune/models/tokenizer"
)

const defaultBundle = "../ragprune-small"

// engine is a process of MLServer that serves the default bundle.
type engine struct {
	cmd        *exec.Cmd
	http, grpc string
	log        bytes.Buffer
	stop       sync.Once
}

// python is that of the environment of `make engine`. Without it the test is
// skipped, or fails where everything must be there.
func python(t *testing.T) string {
	t.Helper()
	path := os.Getenv("RAGPRUNE_TEST_ENGINE_PYTHON")
	if path == "" {
		path = "../../.cache/engine/bin/python"
	}
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = os.Stat(path)
	switch {
	case err != nil && os.Getenv("RAGPRUNE_TEST_REQUIRE") != "":
		t.Fatalf("MLServer is not installed, run `make engine`: %v", err)
	case err != nil:
		t.Skipf("MLServer is not installed, run `make engine`: %v", err)
	}
	return path
}

// startEngine starts a server, and returns before it is ready.
func startEngine(t *testing.T, ports [2]int) *engine {
	t.Helper()
	bundle, err := filepath.Abs(defaultBundle)
	if err != nil {
		t.Fatal(err)
	}
	e := &engine{http: fmt.Sprintf("http://127.0.0.1:%d", ports[0]), grpc: fmt.Sprintf("grpc://127.0.0.1:%d", ports[1])}
	e.cmd = exec.Command(python(t), "serve.py", bundle, fmt.Sprint(ports[0]), fmt.Sprint(ports[1]))
	e.cmd.Dir = "testdata/mlserver"
	e.cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	e.cmd.Stdout, e.cmd.Stderr = &e.log, &e.log
	if err := e.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		e.kill()
		if t.Failed() {
			t.Logf("%s:\n%s", e.http, bytes.Join(tail(bytes.Split(e.log.Bytes(), []byte("\n"))), []byte("\n")))
		}
	})
	return e
}

// tail are the last lines of a log.
func tail(lines [][]byte) [][]byte { return lines[max(0, len(lines)-20):] }

// kill ends the process as a crash does.
func (e *engine) kill() {
	e.stop.Do(func() {
		_ = e.cmd.Process.Kill()
		_ = e.cmd.Wait()
	})
}

func (e *engine) wait(t *testing.T) {
	t.Helper()
	eventually(t, time.Minute, "the server is ready", func() bool {
		resp, err := http.Get(e.http + "/v2/models/ragprune-small/ready")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

func eventually(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after %v not yet: %s", within, what)
		}
	}
}

func freePorts(t *testing.T) [2]int {
	t.Helper()
	var ports [2]int
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports
}

func openBundle(t *testing.T) *models.Bundle {
	t.Helper()
	b, err := models.Open(defaultBundle)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func connect(t *testing.T, timeout time.Duration, endpoints ...string) *remote.Session {
	t.Helper()
	b := openBundle(t)
	s, err := remote.New(t.Context(), remote.Options{Endpoints: endpoints, Model: b.Name, Manifest: b.Manifest, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func newLabeler(t *testing.T, r labeler.Runner) *labeler.Labeler {
	t.Helper()
	b := openBundle(t)
	tok, err := tokenizer.Load(b.TokenizerPath())
	if err != nil {
		t.Fatal(err)
	}
	l, err := labeler.New(labeler.Options{Runner: r, Tokenizer: tok, Manifest: b.Manifest, Workers: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

var questions = []struct {
	query string
	units []string
}{
	{"Who founded the observatory?", []string{"The observatory stands on a hill.", "It was founded by Ann Lee in 1887.", "Tickets cost four euros."}},
	{"what does café mean", []string{"Café is French for coffee ☕.", "日本語のテキスト。", "1 + 1 = 2"}},
	{"When is it open?", long()},
}

// long is a text of several windows.
func long() []string {
	var units []string
	for i := range 60 {
		units = append(units, fmt.Sprintf("On day %d the museum opens at %d and closes at %d in the evening.", i, i%12, 12+i%11))
	}
	return units
}

// What MLServer says is what the graph says here, over HTTP and gRPC.
func TestScoresAreThoseOfTheLocalGraph(t *testing.T) {
	python(t)
	e := startEngine(t, freePorts(t))
	b := openBundle(t)
	local := newLabeler(t, orttest.Open(t, orttest.Start(t), b))
	e.wait(t)
	for _, endpoint := range []string{e.http, e.grpc} {
		far := newLabeler(t, connect(t, 30*time.Second, endpoint))
		for _, q := range questions {
			want, wantLogit, tokens, err := local.Label(t.Context(), q.query, "", q.units)
			if err != nil {
				t.Fatal(err)
			}
			got, logit, read, err := far.Label(t.Context(), q.query, "", q.units)
			if err != nil {
				t.Fatal(err)
			}
			worst := math.Abs(float64(logit - wantLogit))
			for i := range want {
				worst = max(worst, math.Abs(float64(got[i]-want[i])))
			}
			t.Logf("%s: scores differ by up to %g", endpoint, worst)
			if worst > 1e-4 || read != tokens {
				t.Errorf("%s: %q: scores differ by up to %g; %d tokens, want %d", endpoint, q.query, worst, read, tokens)
			}
		}
	}
}

// One of two servers crashes under load, then hangs: no run fails, and the
// server is used again once it is back.
func TestAnotherEndpointAnswers(t *testing.T) {
	python(t)
	ports := freePorts(t)
	first, second := startEngine(t, freePorts(t)), startEngine(t, ports)
	first.wait(t)
	second.wait(t)
	for name, endpoints := range map[string][]string{"http": {first.http, second.http}, "grpc": {first.grpc, second.grpc}} {
		t.Run(name, func(t *testing.T) {
			s := connect(t, 20*time.Second, endpoints...)
			load := startLoad(t, s)
			load.reach(t, 40)
			second.kill()
			load.reach(t, 80)
			second = startEngine(t, ports)
			second.wait(t)
			load.reach(t, 40)
			load.end(t)
		})
	}
}

// A server that hangs costs a few runs the timeout, and then none.
func TestHangingEndpointIsLeftAlone(t *testing.T) {
	python(t)
	e, other := startEngine(t, freePorts(t)), startEngine(t, freePorts(t))
	e.wait(t)
	other.wait(t)
	for name, endpoints := range map[string][]string{"http": {e.http, other.http}, "grpc": {e.grpc, other.grpc}} {
		t.Run(name, func(t *testing.T) {
			const timeout = 4 * time.Second
			s := connect(t, timeout, endpoints...)
			signal(t, other, syscall.SIGSTOP)
			resume := sync.OnceFunc(func() { signal(t, other, syscall.SIGCONT) })
			defer resume()
			var group sync.WaitGroup
			for range 8 {
				group.Go(func() { run(t, s) })
			}
			group.Wait()
			start := time.Now()
			for range 4 {
				run(t, s)
			}
			if took := time.Since(start); took > timeout {
				t.Errorf("with the breaker open four runs took %v", took)
			}
			signal(t, e, syscall.SIGSTOP)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if _, err := s.RunContext(ctx, []int64{101, 102}, []int64{0, 0}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error is %v, want that of the caller's deadline", err)
			}
			signal(t, e, syscall.SIGCONT)
			resume()
			eventually(t, 20*time.Second, "both are asked again", func() bool { return !s.Broken(1) })
		})
	}
}

func signal(t *testing.T, e *engine, s syscall.Signal) {
	t.Helper()
	if err := e.cmd.Process.Signal(s); err != nil {
		t.Error(err)
	}
}

func run(t *testing.T, s *remote.Session) {
	t.Helper()
	outputs, err := s.RunContext(t.Context(), []int64{101, 2000, 102, 2001, 102}, []int64{0, 0, 0, 1, 1})
	if err != nil || len(outputs) != 2 || len(outputs[0]) != 5 || len(outputs[1]) != 1 {
		t.Errorf("outputs are %v, error %v", outputs, err)
	}
}

// load runs the model all the time.
type load struct {
	done   atomic.Int64
	cancel context.CancelFunc
	group  sync.WaitGroup
}

func startLoad(t *testing.T, s *remote.Session) *load {
	l := &load{}
	var ctx context.Context
	ctx, l.cancel = context.WithCancel(t.Context())
	for range 4 {
		l.group.Go(func() {
			for ctx.Err() == nil {
				run(t, s)
				l.done.Add(1)
			}
		})
	}
	t.Cleanup(func() { l.end(t) })
	return l
}

// reach waits for so many more runs.
func (l *load) reach(t *testing.T, more int64) {
	t.Helper()
	goal := l.done.Load() + more
	eventually(t, 30*time.Second, "more runs are done", func() bool { return l.done.Load() >= goal })
}

func (l *load) end(*testing.T) {
	l.cancel()
	l.group.Wait()
}
