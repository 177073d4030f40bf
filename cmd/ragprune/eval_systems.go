package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ragprune/ragprune/bench/eval"
)

// evalKinds are what --systems can name, in the order of the run, whatever the
// order on the command line: fused comes after those whose scores it takes over.
var evalKinds = []string{"label", "embed", "fused", "scores", "all", "first", "bm25", "random"}

// evalSystems are the systems of a run and what they hold open.
type evalSystems struct {
	command  *evalCommand
	systems  []eval.System
	problems []error // of files with scores
	models   evalModels
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
	if err := e.models.open(e.command, kinds); err != nil {
		return err
	}
	for _, kind := range evalKinds {
		if !slices.Contains(kinds, kind) {
			continue
		}
		if err := e.add(kind, plan); err != nil {
			return err
		}
	}
	return nil
}

func (e *evalSystems) add(kind string, plan *eval.Plan) error {
	switch kind {
	case "label":
		e.systems = append(e.systems, systemsOf(e.models.labels)...)
	case "embed":
		e.systems = append(e.systems, systemsOf(e.models.embeds)...)
	case "fused":
		fused, err := e.models.fused()
		if err != nil {
			return err
		}
		e.systems = append(e.systems, fused...)
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
