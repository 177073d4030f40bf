package engine

import (
	"errors"
	"fmt"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/ort"
	"github.com/ragprune/ragprune/models/tokenizer"
	"github.com/ragprune/ragprune/prune"
	"github.com/ragprune/ragprune/rerank"
)

// Embedder is an open embedder bundle.
type Embedder struct {
	*rerank.Embedder
	Bundle  *models.Bundle
	session *ort.Session
}

// OpenEmbedder opens and checks an embedder bundle that runs on the Pool. The
// caller closes it before the Engine.
func (e *Engine) OpenEmbedder(dir string) (_ *Embedder, err error) {
	out := &Embedder{}
	defer func() {
		if err != nil {
			err = errors.Join(err, out.Close())
		}
	}()
	if out.Bundle, err = models.Open(dir); err != nil {
		return nil, err
	}
	if err = out.Bundle.Verify(); err != nil {
		return nil, err
	}
	tok, err := tokenizer.Load(out.Bundle.TokenizerPath())
	if err != nil {
		return nil, err
	}
	out.session, err = e.runtime.Open(out.Bundle.ModelPath(), ort.OptionsOf(&out.Bundle.Manifest))
	if err != nil {
		return nil, fmt.Errorf("graph: %w", err)
	}
	out.Embedder, err = rerank.NewEmbedder(rerank.EmbedderOptions{
		Runner: out.session, Tokenizer: tok, Manifest: out.Bundle.Manifest, Pool: e.Pool,
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Embedding is what the cosines mean beside the pruner of the Engine.
func (b *Embedder) Embedding(e *Engine) (prune.Embedding, error) {
	s := b.Bundle.Scorers
	if s == nil {
		return prune.Embedding{}, fmt.Errorf("%s is not fitted; see models/export/fuse.py", b.Bundle.ID())
	}
	f, ok := s.Fusion(e.Bundle.ID())
	if !ok {
		return prune.Embedding{}, fmt.Errorf("%s is not fitted to %s; see models/export/fuse.py", b.Bundle.ID(), e.Bundle.ID())
	}
	return prune.Embedding{
		Model: b.Bundle.ID(), Calibration: rerank.Calibration(s.Embed.Calibration),
		Presets: s.Embed.Presets, HybridPresets: s.Hybrid.Presets, FusedPresets: f.Presets,
		Fusion: &rerank.Fusion{Logit: f.Logit, Cosine: f.Cosine, Bias: f.Bias},
	}, nil
}

// Close frees the graph. Nothing may run on it.
func (b *Embedder) Close() error {
	if b.session == nil {
		return nil
	}
	return b.session.Close()
}
