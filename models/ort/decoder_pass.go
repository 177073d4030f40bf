package ort

import (
	"context"
	"errors"
	"fmt"

	onnx "github.com/yalue/onnxruntime_go"
)

// pass is one run of a decoder's graph.
type pass struct {
	decoder *Decoder
	before  *cache
	tokens  int

	own     []onnx.Value // inputs that are made for this run
	logits  *onnx.Tensor[float32]
	present []onnx.Value
}

// prepare makes all inputs and outputs but those of the cache before.
func (p *pass) prepare(ids []int64) error {
	d, total := p.decoder, p.before.tokens+p.tokens
	mask := make([]int64, total)
	for i := range mask {
		mask[i] = 1
	}
	inputs := [][]int64{ids, mask}
	if d.options.Positions != "" {
		positions := make([]int64, p.tokens)
		for i := range positions {
			positions[i] = int64(p.before.tokens + i)
		}
		inputs = append(inputs, positions)
	}
	for _, data := range inputs {
		t, err := onnx.NewTensor(onnx.NewShape(1, int64(len(data))), data)
		if err != nil {
			return fmt.Errorf("input tensor: %w", err)
		}
		p.own = append(p.own, t)
	}
	return p.outputs(total)
}

// outputs makes the memory that the graph writes to.
func (p *pass) outputs(total int) (err error) {
	d, rows := p.decoder, 1
	if d.all {
		rows = p.tokens
	}
	p.logits, err = onnx.NewEmptyTensor[float32](onnx.NewShape(1, int64(rows), int64(d.vocabulary)))
	if err != nil {
		return fmt.Errorf("tensor of the logits: %w", err)
	}
	for range 2 * len(d.options.PastKeys) {
		v, err := d.newCacheTensor(total)
		if err != nil {
			return fmt.Errorf("tensor of the cache: %w", err)
		}
		p.present = append(p.present, v)
	}
	return nil
}

// newCacheTensor makes room for the keys or values of one layer.
func (d *Decoder) newCacheTensor(tokens int) (onnx.Value, error) {
	shape := onnx.NewShape(1, int64(d.options.KVHeads), int64(tokens), int64(d.options.HeadDim))
	if d.half {
		// The binding wants at least one byte.
		return onnx.NewCustomDataTensor(shape, make([]byte, max(2*shape.FlattenedSize(), 1)), onnx.TensorElementDataTypeFloat16)
	}
	return onnx.NewEmptyTensor[float32](shape)
}

// run runs the graph, and stops it when ctx ends.
func (p *pass) run(ctx context.Context) error {
	past := p.before.values
	if past == nil {
		for range p.present {
			v, err := p.decoder.newCacheTensor(0)
			if err != nil {
				return fmt.Errorf("tensor of an empty cache: %w", err)
			}
			p.own = append(p.own, v)
		}
	}
	options, err := onnx.NewRunOptions()
	if err != nil {
		return err
	}
	defer func() { _ = options.Destroy() }()
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		_ = options.Terminate()
	})
	inputs := append(append([]onnx.Value(nil), p.own...), past...)
	outputs := append([]onnx.Value{p.logits}, p.present...)
	err = p.decoder.session.RunWithOptions(inputs, outputs, options)
	if !stop() {
		<-stopped // it uses options
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// close frees what the run leaves behind.
func (p *pass) close() error {
	err := errors.Join(destroy(p.own), destroy(p.present))
	if p.logits != nil {
		err = errors.Join(err, p.logits.Destroy())
	}
	return err
}
