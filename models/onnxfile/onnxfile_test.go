package onnxfile_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/models/onnxfile"
)

// field writes a field of a protocol buffer that has a length.
func field(number byte, parts ...string) string {
	content := strings.Join(parts, "")
	tag := binary.AppendUvarint(nil, uint64(number)<<3|2)
	return string(binary.AppendUvarint(tag, uint64(len(content)))) + content
}

// weights is a TensorProto that lies in a file.
func weights(name string) string {
	return "\x10\x01" + field(13, field(1, "location"), field(2, name)) + field(13, field(1, "offset"), field(2, "0"))
}

func TestExternal(t *testing.T) {
	for name, test := range map[string]struct {
		file string
		want []string
	}{
		"none":     {"\x08\x09" + field(7, field(2, "g"), field(5, field(9, "location"))), nil},
		"weights":  {field(7, field(5, weights("b")), field(5, weights("a")), field(5, weights("b"))), []string{"a", "b"}},
		"constant": {field(7, field(1, field(5, field(5, weights("c"))))), []string{"c"}},
		"branch":   {field(7, field(1, field(5, field(6, field(15, field(1, weights("d"))))))), []string{"d"}},
		"function": {field(7) + field(25, field(7, field(5, field(10, weights("../e"))))), []string{"../e"}},
		"numbers":  {"\x0d1234" + "\x0912345678" + field(7), nil},
	} {
		got, err := onnxfile.External(strings.NewReader(test.file), int64(len(test.file)))
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s: error %v, difference %s", name, err, diff)
		}
	}
}

func TestExternalRefuses(t *testing.T) {
	deep := weights("f")
	for range 200 {
		deep = field(1, field(5, field(6, deep)))
	}
	whole := field(7, field(5, weights("a")))
	for name, file := range map[string]string{
		"empty": "", "text": "this is no graph", "no graph": field(2, "producer"), "deep": field(7, deep),
		"cut": whole[:len(whole)-3], "inner": field(7, "\x2a\x7f"), "way": "\x0b",
		"name": field(7, field(5, weights(strings.Repeat("a", 5000)))), "overlong": "\x0d12",
	} {
		if _, err := onnxfile.External(strings.NewReader(file), int64(len(file))); !errors.Is(err, onnxfile.ErrFormat) {
			t.Errorf("%s: error is %v, want ErrFormat", name, err)
		}
	}
}

// A real graph is read to its end, and missed if it is cut anywhere.
func TestExternalOfGraph(t *testing.T) {
	data, err := os.ReadFile("../export/testdata/openprovence-bert/model.onnx")
	if err != nil {
		t.Fatal(err)
	}
	if names, err := onnxfile.External(bytes.NewReader(data), int64(len(data))); err != nil || len(names) > 0 {
		t.Errorf("External gives %v, %v", names, err)
	}
	for cut := 1; cut < len(data)/2; cut = cut*2 + 1 {
		half := data[:cut]
		if _, err := onnxfile.External(bytes.NewReader(half), int64(cut)); err == nil {
			t.Errorf("the first %d of %d bytes are taken for a graph", cut, len(data))
		}
	}
}

func FuzzExternal(f *testing.F) {
	f.Add([]byte(field(7, field(1, field(5, field(6, field(5, weights("a"))))))))
	f.Add([]byte("\x0b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := onnxfile.External(bytes.NewReader(data), int64(len(data))); err != nil && !errors.Is(err, onnxfile.ErrFormat) {
			t.Errorf("error is %v", err)
		}
	})
}
