package main

import (
	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/labeler/openprovence"
	"github.com/ragprune/ragprune/models"
)

// openProvence answers by the rules of OpenProvence with the model that prunes.
func (e *engine) openProvence(limits limitSettings) (api.OpenProvence, error) {
	b := e.pruning.bundle
	if b.Kind != models.KindPruner {
		return nil, nil
	}
	return openprovence.New(openprovence.Options{
		Runner: e.pruning.session, Tokenizer: e.pruning.tokenizer, Manifest: b.Manifest,
		Pool: e.workers, Texts: limits.MaxDocuments,
	})
}
