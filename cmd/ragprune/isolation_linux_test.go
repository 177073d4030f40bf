package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/sys/unix"
)

// isolated says that this process is the one without a network.
const isolated = "RAGPRUNE_TEST_ISOLATED"

// The service opens no connection of its own: in a network namespace that has
// nothing but the loopback, the kernel counts every attempt.
func TestNoOutgoingConnections(t *testing.T) {
	if os.Getenv(isolated) != "" {
		serveIsolated(t)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNoOutgoingConnections$", "-test.v")
	cmd.Env = append(os.Environ(), isolated+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Skipf("no network namespace to be had here: %v", err)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func serveIsolated(t *testing.T) {
	loopbackUp(t)
	var c serveCommand
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{
		"--listen=127.0.0.1:0", "--model=../../models/" + bundleName, "--embedder=../../models/" + embedderName,
	}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	s, err := newService(ctx, &c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.run(ctx, time.Second) }()
	client := &http.Client{}
	url := "http://" + s.listener.Addr().String()
	for _, scorer := range []string{"label", "fused", "embed", "hybrid", "bm25"} {
		body := `{"query": "who?", "scorer": "` + scorer + `", "documents": ["Ann did it. See http://192.0.2.7/.",
			{"html": "<base href='http://192.0.2.8/'><link rel=stylesheet href=//192.0.2.9/a.css><img src=http://192.0.2.9/a.png><p>Ann did it."}]}`
		resp, err := client.Post(url+"/prune", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d, %v", scorer, resp.StatusCode, err)
		}
		resp.Body.Close()
	}
	client.CloseIdleConnections()
	// One connection is that of the client.
	if got := attempts(t); got != 1 {
		t.Errorf("%d connections were tried beside the one that asked", got-1)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	// The counters see what they should.
	before := attempts(t)
	if conn, err := net.DialTimeout("tcp", "192.0.2.1:80", time.Second); err == nil {
		conn.Close()
	}
	if attempts(t) == before {
		t.Error("an attempt to connect was not counted")
	}
}

func loopbackUp(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		t.Fatal(err)
	}
	lo.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		t.Fatal(err)
	}
}

// attempts are the connections and datagrams that this namespace has tried.
func attempts(t *testing.T) int {
	total := 0
	for file, names := range map[string][]string{
		"/proc/self/net/snmp":  {"Tcp ActiveOpens", "Udp OutDatagrams", "Ip OutNoRoutes"},
		"/proc/self/net/snmp6": {"Ip6OutNoRoutes", "Udp6OutDatagrams"},
	} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			total += counter(t, data, name)
		}
	}
	return total
}

// counter finds a value in /proc/net/snmp, where a line of names stands above
// one of values, or in snmp6, where each line is a name and its value.
func counter(t *testing.T, data []byte, name string) int {
	group, field, pairs := strings.Cut(name, " ")
	lines := strings.Split(string(bytes.TrimSpace(data)), "\n")
	for i, line := range lines {
		fields := strings.Fields(line)
		if !pairs && fields[0] == group {
			return number(t, fields[1])
		}
		if pairs && fields[0] == group+":" && i+1 < len(lines) {
			values := strings.Fields(lines[i+1])
			for j, f := range fields {
				if f == field {
					return number(t, values[j])
				}
			}
		}
	}
	t.Fatalf("no counter %s", name)
	return 0
}

func number(t *testing.T, s string) (n int) {
	if _, err := fmt.Sscan(s, &n); err != nil {
		t.Fatal(err)
	}
	return n
}
