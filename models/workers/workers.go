// Package workers bounds how many runs of models go on at once in a process.
// Sessions run on one thread, so one pool with a worker for each core, shared
// by all models, uses the cores fully and never more than fully.
//
// What is not here: what a run is (labeler, rerank) and ONNX Runtime's own
// threads (models/ort).
package workers

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
)

// ErrClosed is returned by Submit after Close.
var ErrClosed = errors.New("the workers are closed")

// Pool is a fixed number of workers. There is no queue of its own: whoever has
// something to run waits in Submit, and Go serves waiting senders in the order
// of their coming. Documents, requests and models therefore take turns run by
// run, and a long document cannot hold up a short one.
type Pool struct {
	runs    chan func()
	closing chan struct{}
	close   sync.Once
	workers sync.WaitGroup
}

// New starts n workers; 0 means one for each core. Close ends them.
func New(n int) (*Pool, error) {
	if n < 0 {
		return nil, fmt.Errorf("workers: %d workers, want 0 or more", n)
	}
	if n == 0 {
		n = runtime.GOMAXPROCS(0)
	}
	p := &Pool{runs: make(chan func()), closing: make(chan struct{})}
	for range n {
		p.workers.Go(p.work)
	}
	return p, nil
}

func (p *Pool) work() {
	for {
		select {
		case run := <-p.runs:
			run()
		case <-p.closing:
			return
		}
	}
}

// Submit hands run to the next free worker and returns when one has taken it:
// run is then called exactly once. It returns ctx's error if that ends first,
// and ErrClosed after Close. run should look at ctx once more, because time may
// pass between the two.
func (p *Pool) Submit(ctx context.Context, run func()) error {
	select {
	case p.runs <- run:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-p.closing:
		return ErrClosed
	}
}

// Close waits for the runs under way and ends the workers.
func (p *Pool) Close() {
	p.close.Do(func() { close(p.closing) })
	p.workers.Wait()
}
