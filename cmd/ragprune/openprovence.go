package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/labeler/openprovence"
	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/prune"
)

// The bounds of a request to /v1/openprovence: there is nothing cheaper to fall back
// to, so the model must read all of it. So many bytes take the default one about
// 15 s on two cores.
const (
	openProvenceBytes     = 512 << 10
	openProvenceSentences = 1 << 15
)

// openProvence answers by the rules of OpenProvence with a model that prunes;
// nil for another.
func (e *engine) openProvence(m *pruningModel) (*openprovence.Model, error) {
	if m.bundle.Kind != models.KindPruner {
		return nil, nil
	}
	reference, err := openprovence.New(openprovence.Options{
		Runner: m.runner, Tokenizer: m.tokenizer, Manifest: m.bundle.Manifest,
		Pool: m.pool, Texts: e.options.limits.MaxDocuments,
		Bytes: openProvenceBytes, Sentences: openProvenceSentences,
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.bundle.Dir, err)
	}
	return reference, nil
}

// usualReference answers with the usual model as it is now.
type usualReference struct{ engine *engine }

// reference is nil if the usual model cannot answer at the start.
func (e *engine) reference(ctx context.Context) (api.OpenProvence, error) {
	m, release, err := e.acquire(ctx, "")
	if err != nil {
		return nil, err
	}
	defer release()
	if m.reference == nil {
		return nil, nil
	}
	return usualReference{e}, nil
}

var errNotPruner = errors.New("the model is no longer one that prunes")

// ProcessJSON is that of openprovence.Model.
func (u usualReference) ProcessJSON(ctx context.Context, arguments []byte) ([]byte, error) {
	m, release, err := u.engine.acquire(ctx, "")
	if err != nil {
		return nil, err
	}
	defer release()
	if m.reference == nil {
		return nil, &prune.UnavailableError{Reason: prune.ReasonModel, Err: errNotPruner}
	}
	return m.reference.ProcessJSON(ctx, arguments)
}
