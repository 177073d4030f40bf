package prune

import (
	"context"
	"fmt"
	"runtime/debug"
)

// label runs the labeler and holds it to its contract.
func (p *Pruner) label(ctx context.Context, query, title string, units []string) (l labels, err error) {
	err = p.admit(func() (err error) {
		p.metrics.labelled.Inc()
		l.scores, l.logit, l.tokens, err = p.options.Labeler.Label(ctx, query, title, units)
		if err == nil && !l.valid(len(units)) {
			err = fmt.Errorf("the labeler gave %d scores for %d units, or numbers out of range", len(l.scores), len(units))
		}
		return err
	})
	return l, err
}

// embed runs the embedder over units and holds it to its contract.
func (p *Pruner) embed(ctx context.Context, units []string) (v vectors, err error) {
	err = p.admit(func() error {
		p.metrics.embedded.Inc()
		e, err := p.options.Embedder.EmbedTexts(ctx, units)
		if err == nil {
			v, err = newVectors(e, len(units))
		}
		return err
	})
	return v, err
}

// embedQuery runs the embedder over a query.
func (p *Pruner) embedQuery(ctx context.Context, query string) (v vectors, err error) {
	err = p.admit(func() error {
		e, err := p.options.Embedder.EmbedQuery(ctx, query)
		if err == nil {
			v, err = newVectors(e, 1)
		}
		return err
	})
	return v, err
}

// admit calls do unless the models are full. A panic becomes a *panicError.
func (p *Pruner) admit(do func() error) (err error) {
	defer p.labelling.Add(-1)
	if p.labelling.Add(1) > int64(p.limits.Labelling) {
		return errBusy
	}
	defer func() {
		if v := recover(); v != nil {
			p.logPanic(v, debug.Stack())
			err = &panicError{v}
		}
	}()
	return do()
}
