package triton

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ragprune/ragprune/models"
)

// port is an input or output of the graph, without the axis of the batch.
type port struct {
	name, datatype string
	dims           []int
}

// Config is the text of config.pbtxt.
//
// The engine may read several sequences in one run only if that leaves scores as
// they are. A graph of int8 scales its activations by all that is in a run, so
// sequences would change each other's scores; it gets no batching, but several
// instances side by side.
func Config(m *models.Manifest, o Options) (string, error) {
	if err := o.validate(); err != nil {
		return "", err
	}
	inputs, outputs, err := ports(m)
	if err != nil {
		return "", err
	}
	batch := o.Batch
	var b strings.Builder
	fmt.Fprintf(&b, "# Made by `ragprune models export-triton` from %s.\n", m.ID())
	if m.Precision == models.PrecisionInt8 {
		batch = 0
		b.WriteString("# Without batching: in int8, sequences of one run change each other's scores.\n")
	}
	fmt.Fprintf(&b, "name: %q\nbackend: \"onnxruntime\"\nmax_batch_size: %d\n", m.Name, batch)
	for _, p := range inputs {
		b.WriteString(p.text("input", batch))
	}
	for _, p := range outputs {
		b.WriteString(p.text("output", batch))
	}
	if batch > 0 {
		fmt.Fprintf(&b, "dynamic_batching {\n  max_queue_delay_microseconds: %d\n}\n", o.QueueDelay.Microseconds())
	}
	kind := "KIND_CPU"
	if o.GPU {
		kind = "KIND_GPU"
	}
	fmt.Fprintf(&b, "instance_group [\n  {\n    count: %d\n    kind: %s\n  }\n]\n", o.Instances, kind)
	return b.String(), nil
}

// ports are the graph's inputs and outputs; see models.Inputs and
// models.Outputs.
func ports(m *models.Manifest) (inputs, outputs []port, err error) {
	if !slices.Contains([]models.Kind{models.KindPruner, models.KindReranker}, m.Kind) {
		return nil, nil, fmt.Errorf("%s is a bundle of kind %s; pruners and rerankers run on a serving engine", m.ID(), m.Kind)
	}
	for _, name := range []string{m.Inputs.IDs, m.Inputs.Mask, m.Inputs.Types} {
		if name != "" {
			inputs = append(inputs, port{name, "TYPE_INT64", []int{-1}})
		}
	}
	if m.Kind == models.KindPruner {
		keep := []int{-1}
		if m.Activation == models.Softmax {
			keep = append(keep, 2)
		}
		outputs = append(outputs, port{m.Outputs.Keep, "TYPE_FP32", keep})
	}
	return inputs, append(outputs, port{m.Outputs.Rank, "TYPE_FP32", nil}), nil
}

// text is the port in config.pbtxt. With batching the engine puts the axis of
// the batch before dims; a port that has no other is given one by reshape, as
// dims may not be empty.
func (p port) text(field string, batch int) string {
	dims, reshape := p.dims, ""
	switch {
	case batch == 0:
		dims = append([]int{-1}, dims...)
	case len(dims) == 0:
		dims, reshape = []int{1}, "    reshape { shape: [ ] }\n"
	}
	list := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(dims)), ", "), "[]")
	return fmt.Sprintf("%s [\n  {\n    name: %q\n    data_type: %s\n    dims: [ %s ]\n%s  }\n]\n", field, p.name, p.datatype, list, reshape)
}
