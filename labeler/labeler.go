package labeler

import (
	"context"
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/tokenizer"
	"github.com/ragprune/ragprune/models/workers"
)

// Errors of Label.
var (
	// ErrClosed is returned after Close.
	ErrClosed = workers.ErrClosed
	// ErrNoUnits is returned for a document without units.
	ErrNoUnits = errors.New("a document without units cannot be labelled")
)

// Runner runs the graph over one sequence; outputs are the keep logits of all
// tokens, which a cross-encoder has not, and the rank logit. See ort.Session.
type Runner interface {
	Run(ids, types []int64) (outputs [][]float32, err error)
}

// ContextRunner is a Runner that can be stopped, as one that waits for another
// machine.
type ContextRunner interface {
	RunContext(ctx context.Context, ids, types []int64) (outputs [][]float32, err error)
}

// Run runs r, and stops it when ctx ends if it can be stopped.
func Run(ctx context.Context, r Runner, ids, types []int64) ([][]float32, error) {
	if c, ok := r.(ContextRunner); ok {
		return c.RunContext(ctx, ids, types)
	}
	return r.Run(ids, types)
}

// Options of a Labeler.
type Options struct {
	// Runner holds the graph. Mandatory, safe for concurrent use.
	Runner Runner
	// Tokenizer belongs to the graph. Mandatory.
	Tokenizer *tokenizer.Tokenizer
	// Manifest gives window sizes and the rule of aggregation. Mandatory, valid.
	Manifest models.Manifest
	// Pool runs the windows, beside those of other models. Who made it closes
	// it, after the last Label. Nil means an own one.
	Pool *workers.Pool
	// Workers is the number of windows in the model at once without a Pool. 0
	// means the number of cores, which is right for sessions of one thread.
	Workers int
	// Registry receives the metrics. Nil means none.
	Registry prometheus.Registerer
}

// Validate reports what is missing.
func (o Options) Validate() error {
	switch {
	case o.Runner == nil:
		return errors.New("labeler: Runner is mandatory")
	case o.Tokenizer == nil:
		return errors.New("labeler: Tokenizer is mandatory")
	case o.Workers < 0:
		return fmt.Errorf("labeler: Workers is %d, want 0 or more", o.Workers)
	}
	if err := o.Manifest.Validate(); err != nil {
		return fmt.Errorf("labeler: manifest: %w", err)
	}
	return nil
}

// needs reports that the bundle is of another kind than want.
func (o Options) needs(want models.Kind) error {
	if o.Manifest.Kind != want {
		return fmt.Errorf("labeler: the bundle is of kind %q, want %q", o.Manifest.Kind, want)
	}
	return nil
}

// Labeler scores units with one pass over a document. It is safe for
// concurrent use.
type Labeler struct{ reader }

// New starts the workers; Close ends them.
func New(o Options) (*Labeler, error) {
	if err := o.needs(models.KindPruner); err != nil {
		return nil, err
	}
	r, err := newReader(o)
	if err != nil {
		return nil, err
	}
	keeps := 1
	if o.Manifest.Activation == models.Softmax {
		keeps = 2
	}
	r.check = func(outputs [][]float32, tokens int) error {
		if len(outputs) != 2 || len(outputs[0]) != keeps*tokens || len(outputs[1]) != 1 {
			return fmt.Errorf("labeler: the graph's outputs are not %d keep logit per token and one rank logit", keeps)
		}
		return nil
	}
	return &Labeler{reader: *r}, nil
}

// Label returns one score per unit, the document's raw relevance logit and the
// number of tokens the model read. Units are scored in the light of each other
// where the manifest calibrates them. A unit is relevant at threshold T if its
// score exceeds T; scores are 0 to 1. title, which may be empty, is read
// before the units of every window. A query longer than Fit allows is cut.
//
// The context is checked before each window; when it ends, Label returns its
// error.
func (l *Labeler) Label(ctx context.Context, query, title string, units []string) (scores []float32, logit float32, tokens int, err error) {
	if len(units) == 0 {
		return nil, 0, 0, ErrNoUnits
	}
	text := l.encode(query, title, units)
	d, err := l.read(ctx, text)
	if err != nil {
		return nil, 0, 0, err
	}
	probs := make([]float32, len(text.ids))
	for i, w := range d.windows {
		outputs, err := wait(ctx, d.answers[i])
		if err != nil {
			return nil, 0, 0, err
		}
		l.keep(probs, outputs[0], text, w)
		if rank := outputs[1][0]; i == 0 || rank > logit {
			logit = rank
		}
	}
	return l.scores(text, probs), logit, d.tokens, nil
}

// keep writes the keep probabilities of a window's core.
func (l *Labeler) keep(probs, logits []float32, text encoded, w window) {
	shift := len(text.prefix) - w.from
	for i := w.core; i < w.coreEnd; i++ {
		if l.manifest.Activation == models.Softmax {
			// The second of two entries of a softmax is the sigmoid of their difference.
			probs[i] = sigmoid(logits[2*(i+shift)+1] - logits[2*(i+shift)])
		} else {
			probs[i] = sigmoid(logits[i+shift])
		}
	}
}

func (l *Labeler) scores(text encoded, probs []float32) []float32 {
	scores := make([]float32, len(text.ends))
	start := 0
	for i, end := range text.ends {
		scores[i] = Aggregate(l.manifest.Aggregation, probs[start:end])
		start = end
	}
	Calibrate(l.manifest.UnitCalibration, scores)
	return scores
}
