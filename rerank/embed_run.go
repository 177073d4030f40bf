package rerank

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ragprune/ragprune/models"
)

// embedded is the answer of a worker about window number i.
type embedded struct {
	i      int
	vector []float32
	err    error
}

// runAll reads windows, the longest first, so that no worker is left with a long
// one in the end. Each runs alone and unpadded: a vector does not depend on the
// texts beside.
func (e *Embedder) runAll(ctx context.Context, windows []textWindow) ([][]float32, error) {
	order := make([]int, len(windows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(windows[b].ids), len(windows[a].ids)) })
	done := make(chan embedded, len(windows))
	for _, i := range order {
		err := e.pool.Submit(ctx, func() {
			// A deadline that passed while the window waited saves the run.
			if err := ctx.Err(); err != nil {
				done <- embedded{err: err}
				return
			}
			vector, err := e.run(windows[i].ids)
			done <- embedded{i, vector, err}
		})
		if err != nil {
			return nil, err
		}
	}
	vectors := make([][]float32, len(windows))
	for range windows {
		select {
		case d := <-done:
			if d.err != nil {
				return nil, d.err
			}
			vectors[d.i] = d.vector
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return vectors, nil
}

// run reads one window and pools its last layer to a vector of length 1.
func (e *Embedder) run(ids []int64) ([]float32, error) {
	stop := prometheus.NewTimer(e.metrics.run)
	outputs, err := e.runner.Run(ids, make([]int64, len(ids)))
	if err != nil {
		return nil, err
	}
	stop.ObserveDuration()
	e.metrics.tokens.Add(float64(len(ids)))
	n := e.manifest.Embedding.Dimensions
	if len(outputs) != 1 || len(outputs[0]) != n*len(ids) {
		return nil, fmt.Errorf("embedder: the graph's output is not %d numbers per token", n)
	}
	vector := outputs[0][:n:n]
	if e.manifest.Embedding.Pooling == models.PoolMean {
		vector = sumRows(outputs[0], n)
	}
	return normalize(vector)
}

// sumRows adds the rows of n numbers; for a direction it is as good as the mean.
func sumRows(rows []float32, n int) []float32 {
	sum := make([]float32, n)
	for start := 0; start < len(rows); start += n {
		for i, x := range rows[start : start+n] {
			sum[i] += x
		}
	}
	return sum
}

// normalize scales v to length 1.
func normalize(v []float32) ([]float32, error) {
	squares := 0.0
	for _, x := range v {
		squares += float64(x) * float64(x)
	}
	length := math.Sqrt(squares)
	if !(length > 0) || math.IsInf(length, 0) {
		return nil, errors.New("embedder: the graph gave a vector without a direction")
	}
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(float64(x) / length)
	}
	return out, nil
}
