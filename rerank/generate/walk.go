package generate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// mostCaches bounds the caches that are kept along a path. What is deeper reads
// the tokens since the last one kept again.
const mostCaches = 16

// walk is the scoring of one document.
type walk struct {
	generator *Generator
	input     *input
	caches    caches
	// bytes is the memory that the caches may take.
	bytes int64
	logs  []float64
	stats Stats
}

// place is where a walk stands: what is to be read behind a cache, nil for the
// beginning. A place is one use of its cache.
type place struct {
	after  *shared
	tokens []int32
}

// and is the place one token on.
func (p place) and(token int32) place {
	return place{p.after, append(slices.Clip(p.tokens), token)}
}

func newWalk(g *Generator, in *input) *walk {
	w := &walk{generator: g, input: in, logs: make([]float64, in.blocks)}
	for i := range w.logs {
		w.logs[i] = math.Inf(-1)
	}
	// One cache is being read and one written beside those that are kept.
	one := int64(len(in.prompt)+in.longest) * g.manifest.TokenBytes()
	all := g.options.CacheBytes
	w.caches.most = int(min(max(all/max(one, 1)-1, 1), mostCaches, int64(in.tree.depth())))
	w.bytes = min(one*int64(w.caches.most+1), all)
	return w
}

// run waits for memory and walks the tree.
func (w *walk) run(ctx context.Context) (err error) {
	start := place{tokens: w.input.prompt}
	if !w.input.tree.branches {
		return w.visit(ctx, w.input.tree, start, 0)
	}
	if err := w.generator.memory.Acquire(ctx, w.bytes); err != nil {
		return err
	}
	defer w.generator.memory.Release(w.bytes)
	defer func() { err = errors.Join(err, w.caches.close()) }()
	return w.visit(ctx, w.input.tree, start, 0)
}

// visit gives the blocks below n their probabilities; log is that of n, from
// the place behind n's token.
func (w *walk) visit(ctx context.Context, n *node, from place, log float64) error {
	for len(n.children) == 1 {
		n = n.children[0]
		w.stats.Nodes++
		w.stats.Skipped++
		from = from.and(n.token)
	}
	if len(n.children) == 0 {
		for _, b := range n.blocks {
			// The model cannot tell blocks apart that are spelled alike.
			w.logs[b] = log - math.Log(float64(len(n.blocks)))
		}
		return w.caches.use(from.after, -1)
	}
	w.stats.Nodes += len(n.children)
	uses := 0
	for _, c := range n.children {
		if c.branches {
			uses++
		}
	}
	logits, here, err := w.read(ctx, from, uses)
	if err != nil {
		return err
	}
	siblings, err := logSoftmax(logits, n.children)
	if err != nil {
		return err
	}
	for i, c := range n.children {
		next := place{} // nothing is read below a child without branches
		if c.branches {
			next = here.and(c.token)
		}
		if err := w.visit(ctx, c, next, log+siblings[i]); err != nil {
			return err
		}
	}
	return nil
}

// read reads up to a place and returns the logits there, and a place for so many
// uses to go on from: behind the cache of all that was read, or, where there is
// no room for that, the place itself.
func (w *walk) read(ctx context.Context, from place, uses int) ([]float32, place, error) {
	logits, cache, err := w.decode(ctx, from)
	if err != nil {
		return nil, place{}, err
	}
	kept, err := w.caches.keep(cache, uses)
	if err != nil {
		return nil, place{}, err
	}
	here, more := place{after: kept}, -1
	if kept == nil {
		here, more = from, uses-1
	}
	return logits, here, w.caches.use(from.after, more)
}

// decode reads the tokens of a place, in chunks.
func (w *walk) decode(ctx context.Context, from place) (logits []float32, cache Cache, err error) {
	if from.after != nil {
		cache = from.after.cache
	}
	own := false // the cache is of a chunk
	for rest := from.tokens; len(rest) > 0; {
		n := min(len(rest), w.generator.options.ChunkTokens)
		next, present, err := w.pass(ctx, cache, rest[:n])
		if own {
			err = errors.Join(err, cache.Close())
		}
		if err != nil {
			if present != nil {
				err = errors.Join(err, present.Close())
			}
			return nil, nil, err
		}
		logits, cache, rest, own = next, present, rest[n:], true
	}
	return logits, cache, nil
}

// pass runs the model once, on a worker. It returns when the run has ended, so
// that nothing is freed that the run reads.
func (w *walk) pass(ctx context.Context, past Cache, tokens []int32) (logits []float32, present Cache, err error) {
	ids := make([]int64, len(tokens))
	for i, t := range tokens {
		ids[i] = int64(t)
	}
	done := make(chan struct{})
	submitted := w.generator.options.Pool.Submit(ctx, func() {
		defer close(done)
		if err = ctx.Err(); err != nil {
			return
		}
		stop := prometheus.NewTimer(w.generator.metrics.run)
		if logits, present, err = w.generator.options.Decoder.Decode(ctx, past, ids); err == nil {
			stop.ObserveDuration()
		}
	})
	if submitted != nil {
		return nil, nil, submitted
	}
	<-done
	w.stats.Passes++
	w.stats.Tokens += len(tokens)
	return logits, present, err
}

// logSoftmax is the logarithm of the softmax of the logits of the tokens of
// siblings.
func logSoftmax(logits []float32, siblings []*node) ([]float64, error) {
	out := make([]float64, len(siblings))
	largest := math.Inf(-1)
	for i, s := range siblings {
		if s.token < 0 || int(s.token) >= len(logits) {
			return nil, fmt.Errorf("generator: token %d of the tokenizer is not among the graph's %d logits", s.token, len(logits))
		}
		out[i] = float64(logits[s.token])
		largest = max(largest, out[i])
	}
	sum := 0.0
	for _, x := range out {
		sum += math.Exp(x - largest)
	}
	if math.IsNaN(sum) || math.IsInf(largest, 0) {
		return nil, errors.New("generator: the graph gave logits that are no numbers")
	}
	for i := range out {
		out[i] -= largest + math.Log(sum)
	}
	return out, nil
}
