package ort

import (
	"fmt"

	onnx "github.com/yalue/onnxruntime_go"
)

// Signature names the inputs and outputs of the graph at path. It loads the
// graph, so it is for messages about one that does not run.
func (r *Runtime) Signature(path string) (inputs, outputs []string, err error) {
	settings, err := r.newSettings(0, false)
	if err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", path, err)
	}
	defer func() { _ = settings.Destroy() }() // nothing uses it any more
	in, out, err := onnx.GetInputOutputInfoWithOptions(path, settings)
	if err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", path, err)
	}
	for _, i := range in {
		inputs = append(inputs, i.Name)
	}
	for _, o := range out {
		outputs = append(outputs, o.Name)
	}
	return inputs, outputs, nil
}
