package ort

import (
	"errors"
	"fmt"

	onnx "github.com/yalue/onnxruntime_go"

	"github.com/ragprune/ragprune/models"
)

// Options of a Session.
type Options struct {
	// IDs and Mask name the graph's inputs. Mandatory.
	IDs, Mask string
	// Types names the input for token types. Empty if the graph has none.
	Types string
	// Outputs names the outputs that Run returns, in that order. Mandatory.
	Outputs []string
	// Threads is the number of threads of one Run. 0 means 1: many runs side
	// by side use the cores better than one run on all of them.
	Threads int
	// CPU says that the providers of the Runtime are not for this graph.
	CPU bool
}

// OptionsOf are those that the manifest of a pruner, a reranker or an embedder
// says.
func OptionsOf(m *models.Manifest) Options {
	return Options{
		IDs: m.Inputs.IDs, Mask: m.Inputs.Mask, Types: m.Inputs.Types, Outputs: m.Outputs.Names(m.Kind),
		CPU: staysOnCPU(m),
	}
}

// Session is one graph in memory. It is safe for concurrent use.
type Session struct {
	session *onnx.DynamicAdvancedSession
	typed   bool
	outputs int
}

// Open loads the graph at path. Its content must be trusted (see
// models.Bundle.Verify): a damaged graph can crash the process.
func (r *Runtime) Open(path string, o Options) (*Session, error) {
	settings, err := r.newSettings(o.Threads, o.CPU)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	defer func() { _ = settings.Destroy() }() // the session has a copy
	inputs := []string{o.IDs, o.Mask}
	if o.Types != "" {
		inputs = append(inputs, o.Types)
	}
	s, err := onnx.NewDynamicAdvancedSession(path, inputs, o.Outputs, settings)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return &Session{session: s, typed: o.Types != "", outputs: len(o.Outputs)}, nil
}

// Run reads one sequence of token ids with their types, of equal length, and
// returns each output's values flat, in row-major order. There is no padding
// and no batch: results then depend on the sequence alone, also where int8
// activations are scaled per tensor. Values that are not finite are an error.
func (s *Session) Run(ids, types []int64) (outputs [][]float32, err error) {
	inputs, err := s.inputs(ids, types)
	defer func() { err = errors.Join(err, destroy(inputs)) }()
	if err != nil {
		return nil, err
	}
	values := make([]onnx.Value, s.outputs)
	if err := s.session.Run(inputs, values); err != nil {
		return nil, fmt.Errorf("run of %d tokens: %w", len(ids), err)
	}
	defer func() { err = errors.Join(err, destroy(values)) }()
	outputs = make([][]float32, len(values))
	for i, v := range values {
		t, ok := v.(*onnx.Tensor[float32])
		if !ok {
			return nil, fmt.Errorf("output %d of the graph is %T, want float32", i, v)
		}
		outputs[i] = append([]float32(nil), t.GetData()...)
	}
	return outputs, models.CheckFinite(outputs)
}

func (s *Session) inputs(ids, types []int64) ([]onnx.Value, error) {
	mask := make([]int64, len(ids))
	for i := range mask {
		mask[i] = 1
	}
	data := [][]int64{ids, mask}
	if s.typed {
		data = append(data, types)
	}
	var values []onnx.Value
	for _, d := range data {
		t, err := onnx.NewTensor(onnx.NewShape(1, int64(len(ids))), d)
		if err != nil {
			return values, fmt.Errorf("input tensor: %w", err)
		}
		values = append(values, t)
	}
	return values, nil
}

func destroy(values []onnx.Value) error {
	var errs []error
	for _, v := range values {
		if v != nil {
			errs = append(errs, v.Destroy())
		}
	}
	return errors.Join(errs...)
}

// Close frees the graph. No Run may be under way.
func (s *Session) Close() error { return s.session.Destroy() }
