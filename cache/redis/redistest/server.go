package redistest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// Program is what has to be installed.
const Program = "redis-server"

// Available returns an error that says what to do if Program is missing.
func Available() error {
	if _, err := exec.LookPath(Program); err != nil {
		return fmt.Errorf("%s is not installed: .ci/setup installs it, or your package manager: %w", Program, err)
	}
	return nil
}

// errEnded says that a server cannot be waited for.
var errEnded = errors.New(Program + " has ended")

// startTime is the longest time that a server may take until it answers.
const startTime = 20 * time.Second

// Server is a redis-server.
type Server struct {
	// Address is host:port; a restart keeps it.
	Address string
	args    []string
	clock   *Clock // nil: that of the machine
	folder  string
	process *process
}

// Start starts a server that keeps nothing on disk. args are settings as on the
// command line of redis-server; they may repeat what is set here.
func Start(args ...string) (*Server, error) { return StartWithClock(nil, args...) }

// StartWithClock starts a server that goes by a clock of its own.
func StartWithClock(clock *Clock, args ...string) (*Server, error) {
	folder, err := os.MkdirTemp("", "redistest-")
	if err != nil {
		return nil, err
	}
	s := &Server{folder: folder, args: args, clock: clock}
	for range 5 { // another process may take the port between two lines
		var port int
		if port, err = freePort(); err != nil {
			break
		}
		s.Address = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		if err = s.Restart(); err == nil {
			return s, nil
		}
	}
	return nil, errors.Join(err, os.RemoveAll(folder))
}

// Restart starts the server again after Kill, with further settings.
func (s *Server) Restart(args ...string) error {
	if s.process != nil {
		s.Kill()
	}
	_, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		return err
	}
	line := []string{
		Program, "--port", port, "--bind", "127.0.0.1", "--dir", s.folder, "--save", "", "--appendonly", "no",
		"--repl-diskless-sync-delay", "0", "--logfile", filepath.Join(s.folder, "log"), "--loglevel", "warning",
	}
	line = append(append(line, s.args...), args...)
	if s.clock != nil {
		line = append(s.clock.environment(), line...)
	}
	if s.process, err = startProcess(line); err != nil {
		return err
	}
	return s.awaitAnswer()
}

// awaitAnswer waits until the server answers anything at all, or hangs up.
func (s *Server) awaitAnswer() error {
	return Await(startTime, func(context.Context) error {
		if !s.process.alive() {
			log, _ := os.ReadFile(filepath.Join(s.folder, "log"))
			return fmt.Errorf("%w: %s", errEnded, log)
		}
		c, err := net.DialTimeout("tcp", s.Address, time.Second)
		if err != nil {
			return err
		}
		defer c.Close()
		if err := c.SetDeadline(time.Now().Add(time.Second)); err != nil {
			return err
		}
		if _, err := io.WriteString(c, "PING\r\n"); err != nil {
			return err
		}
		_, err = bufio.NewReader(c).ReadString('\n')
		if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
			return nil // a server that wants TLS hangs up
		}
		return err
	})
}

// Client returns a client that waits long enough for a busy machine. The caller
// closes it.
func (s *Server) Client() *goredis.Client {
	return goredis.NewClient(&goredis.Options{Addr: s.Address, Protocol: 2, DisableIdentity: true})
}

// Do sends one command.
func (s *Server) Do(ctx context.Context, args ...any) error {
	c := s.Client()
	defer c.Close()
	return c.Do(ctx, args...).Err()
}

// Kill ends the process at once and for good.
func (s *Server) Kill() { s.process.close() }

// Pause stops the process; its connections stay open and silent.
func (s *Server) Pause() error { return syscall.Kill(s.process.pid, syscall.SIGSTOP) }

// Resume lets the process go on.
func (s *Server) Resume() error { return syscall.Kill(s.process.pid, syscall.SIGCONT) }

// Close ends the process and removes its files.
func (s *Server) Close() error {
	s.Kill()
	return os.RemoveAll(s.folder)
}

// freePort returns a port that is free now.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// process is a program that dies with this one: a shell kills it when the pipe
// to the shell closes.
type process struct {
	shell *exec.Cmd
	stdin io.Closer
	pid   int
}

const shepherd = `"$@" >/dev/null 2>&1 & echo $!; cat >/dev/null; kill -9 $! 2>/dev/null; wait 2>/dev/null; exit 0`

func startProcess(line []string) (*process, error) {
	p := &process{shell: exec.Command("sh", append([]string{"-c", shepherd, "sh"}, line...)...)}
	stdin, err := p.shell.StdinPipe()
	if err != nil {
		return nil, err
	}
	p.stdin = stdin
	stdout, err := p.shell.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.shell.Start(); err != nil {
		return nil, err
	}
	first, err := bufio.NewReader(stdout).ReadString('\n')
	if err == nil {
		p.pid, err = strconv.Atoi(strings.TrimSpace(first))
	}
	if err != nil {
		return nil, errors.Join(err, stdin.Close(), p.shell.Wait())
	}
	return p, nil
}

// alive reports whether the program runs. Its shell waits for it only at the
// end, so an ended one is a zombie until then.
func (p *process) alive() bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid))
	if err != nil {
		return syscall.Kill(p.pid, 0) == nil
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}

func (p *process) close() {
	if p.stdin == nil {
		return
	}
	_ = p.stdin.Close()
	_ = p.shell.Wait() // the shell ends with 0 whatever it killed
	p.stdin = nil
}

// Await calls ready until it returns nil, or returns its error when time is
// over.
func Await(limit time.Duration, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for {
		err := ready(ctx)
		if err == nil || errors.Is(err, errEnded) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("after %v: %w", limit, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
