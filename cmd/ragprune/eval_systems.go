package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ragprune/ragprune/bench/eval"
	"github.com/ragprune/ragprune/labeler"
	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/ort"
	"github.com/ragprune/ragprune/models/tokenizer"
	"github.com/ragprune/ragprune/rerank"
)

// evalKinds are what --systems can name, in the order of the columns.
var evalKinds = []string{"label", "embed", "scores", "all", "first", "bm25", "random"}

// evalSystems are the systems of a run and what they hold open.
type evalSystems struct {
	command  *evalCommand
	systems  []eval.System
	counter  eval.Counter
	problems []error // of files with scores
	runtime  *ort.Runtime
	closers  []func() error // in the order of opening
}

// open makes the systems that were asked for.
func (e *evalSystems) open(plan *eval.Plan) error {
	kinds := e.command.Systems
	if len(kinds) == 0 {
		kinds = evalKinds
	}
	for _, kind := range kinds {
		if !slices.Contains(evalKinds, kind) {
			return &settingError{"--systems", fmt.Errorf("there is no %q; there are %s", kind, strings.Join(evalKinds, ", "))}
		}
	}
	// Tokens are counted by the first bundle, unless none is needed and the
	// default one is not there.
	err := e.openCounter()
	if err != nil && (len(e.command.Model) > 0 || slices.Contains(kinds, "label")) {
		return err
	}
	for _, kind := range kinds {
		if err := e.openKind(kind, plan); err != nil {
			return err
		}
	}
	return nil
}

func (e *evalSystems) openKind(kind string, plan *eval.Plan) error {
	switch kind {
	case "label":
		for _, m := range e.bundles() {
			if err := e.openLabel(m); err != nil {
				return &settingError{"--model", err}
			}
		}
	case "embed":
		for _, m := range named(e.command.Embedder) {
			if err := e.openEmbedder(m); err != nil {
				return &settingError{"--embedder", err}
			}
		}
	case "scores":
		for _, f := range named(e.command.Scores) {
			s, err := eval.ReadScores(f.name, f.path)
			if err != nil {
				return &settingError{"--scores", err}
			}
			e.problems = append(e.problems, s.Check(plan)...)
			e.systems = append(e.systems, s)
		}
	case "all":
		e.systems = append(e.systems, eval.All{})
	case "first":
		e.systems = append(e.systems, eval.First{})
	case "bm25":
		e.systems = append(e.systems, eval.BM25{})
	case "random":
		e.systems = append(e.systems, eval.Random{Seed: e.command.Seed})
	}
	return nil
}

// bundles are those of --model, or the default one.
func (e *evalSystems) bundles() []namedPath {
	if list := named(e.command.Model); len(list) > 0 {
		return list
	}
	return named([]string{modelSettings{}.dir()})
}

// openCounter reads the tokenizer of the first bundle.
func (e *evalSystems) openCounter() error {
	b, err := models.Open(e.bundles()[0].path)
	if err != nil {
		return &settingError{"--model", err}
	}
	t, err := tokenizer.Load(b.TokenizerPath())
	if err != nil {
		return &settingError{"--model", err}
	}
	e.counter = t
	return nil
}

func (e *evalSystems) openLabel(m namedPath) error {
	b, err := models.Open(m.path)
	if err != nil {
		return err
	}
	if err := b.Verify(); err != nil {
		return err
	}
	tok, err := tokenizer.Load(b.TokenizerPath())
	if err != nil {
		return err
	}
	if err := e.start(); err != nil {
		return err
	}
	session, err := e.runtime.Open(b.ModelPath(), ort.Options{
		IDs: b.Inputs.IDs, Mask: b.Inputs.Mask, Types: b.Inputs.Types, Outputs: []string{b.Outputs.Keep, b.Outputs.Rank},
	})
	if err != nil {
		return err
	}
	e.closers = append(e.closers, session.Close)
	l, err := labeler.New(labeler.Options{Runner: session, Tokenizer: tok, Manifest: b.Manifest, Workers: e.command.Workers})
	if err != nil {
		return err
	}
	e.closers = append(e.closers, func() error { l.Close(); return nil })
	s, err := eval.NewLabel(eval.LabelOptions{
		Name: m.name, Version: b.ID() + " " + b.Precision, Labeler: l,
		Calibration: rerank.Calibration(b.Calibration), Presets: b.Thresholds.Presets,
	})
	e.systems = append(e.systems, s)
	return err
}

// openEmbedder needs the code that runs bundles of kind embedder.
func (e *evalSystems) openEmbedder(m namedPath) error {
	return fmt.Errorf("%s: this version cannot run bundles of kind %q", m.path, models.KindEmbedder)
}

// start loads ONNX Runtime once.
func (e *evalSystems) start() error {
	if e.runtime != nil {
		return nil
	}
	library, err := ort.Locate(e.command.ORTLibrary)
	if err != nil {
		return err
	}
	if e.runtime, err = ort.Start(library); err == nil {
		e.closers = append(e.closers, e.runtime.Close)
	}
	return err
}

// close frees what was opened, the last first.
func (e *evalSystems) close() error {
	var errs []error
	for _, c := range slices.Backward(e.closers) {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}

// namedPath is a file or folder with the name of its system.
type namedPath struct{ name, path string }

// named reads DIR or NAME=DIR. Without a name it is the last part of the path,
// or where two have that, the path.
func named(args []string) []namedPath {
	var out []namedPath
	count := map[string]int{}
	for _, a := range args {
		name, path, ok := strings.Cut(a, "=")
		if !ok {
			path = filepath.Clean(a)
			name = strings.TrimSuffix(filepath.Base(path), ".jsonl")
		}
		count[name]++
		out = append(out, namedPath{name, path})
	}
	for i, n := range out {
		if count[n.name] > 1 && !strings.HasPrefix(args[i], n.name+"=") {
			out[i].name = n.path
		}
	}
	return out
}
