package onnxfile

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// ErrFormat is wrapped by the error about a file that is not an ONNX file, or
// not a whole one.
var ErrFormat = errors.New("it is not a whole ONNX file")

// External returns the files beside it that an ONNX file of size bytes keeps
// weights in, as it names them, each once.
func External(r io.Reader, size int64) ([]string, error) {
	w := &walker{in: bufio.NewReaderSize(r, 1<<16)}
	if err := w.message(model, size); err != nil {
		return nil, err
	}
	if !w.graph {
		return nil, fmt.Errorf("%w: it has no graph", ErrFormat)
	}
	slices.Sort(w.files)
	return slices.Compact(w.files), nil
}

// message is a type of ONNX's protocol buffer that can lead to a file's name.
type message int

const (
	none message = iota // skipped
	model
	training
	graph
	node
	attribute
	tensor
	sparse
	entry    // of TensorProto.external_data
	function // of the model
)

// child returns the type of a field, by the numbers of onnx.proto.
func (m message) child(field uint64) message {
	switch (place{m, field}) {
	case place{model, 7}, place{training, 1}, place{training, 2}, place{attribute, 6}, place{attribute, 11}:
		return graph
	case place{model, 20}:
		return training
	case place{model, 25}:
		return function
	case place{graph, 1}, place{function, 7}:
		return node
	case place{node, 5}:
		return attribute
	case place{graph, 5}, place{attribute, 5}, place{attribute, 10}, place{sparse, 1}, place{sparse, 2}:
		return tensor
	case place{graph, 15}, place{attribute, 22}, place{attribute, 23}:
		return sparse
	case place{tensor, 13}:
		return entry
	}
	return none
}

// place is a field of a message.
type place struct {
	of    message
	field uint64
}

// Bounds of what is read. Graphs within graphs are rare, and no name is long.
const (
	maxDepth = 100
	maxName  = 4096
)

// walker reads a file once, from its beginning.
type walker struct {
	in    *bufio.Reader
	at    int64
	depth int
	graph bool
	files []string
}

// The ways in which a field is written.
const (
	varint  = 0
	fixed64 = 1
	counted = 2
	fixed32 = 5
)

// message reads a message that ends at end.
func (w *walker) message(m message, end int64) error {
	w.depth++
	defer func() { w.depth-- }()
	if w.depth > maxDepth {
		return fmt.Errorf("%w: graphs lie more than %d deep in one another", ErrFormat, maxDepth)
	}
	var pair [2]string // the key and the value of an entry
	for w.at < end {
		tag, err := w.varint()
		if err != nil {
			return err
		}
		if field, way := tag>>3, tag&7; way == counted {
			err = w.counted(m, field, end, &pair)
		} else {
			err = w.number(way)
		}
		if err != nil {
			return err
		}
	}
	if w.at > end {
		return fmt.Errorf("%w: a field is longer than what it is part of", ErrFormat)
	}
	if m == entry && pair[0] == "location" {
		w.files = append(w.files, pair[1])
	}
	return nil
}

// counted reads a field of m that begins with its length.
func (w *walker) counted(m message, field uint64, end int64, pair *[2]string) error {
	length, err := w.length(end)
	if err != nil {
		return err
	}
	child := m.child(field)
	switch {
	case m == entry && (field == 1 || field == 2):
		pair[field-1], err = w.text(length)
		return err
	case child == none:
		return w.skip(length)
	}
	w.graph = w.graph || m == model && child == graph
	return w.message(child, w.at+length)
}

// number skips a field of a fixed size or a varint.
func (w *walker) number(way uint64) error {
	switch way {
	case varint:
		_, err := w.varint()
		return err
	case fixed64:
		return w.skip(8)
	case fixed32:
		return w.skip(4)
	}
	return fmt.Errorf("%w: a field is written in the way %d", ErrFormat, way)
}

// length reads the length of a field that must end by end.
func (w *walker) length(end int64) (int64, error) {
	n, err := w.varint()
	if err != nil {
		return 0, err
	}
	if n > math.MaxInt64 || int64(n) > end-w.at {
		return 0, fmt.Errorf("%w: a field is longer than what it is part of", ErrFormat)
	}
	return int64(n), nil
}

func (w *walker) varint() (uint64, error) {
	n, err := binary.ReadUvarint(w)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return n, nil
}

// ReadByte is for binary.ReadUvarint.
func (w *walker) ReadByte() (byte, error) {
	b, err := w.in.ReadByte()
	if err == nil {
		w.at++
	}
	return b, err
}

func (w *walker) text(length int64) (string, error) {
	if length > maxName {
		return "", fmt.Errorf("%w: the name of a file has %d bytes", ErrFormat, length)
	}
	text := make([]byte, length)
	n, err := io.ReadFull(w.in, text)
	w.at += int64(n)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return string(text), nil
}

func (w *walker) skip(length int64) error {
	for length > 0 {
		n, err := w.in.Discard(int(min(length, math.MaxInt32)))
		w.at += int64(n)
		length -= int64(n)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrFormat, err)
		}
	}
	return nil
}
