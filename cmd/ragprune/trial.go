package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ragprune/ragprune/models/ort"
)

// Vocabularies are often filled up with unused rows, by 900 at most in the
// published models of the families that ragprune reads. A tokenizer that lacks
// more than this belongs to another model.
const (
	spareRows  = 1024
	spareShare = 50 // one in so many
)

// try runs the graph on three tokens: a graph that does not fit its manifest or
// its tokenizer is refused before a request meets it. The error names the file
// and the field of the manifest.
func (l *loaded) try(r *ort.Runtime) error {
	size := int64(l.tokenizer.VocabSize())
	if _, err := l.session.Run([]int64{0, size - 1, 0}, make([]int64, 3)); err != nil {
		return l.explain(r, err)
	}
	if l.provider != ort.ProviderCPU {
		return nil // only the CPU refuses a row that is not there; others read on past the last
	}
	beyond := size + spareRows + size/spareShare
	if _, err := l.session.Run([]int64{0, beyond, 0}, make([]int64, 3)); err == nil {
		return fmt.Errorf("%s: tokenizer: its vocabulary of %d is smaller than that of %s, which has more than %d",
			l.bundle.TokenizerPath(), size, l.bundle.ModelPath(), beyond)
	}
	return nil
}

// explain says why the graph does not run.
func (l *loaded) explain(r *ort.Runtime, fault error) error {
	path := l.bundle.ModelPath()
	inputs, outputs, err := r.Signature(path)
	if err != nil {
		return err
	}
	in, out := l.bundle.Inputs, l.bundle.Outputs.Names(l.bundle.Kind)
	if name, ok := missing(inputs, in.IDs, in.Mask, in.Types); ok {
		return fmt.Errorf("%s: inputs: the graph has no input %q; it has %s", path, name, strings.Join(inputs, ", "))
	}
	if name, ok := missing(outputs, out...); ok {
		return fmt.Errorf("%s: outputs: the graph has no output %q, as a bundle of kind %s has; it has %s", path, name, l.bundle.Kind, strings.Join(outputs, ", "))
	}
	for _, name := range inputs {
		if name != in.IDs && name != in.Mask && name != in.Types {
			return fmt.Errorf("%s: inputs: the graph wants %q too, which the manifest does not name", path, name)
		}
	}
	if _, err := l.session.Run([]int64{0, 0, 0}, make([]int64, 3)); err == nil {
		return fmt.Errorf("%s: tokenizer: its vocabulary of %d is larger than that of %s",
			l.bundle.TokenizerPath(), l.tokenizer.VocabSize(), path)
	}
	return fmt.Errorf("%s: model: the graph does not run: %w", path, fault)
}

// missing returns the first of names that is not empty and not in have.
func missing(have []string, names ...string) (name string, ok bool) {
	for _, n := range names {
		if n != "" && !slices.Contains(have, n) {
			return n, true
		}
	}
	return "", false
}

// oneLine makes one line of an error about a bundle, also where ONNX Runtime
// writes several.
func oneLine(err error) error {
	if err == nil {
		return nil
	}
	return &lineError{err}
}

// lineError joins the lines of an error.
type lineError struct{ err error }

func (e *lineError) Error() string {
	var lines []string
	for line := range strings.Lines(e.err.Error()) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "; ")
}

func (e *lineError) Unwrap() error { return e.err }
