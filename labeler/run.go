package labeler

import (
	"context"
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

func (r *reader) newJob(ctx context.Context, text encoded, w window) job {
	n := len(text.prefix) + w.to - w.from + len(r.frame.After)
	j := job{
		ctx: ctx, ids: make([]int64, 0, n), types: make([]int64, n),
		queued: time.Now(), done: make(chan answer, 1),
	}
	for _, id := range text.prefix {
		j.ids = append(j.ids, int64(id))
	}
	for _, id := range text.ids[w.from:w.to] {
		j.ids = append(j.ids, int64(id))
	}
	for _, id := range r.frame.After {
		j.ids = append(j.ids, int64(id))
	}
	for i := copy(j.types, text.types); i < n; i++ {
		j.types[i] = 1
	}
	return j
}

// submit hands a job to the next free worker.
func (r *reader) submit(j job) error {
	return r.pool.Submit(j.ctx, func() {
		// A deadline that passed while the window waited saves the run.
		if err := j.ctx.Err(); err != nil {
			j.done <- answer{err: err}
			return
		}
		j.done <- r.run(j)
	})
}

// run is what a worker does with a job.
func (r *reader) run(j job) answer {
	start := time.Now()
	r.metrics.wait.Observe(start.Sub(j.queued).Seconds())
	outputs, err := Run(j.ctx, r.runner, j.ids, j.types)
	if err != nil {
		return answer{err: err}
	}
	r.metrics.run.Observe(time.Since(start).Seconds())
	r.metrics.windows.Inc()
	r.metrics.tokens.Add(float64(len(j.ids)))
	return answer{outputs: outputs, err: r.check(outputs, len(j.ids))}
}

// reading is a text on its way through the model.
type reading struct {
	windows []window
	// answers has one channel per window.
	answers []chan answer
	// tokens is what the model reads, query and special tokens included.
	tokens int
}

// read hands the windows of a text to the workers.
func (r *reader) read(ctx context.Context, text encoded) (reading, error) {
	room := r.manifest.WindowTokens - len(text.prefix) - len(r.frame.After)
	d := reading{windows: split(text.ends, room, r.manifest.OverlapTokens)}
	for _, w := range d.windows {
		j := r.newJob(ctx, text, w)
		d.tokens += len(j.ids)
		d.answers = append(d.answers, j.done)
		if err := r.submit(j); err != nil {
			return d, err
		}
	}
	return d, nil
}

// wait returns the outputs of a window.
func wait(ctx context.Context, done <-chan answer) ([][]float32, error) {
	select {
	case a := <-done:
		return a.outputs, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
