package labeler

import (
	"context"
	"errors"
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

func (l *Labeler) newJob(ctx context.Context, text encoded, w window) job {
	n := len(text.prefix) + w.to - w.from + 1
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
	j.ids = append(j.ids, int64(l.sep))
	for i := copy(j.types, text.types); i < n; i++ {
		j.types[i] = 1
	}
	return j
}

// submit hands a job to the next free worker.
func (l *Labeler) submit(j job) error {
	return l.pool.Submit(j.ctx, func() {
		// A deadline that passed while the window waited saves the run.
		if err := j.ctx.Err(); err != nil {
			j.done <- answer{err: err}
			return
		}
		j.done <- l.run(j)
	})
}

// run is what a worker does with a job.
func (l *Labeler) run(j job) answer {
	start := time.Now()
	l.metrics.wait.Observe(start.Sub(j.queued).Seconds())
	outputs, err := l.runner.Run(j.ids, j.types)
	if err != nil {
		return answer{err: err}
	}
	l.metrics.run.Observe(time.Since(start).Seconds())
	l.metrics.windows.Inc()
	l.metrics.tokens.Add(float64(len(j.ids)))
	if len(outputs) != 2 || len(outputs[0]) != len(j.ids) || len(outputs[1]) != 1 {
		return answer{err: errors.New("labeler: the graph's outputs are not one keep logit per token and one rank logit")}
	}
	return answer{outputs: outputs}
}

// collect waits for a window and writes the keep probabilities of its core.
func collect(ctx context.Context, done <-chan answer, text encoded, w window, probs []float32) (rank float32, err error) {
	select {
	case a := <-done:
		if a.err != nil {
			return 0, a.err
		}
		shift := len(text.prefix) - w.from
		for i := w.core; i < w.coreEnd; i++ {
			probs[i] = sigmoid(a.outputs[0][i+shift])
		}
		return a.outputs[1][0], nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
