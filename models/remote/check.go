package remote

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ragprune/ragprune/internal/breaker"
)

// mismatchError says that the engine's model is not the bundle's.
type mismatchError struct{ reason string }

func (e *mismatchError) Error() string { return e.reason }

// probe reports whether an endpoint can be used: it is ready, has the model and
// runs it. Asking whether it is ready would not find an endpoint that hangs.
func (s *Session) probe(ctx context.Context, e *endpoint) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	if err := e.ready(ctx, s.graph.model); err != nil {
		return err
	}
	inputs, outputs, err := e.ports(ctx, s.graph.model)
	if err != nil {
		return err
	}
	if err := s.graph.check(inputs, outputs); err != nil {
		return err
	}
	_, err = e.infer(ctx, s.graph, s.inputs([]int64{0, 0}, []int64{0, 0}))
	return err
}

func (s *Session) probing(e *endpoint) breaker.Probe {
	return func(ctx context.Context) error { return s.probe(ctx, e) }
}

// check holds the model's inputs and outputs to the manifest. Servers with
// batching say shapes with or without the axis of the batch, so their lengths
// are not compared.
func (g graph) check(inputs, outputs []port) error {
	if err := findAll("input", g.inputs, inputs, "INT64"); err != nil {
		return err
	}
	for _, p := range inputs {
		if !slices.Contains(g.inputs, p.Name) {
			return &mismatchError{fmt.Sprintf("the model %s wants the input %q, which the manifest does not name", g.model, p.Name)}
		}
	}
	return findAll("output", g.outputs, outputs, "FP32")
}

func findAll(kind string, want []string, have []port, datatype string) error {
	for _, name := range want {
		i := slices.IndexFunc(have, func(p port) bool { return p.Name == name })
		if i < 0 {
			return &mismatchError{fmt.Sprintf("the model has no %s %q, which the manifest names; it has %s", kind, name, namesOf(have))}
		}
		if have[i].Datatype != datatype {
			return &mismatchError{fmt.Sprintf("the %s %q is of type %s, want %s", kind, name, have[i].Datatype, datatype)}
		}
	}
	return nil
}

func namesOf(ports []port) string {
	var names []string
	for _, p := range ports {
		names = append(names, p.Name)
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
