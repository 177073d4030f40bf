package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ragprune/ragprune/api"
	"github.com/ragprune/ragprune/labeler/openprovence"
	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/catalog"
	"github.com/ragprune/ragprune/models/folder"
	"github.com/ragprune/ragprune/prune"
	"github.com/ragprune/ragprune/rerank"
)

// servedModel is a bundle that answers requests, with the embedder that there
// was when it was loaded.
type servedModel struct {
	*modelSeries
	pruning   *pruningModel
	reference *openprovence.Model // nil: not offered
	embedder  *embeddingModel     // nil: none
	pruner    *prune.Pruner
}

// configure adds what the model decides.
func (m *servedModel) configure(o *prune.Options) {
	b := m.pruning.bundle
	o.Labeler, o.Counter = m.pruning.labeler, m.pruning.tokenizer
	o.Model, o.ModelDigest = b.ID(), m.pruning.digest()
	o.Presets, o.DefaultPreset = b.Thresholds.Presets, b.Thresholds.Default
	o.Calibration = rerank.Calibration(b.Calibration)
	o.Registry = m.modelSeries
	if m.embedder != nil {
		o.Embedder, o.Embedding = m.embedder.embedder, m.embedder.embedding(b.ID())
	}
}

// Close frees the graph, and the embedder if nobody else uses it.
func (m *servedModel) Close() error {
	var errs []error
	if m.pruning != nil {
		errs = append(errs, m.pruning.close())
	}
	if m.embedder != nil {
		errs = append(errs, m.embedder.drop())
	}
	return errors.Join(errs...)
}

// offers are the bundles that requests may name: the usual one, and of those in
// the models folder, if that is served, the ones that prune.
func (o engineOptions) offers() ([]folder.Item, error) {
	usual, err := o.usual()
	if err != nil {
		return nil, err
	}
	offers := []folder.Item{usual}
	if !o.catalog.serveFolder {
		return offers, nil
	}
	items, err := folder.List(o.model.modelsDir())
	if errors.Is(err, fs.ErrNotExist) && o.model.Models == "" {
		return offers, nil // the usual bundle came without a folder of others
	}
	if err != nil {
		return nil, &settingError{"RAGPRUNE_MODELS", err}
	}
	for _, item := range items {
		switch b := item.Bundle; {
		case sameFolder(item.Dir, usual.Dir):
		case b != nil && !slices.Contains(pruningKinds(), b.Kind):
		case b != nil && b.ID() == usual.Bundle.ID():
			o.logger.Warn("a bundle is left out: RAGPRUNE_MODEL has its name and version", "model", b.ID(), "folder", item.Dir)
		default:
			item.Err = oneLine(item.Err)
			offers = append(offers, item)
		}
	}
	return offers, nil
}

// usual is the bundle that the settings name.
func (o engineOptions) usual() (folder.Item, error) {
	item := folder.Open(o.model.dir())
	if item.Err == nil {
		item.Err = wantKind(item.Bundle, pruningKinds()...)
	}
	if item.Err != nil {
		return item, &settingError{"RAGPRUNE_MODEL", item.Err}
	}
	return item, nil
}

func sameFolder(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// openEmbedder opens the embedder that the settings name; nil for none.
func openEmbedder(s modelSettings) (*embeddingModel, error) {
	dir := s.embedderDir()
	if dir == "" {
		return nil, nil
	}
	m, err := openEmbedding(dir)
	if err != nil {
		return nil, &settingError{"RAGPRUNE_EMBEDDER", err}
	}
	return m, nil
}

// openGenerator opens the generator that the settings name; nil for none.
func openGenerator(s modelSettings) (*generatingModel, error) {
	dir := s.generatorDir()
	if dir == "" {
		return nil, nil
	}
	m, err := openGenerating(dir)
	if err != nil {
		return nil, &settingError{"RAGPRUNE_GENERATOR", err}
	}
	return m, nil
}

// acquire is catalog.Acquire with the errors of api.Models.
func (e *engine) acquire(ctx context.Context, name string) (*servedModel, func(), error) {
	m, release, err := e.catalog.Acquire(ctx, name)
	var unknown *catalog.UnknownError
	switch {
	case errors.As(err, &unknown):
		err = &prune.InvalidError{Fields: []prune.FieldError{{
			Pointer: "/model", Code: prune.CodeUnknownValue,
			Message: "must be one of: " + strings.Join(unknown.Offers, ", "),
		}}}
	case errors.As(err, new(*catalog.LoadError)), errors.Is(err, catalog.ErrClosed):
		err = &prune.UnavailableError{Reason: prune.ReasonModel, Err: err}
	}
	return m, release, err
}

// Acquire returns the pruner of a model; see api.Models.
func (e *engine) Acquire(ctx context.Context, name string) (api.Pruner, func(), error) {
	m, release, err := e.acquire(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	return m.pruner, release, nil
}

// Info is what the service says about itself now.
func (e *engine) Info() api.Info {
	limits := e.options.limits
	info := api.Info{
		Version: version,
		Models:  e.states(),
		Limits: api.InfoLimits{
			Documents: limits.MaxDocuments, DocumentBytes: limits.MaxDocumentBytes,
			CoarseTokens: limits.CoarseTokens,
		},
	}
	// The usual model is always loaded, so this waits for nothing.
	if m, release, err := e.acquire(context.Background(), ""); err == nil {
		defer release()
		m.describe(&info)
	}
	if e.generator != nil {
		generator := modelInfo(e.generator.bundle)
		info.Generator = &generator
	}
	return info
}

// describe adds what the usual model decides.
func (m *servedModel) describe(info *api.Info) {
	info.Model = modelInfo(m.pruning.bundle)
	info.Presets = m.pruning.bundle.Thresholds.Presets
	info.Scorers, info.Tokenizers = m.pruner.Scorers(), m.pruner.Tokenizers()
	info.ScorerPresets = make(map[prune.Scorer]map[string]float64)
	for _, s := range info.Scorers {
		info.ScorerPresets[s] = m.pruner.Presets(s)
	}
	if m.embedder != nil {
		embedder := modelInfo(m.embedder.bundle)
		info.Embedder = &embedder
	}
}

// states says of all models on offer what there is to know.
func (e *engine) states() []api.ModelState {
	var out []api.ModelState
	for _, o := range e.catalog.Offers() {
		s := api.ModelState{ID: o.Bundle.ID(), Loaded: o.Loaded, Bytes: o.Bytes}
		if owner, _, ok := strings.Cut(o.Bundle.Source.BaseModel, "/"); ok {
			s.Owner = owner
		}
		if info, err := os.Stat(filepath.Join(o.Bundle.Dir, models.ManifestFile)); err == nil {
			s.Created = info.ModTime()
		}
		out = append(out, s)
	}
	return out
}
