package remote

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// tensor is an input or output in the JSON of the protocol.
type tensor struct {
	Name       string          `json:"name"`
	Datatype   string          `json:"datatype,omitzero"`
	Shape      []int64         `json:"shape,omitzero"`
	Parameters *parameters     `json:"parameters,omitzero"`
	Data       json.RawMessage `json:"data,omitzero"`
}

// parameters are those of the binary extension.
type parameters struct {
	// Size is the number of bytes behind the JSON.
	Size int `json:"binary_data_size,omitzero"`
	// Wanted asks for an output in binary.
	Wanted bool `json:"binary_data,omitzero"`
}

// encodeRequest returns the body of a request, of which header bytes are JSON.
func encodeRequest(g graph, inputs [][]int64, asBinary bool) (body []byte, header int, err error) {
	var r struct {
		Inputs  []tensor `json:"inputs"`
		Outputs []tensor `json:"outputs"`
	}
	var raw []byte
	for i, values := range inputs {
		t := tensor{Name: g.inputs[i], Datatype: "INT64", Shape: []int64{1, int64(len(values))}}
		if asBinary {
			t.Parameters = &parameters{Size: 8 * len(values)}
			raw = appendInts(raw, values)
		} else if t.Data, err = json.Marshal(values); err != nil {
			return nil, 0, err
		}
		r.Inputs = append(r.Inputs, t)
	}
	for _, name := range g.outputs {
		t := tensor{Name: name}
		if asBinary {
			t.Parameters = &parameters{Wanted: true}
		}
		r.Outputs = append(r.Outputs, t)
	}
	if body, err = json.Marshal(r); err != nil {
		return nil, 0, err
	}
	return append(body, raw...), len(body), nil
}

// decodeAnswer reads the outputs of g. header is what the server says of the
// length of the JSON; empty means that there is nothing else.
func decodeAnswer(g graph, body []byte, header string) ([][]float32, error) {
	var raw []byte
	if header != "" {
		n, err := strconv.Atoi(header)
		if err != nil || n < 0 || n > len(body) {
			return nil, fmt.Errorf("the header %s is %q, the answer has %d bytes", headerLength, header, len(body))
		}
		body, raw = body[:n], body[n:]
	}
	var r struct {
		Outputs []tensor `json:"outputs"`
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, fmt.Errorf("the answer: %w", err)
	}
	found := make([][]float32, len(g.outputs))
	for _, t := range r.Outputs {
		values, rest, err := t.values(raw)
		if err != nil {
			return nil, fmt.Errorf("the output %q: %w", t.Name, err)
		}
		raw = rest
		if i := slices.Index(g.outputs, t.Name); i >= 0 {
			found[i] = values
		}
	}
	return found, complete(g, found)
}

// values reads a tensor from its JSON, or from the front of raw.
func (t tensor) values(raw []byte) (values []float32, rest []byte, err error) {
	if t.Datatype != "FP32" {
		return nil, nil, fmt.Errorf("its type is %q, want FP32", t.Datatype)
	}
	switch {
	case t.Parameters != nil && t.Parameters.Size != 0:
		n := t.Parameters.Size
		if n < 0 || n > len(raw) {
			return nil, nil, fmt.Errorf("it is said to have %d bytes, there are %d", n, len(raw))
		}
		values, err = floats(raw[:n])
		raw = raw[n:]
	default:
		err = json.Unmarshal(t.Data, &values)
	}
	if err != nil {
		return nil, nil, err
	}
	return values, raw, fits(t.Shape, values)
}

// fits compares a shape with the number of values.
func fits(shape []int64, values []float32) error {
	n := int64(1)
	for _, axis := range shape {
		if axis < 0 || axis > maxAnswer {
			return fmt.Errorf("its shape is %v", shape)
		}
		if n *= axis; n > maxAnswer {
			return fmt.Errorf("its shape is %v", shape)
		}
	}
	if n != int64(len(values)) {
		return fmt.Errorf("its shape is %v, but it has %d values", shape, len(values))
	}
	return nil
}

// complete reports an output that is missing.
func complete(g graph, found [][]float32) error {
	for i, values := range found {
		if values == nil {
			return fmt.Errorf("the answer has no output %q", g.outputs[i])
		}
	}
	return nil
}

// appendInts appends values as the protocol has them, little-endian.
func appendInts(raw []byte, values []int64) []byte {
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(v)) //nolint:gosec // the same bits
	}
	return raw
}

func floats(raw []byte) ([]float32, error) {
	if len(raw)%4 != 0 {
		return nil, errors.New("its bytes are no whole numbers")
	}
	values := make([]float32, len(raw)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return values, nil
}
