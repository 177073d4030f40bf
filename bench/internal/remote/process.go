package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Service is a service under measurement.
type Service struct {
	// URL is its address, without a slash at the end.
	URL string
	// Operator is the address of its port for operators, empty if it has none
	// or is not known.
	Operator string
	// PID is its process, 0 if that is not known.
	PID  int
	stop func() error
}

// Options say which service is measured.
type Options struct {
	// URL of a service that runs already. Used if Binary is empty.
	URL string
	// PID of that service. 0 means that memory is not measured.
	PID int
	// Binary is a ragprune to start on a free port of the loopback, with its
	// default settings, for the time of the benchmark.
	Binary string
	// Operator lets that service open a port for operators too.
	Operator bool
	// Settings are more of its environment, as NAME=value.
	Settings []string
}

// Open returns the service, started if need be and ready.
func Open(ctx context.Context, o Options) (*Service, error) {
	s := &Service{URL: o.URL, PID: o.PID, stop: func() error { return nil }}
	if o.Binary != "" {
		started, err := start(o)
		if err != nil {
			return nil, err
		}
		s = started
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := NewClient(s.URL, 1, 5*time.Second).Ready(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func start(o Options) (*Service, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	s := &Service{URL: "http://" + address}
	cmd := exec.Command(o.Binary, "serve")
	cmd.Env = append(os.Environ(), "RAGPRUNE_LISTEN="+address, "RAGPRUNE_LOG_LEVEL=warn")
	if o.Operator {
		operator, err := freeAddress()
		if err != nil {
			return nil, err
		}
		s.Operator = "http://" + operator
		cmd.Env = append(cmd.Env, "RAGPRUNE_OPERATOR_LISTEN="+operator)
	}
	cmd.Env = append(cmd.Env, o.Settings...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", o.Binary, err)
	}
	s.PID = cmd.Process.Pid
	s.stop = func() error {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			return fmt.Errorf("stop %s: %w", o.Binary, err)
		}
		return cmd.Wait()
	}
	return s, nil
}

// freeAddress asks the system for a port. Another process could take it before
// the service does; the service then says so and ends.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// Close stops the service if Open started it.
func (s *Service) Close() error { return s.stop() }
