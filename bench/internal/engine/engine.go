// Package engine opens a model bundle for benchmarks that run it in their own
// process. What is not here: anything the service does beside the model.
package engine

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/ragprune/ragprune/labeler"
	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/ort"
	"github.com/ragprune/ragprune/models/tokenizer"
	"github.com/ragprune/ragprune/models/workers"
)

// Options of an Engine.
type Options struct {
	// Bundle is the folder of the bundle. Mandatory.
	Bundle string
	// Library is the library of ONNX Runtime. Empty means the one that the
	// service finds.
	Library string
	// Providers compute the graph. None means the CPU.
	Providers []ort.Provider
}

// Engine is an open bundle.
type Engine struct {
	Bundle    *models.Bundle
	Tokenizer *tokenizer.Tokenizer
	Session   *ort.Session
	// Labeler runs the session on the Pool.
	Labeler *labeler.Labeler
	// Pool has a worker for each core.
	Pool    *workers.Pool
	runtime *ort.Runtime
}

// Open opens and checks a bundle. A process can have one Engine at a time.
func Open(o Options) (_ *Engine, err error) {
	e := &Engine{}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.Close())
		}
	}()
	if e.Bundle, err = models.Open(o.Bundle); err != nil {
		return nil, err
	}
	if err = e.Bundle.Verify(); err != nil {
		return nil, err
	}
	if e.Tokenizer, err = tokenizer.Load(e.Bundle.TokenizerPath()); err != nil {
		return nil, err
	}
	library, err := ort.Locate(cmp.Or(o.Library, os.Getenv("RAGPRUNE_ORT_LIBRARY")))
	if err != nil {
		return nil, err
	}
	if e.runtime, err = ort.Start(library, o.Providers...); err != nil {
		return nil, err
	}
	if e.Session, err = e.OpenGraph(e.Bundle.ModelPath()); err != nil {
		return nil, err
	}
	if e.Pool, err = workers.New(runtime.NumCPU()); err != nil {
		return nil, err
	}
	e.Labeler, err = labeler.New(labeler.Options{
		Runner: e.Session, Tokenizer: e.Tokenizer, Manifest: e.Bundle.Manifest, Pool: e.Pool,
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}

// OpenGraph opens another graph with the inputs and outputs of the bundle, to
// compare with. The caller closes it before the Engine.
func (e *Engine) OpenGraph(path string) (*ort.Session, error) {
	session, err := e.runtime.Open(path, ort.OptionsOf(&e.Bundle.Manifest))
	if err != nil {
		return nil, fmt.Errorf("graph: %w", err)
	}
	return session, nil
}

// Close frees everything. No label may be under way.
func (e *Engine) Close() error {
	var errs []error
	if e.Pool != nil {
		e.Pool.Close()
	}
	if e.Session != nil {
		errs = append(errs, e.Session.Close())
	}
	if e.runtime != nil {
		errs = append(errs, e.runtime.Close())
	}
	return errors.Join(errs...)
}
