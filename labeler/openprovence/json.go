package openprovence

import (
	"bytes"
	gocontext "context"
	"encoding/json"
	"errors"
	"io"
)

// maxDepth is how deep arguments are nested: an object with lists of lists.
const maxDepth = 4

// maxEscaped is how many times as long as texts their arguments may be: a
// character that is escaped has six bytes for one.
const maxEscaped = 8

// ProcessJSON is Process from JSON to JSON: the arguments of process() by name,
// and its answer. Arguments that cannot be read give an *InvalidError.
func (m *Model) ProcessJSON(ctx gocontext.Context, arguments []byte) ([]byte, error) {
	if m.bytes > 0 && len(arguments) > maxEscaped*m.bytes {
		return nil, invalid("", "The arguments have %d bytes, which is more than %d bytes of texts can have.", len(arguments), m.bytes)
	}
	if depth(arguments) > maxDepth {
		return nil, invalid("", "The arguments are nested too deeply.")
	}
	d := json.NewDecoder(bytes.NewReader(arguments))
	d.DisallowUnknownFields()
	var r Request
	if err := d.Decode(&r); err != nil {
		return nil, unreadable(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, invalid("", "There is more than one value.")
	}
	for field, t := range map[string]Texts{"question": r.Question, "context": r.Context} {
		if t.missing() {
			return nil, invalid(field, "is mandatory")
		}
	}
	answer, err := m.Process(ctx, &r)
	if err != nil {
		return nil, err
	}
	return json.Marshal(answer)
}

// unreadable says what is wrong with JSON without repeating it.
func unreadable(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return invalid(wrong.Field, "is of a wrong type: %s", wrong.Value)
	}
	return invalid("", "The arguments are not valid: %s", err)
}

// depth returns how deep objects and arrays are nested.
func depth(data []byte) int {
	level, deepest, quoted := 0, 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case quoted:
		case c == '[' || c == '{':
			level++
			deepest = max(deepest, level)
		case c == ']' || c == '}':
			level--
		}
	}
	return deepest
}
