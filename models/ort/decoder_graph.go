package ort

import (
	"errors"
	"fmt"
	"strings"

	onnx "github.com/yalue/onnxruntime_go"
)

// inspect compares the graph at path with the options, and learns what they do
// not say.
func (d *Decoder) inspect(path string) error {
	inputs, outputs, err := portsOf(path)
	if err != nil {
		return err
	}
	o := &d.options
	if len(o.PastKeys) == 0 || len(o.PastValues) != len(o.PastKeys) || len(o.PresentKeys) != len(o.PastKeys) || len(o.PresentValues) != len(o.PastKeys) {
		return errors.New("the caches need as many keys as values, in inputs as in outputs")
	}
	in, out := ports{"inputs", inputs}, ports{"outputs", outputs}
	var errs []error
	for _, name := range o.inputs()[:len(o.inputs())-2*len(o.PastKeys)] {
		_, err := in.find(name, 2, onnx.TensorElementDataTypeInt64)
		errs = append(errs, err)
	}
	first, err := in.find(o.PastKeys[0], 4, onnx.TensorElementDataTypeFloat, onnx.TensorElementDataTypeFloat16)
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	d.half = first.DataType == onnx.TensorElementDataTypeFloat16
	for _, name := range pairs(o.PastKeys, o.PastValues) {
		errs = append(errs, d.checkCache(in, name, first.DataType))
	}
	for _, name := range pairs(o.PresentKeys, o.PresentValues) {
		errs = append(errs, d.checkCache(out, name, first.DataType))
	}
	errs = append(errs, in.surplus(o.inputs()), d.learnLogits(out))
	return firstOf(errs)
}

// portsOf lists the inputs and outputs of the graph at path. The binding loads
// the graph for that; it is not optimised then.
func portsOf(path string) (inputs, outputs []onnx.InputOutputInfo, err error) {
	settings, err := onnx.NewSessionOptions()
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = settings.Destroy() }()
	if err := settings.SetGraphOptimizationLevel(onnx.GraphOptimizationLevelDisableAll); err != nil {
		return nil, nil, err
	}
	return onnx.GetInputOutputInfoWithOptions(path, settings)
}

// checkCache wants a tensor [batch, KVHeads, tokens, HeadDim]; what the graph
// leaves open fits.
func (d *Decoder) checkCache(p ports, name string, element onnx.TensorElementDataType) error {
	info, err := p.find(name, 4, element)
	if err != nil {
		return err
	}
	for _, axis := range []struct {
		index, want int
		what        string
	}{{1, d.options.KVHeads, "heads"}, {3, d.options.HeadDim, "numbers a head"}} {
		if got := info.Dimensions[axis.index]; got > 0 && got != int64(axis.want) {
			return fmt.Errorf("%s: %q has %d %s, the manifest says %d", p.kind, name, got, axis.what, axis.want)
		}
	}
	return nil
}

// learnLogits finds out how many logits there are.
func (d *Decoder) learnLogits(p ports) error {
	info, err := p.find(d.options.Logits, 3, onnx.TensorElementDataTypeFloat)
	if err != nil {
		return err
	}
	d.all = info.Dimensions[1] != 1
	d.vocabulary = int(info.Dimensions[2])
	if d.vocabulary < 1 {
		return fmt.Errorf("%s: %q does not say how large the vocabulary is", p.kind, d.options.Logits)
	}
	return nil
}

// ports are the inputs or the outputs of a graph.
type ports struct {
	kind  string
	infos []onnx.InputOutputInfo
}

// find returns the port of a name if it has so many axes and one of the types.
func (p ports) find(name string, axes int, types ...onnx.TensorElementDataType) (*onnx.InputOutputInfo, error) {
	for i := range p.infos {
		info := &p.infos[i]
		if info.Name != name {
			continue
		}
		for _, t := range types {
			if info.OrtValueType == onnx.ONNXTypeTensor && info.DataType == t && len(info.Dimensions) == axes {
				return info, nil
			}
		}
		return nil, fmt.Errorf("%s: %q is %s, want %d axes of %v", p.kind, name, info, axes, types)
	}
	return nil, fmt.Errorf("%s: the graph has no %q; it has %s", p.kind, name, p.names())
}

// surplus reports a port that nothing is known to give to.
func (p ports) surplus(known []string) error {
	given := make(map[string]bool)
	for _, name := range known {
		given[name] = true
	}
	for _, info := range p.infos {
		if !given[info.Name] {
			return fmt.Errorf("%s: the graph wants %q, which the manifest does not name", p.kind, info.Name)
		}
	}
	return nil
}

// names lists the ports, shortened where there are many.
func (p ports) names() string {
	const most = 12
	var names []string
	for i, info := range p.infos {
		if i == most {
			names = append(names, fmt.Sprintf("and %d more", len(p.infos)-most))
			break
		}
		names = append(names, info.Name)
	}
	return strings.Join(names, ", ")
}

// firstOf is the first error: one mistake in a manifest shows in every layer.
func firstOf(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
