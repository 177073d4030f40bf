package labeler

import (
	"context"
	"sync"
	"time"
)

// job is one window on its way through the model.
type job struct {
	ctx        context.Context
	ids, types []int64
	queued     time.Time
	// done receives exactly one answer; it has room for it.
	done chan answer
}

type answer struct {
	outputs [][]float32
	err     error
}

// pool runs jobs on a fixed number of workers. There is no queue of its own:
// whoever has a window waits in submit, and Go serves waiting senders in the
// order of their coming. Documents and requests therefore take turns window by
// window, and a long document cannot hold up a short one.
type pool struct {
	jobs    chan job
	closing chan struct{}
	workers sync.WaitGroup
}

func newPool(workers int, run func(job) answer) *pool {
	p := &pool{jobs: make(chan job), closing: make(chan struct{})}
	for range workers {
		p.workers.Go(func() { p.work(run) })
	}
	return p
}

func (p *pool) work(run func(job) answer) {
	for {
		select {
		case j := <-p.jobs:
			// A deadline that passed while the window waited saves the run.
			if err := j.ctx.Err(); err != nil {
				j.done <- answer{err: err}
				continue
			}
			j.done <- run(j)
		case <-p.closing:
			return
		}
	}
}

// submit hands a job to the next free worker.
func (p *pool) submit(j job) error {
	select {
	case p.jobs <- j:
		return nil
	case <-j.ctx.Done():
		return j.ctx.Err()
	case <-p.closing:
		return ErrClosed
	}
}

// close ends the workers after the windows they are at.
func (p *pool) close() {
	close(p.closing)
	p.workers.Wait()
}
