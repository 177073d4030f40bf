package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ragprune/ragprune/prune"
)

// maxDepth bounds how deep a value of metadata may be nested, the only place
// of a request where nesting is free.
const maxDepth = 64

// maxElements bounds the lists of a body while they are read. It is far above what
// any of them may have; a list of tiny elements would take many times its bytes.
const maxElements = 1 << 16

var (
	errDepth    = errors.New("api: nested too deep")
	errElements = errors.New("api: too many elements")
)

// jsonDocument is a prune.Document without its own way of being decoded.
type jsonDocument prune.Document

// decodeRequest reads a request. It is strict about names and types, and
// lenient about what loses nothing: a byte order mark, null for a field that
// is not sent, and invalid UTF-8, which becomes U+FFFD. Its error is a
// *problem.
func decodeRequest(body []byte) (prune.Request, error) {
	var req prune.Request
	body, err := begun(body)
	if err != nil {
		return req, err
	}
	err = json.Unmarshal(body, &req,
		json.RejectUnknownMembers(true),
		jsontext.AllowInvalidUTF8(true),
		json.WithUnmarshalers(json.JoinUnmarshalers(
			json.UnmarshalFromFunc(decodeList[prune.Document]),
			json.UnmarshalFromFunc(decodeList[string]),
			json.UnmarshalFromFunc(documentDecoder(body)),
			json.UnmarshalFromFunc(decodeRaw),
		)),
	)
	if err != nil {
		return prune.Request{}, decodeProblem(err)
	}
	return req, nil
}

// begun returns body without a byte order mark. A body with nothing else in it is
// a *problem.
func begun(body []byte) ([]byte, error) {
	body = bytes.TrimPrefix(body, []byte("\uFEFF"))
	if len(bytes.TrimLeft(body, " \t\r\n")) == 0 {
		return nil, &problem{code: CodeEmptyBody}
	}
	return body, nil
}

// documentDecoder decodes the documents of body: a string is a document's
// text.
func documentDecoder(body []byte) func(*jsontext.Decoder, *prune.Document) error {
	return func(dec *jsontext.Decoder, d *prune.Document) error {
		start := dec.InputOffset()
		if dec.PeekKind() == '"' {
			if err := json.UnmarshalDecode(dec, &d.Text); err != nil {
				return err
			}
		} else if err := json.UnmarshalDecode(dec, (*jsonDocument)(d)); err != nil {
			return err
		}
		d.Repaired = isRepaired(body[start:dec.InputOffset()])
		return nil
	}
}

// decodeList decodes a list of at most maxElements.
func decodeList[T any](dec *jsontext.Decoder, list *[]T) error {
	if dec.PeekKind() != '[' {
		return errors.ErrUnsupported // the decoder knows what to make of it
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	out := []T{}
	for dec.PeekKind() != ']' {
		if len(out) == maxElements {
			return errElements
		}
		var element T
		if err := json.UnmarshalDecode(dec, &element); err != nil {
			return err
		}
		out = append(out, element)
	}
	*list = out
	_, err := dec.ReadToken()
	return err
}

// decodeRaw keeps a value of metadata as it was written, so that large numbers
// and the order of names come back as they went in.
func decodeRaw(dec *jsontext.Decoder, v *any) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if depth(raw) > maxDepth {
		return errDepth
	}
	*v = raw.Clone()
	return nil
}

// depth returns how deep objects and arrays are nested in valid JSON.
func depth(raw []byte) int {
	level, deepest, quoted := 0, 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\':
			i++
		case quoted:
		case c == '{' || c == '[':
			level++
			deepest = max(deepest, level)
		case c == '}' || c == ']':
			level--
		}
	}
	return deepest
}

// isRepaired reports whether the strings of raw, the JSON of a document with
// what stands before it, had to be repaired: invalid UTF-8, or half of a
// surrogate pair. The first look is cheap, as nearly all documents are fine.
func isRepaired(raw []byte) bool {
	if utf8.Valid(raw) && !bytes.Contains(raw, []byte(`\ud`)) && !bytes.Contains(raw, []byte(`\uD`)) {
		return false
	}
	value := jsontext.Value(bytes.TrimLeft(raw, " \t\r\n,:["))
	return !value.IsValid()
}

// decodeProblem says what is wrong with a body, and where, in words that hold
// nothing of it.
func decodeProblem(err error) *problem {
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return syntaxProblem(syntax)
	}
	semantic, ok := errors.AsType[*json.SemanticError](err)
	if !ok {
		return &problem{code: CodeInvalidJSON}
	}
	field := fieldProblem{Pointer: safePointer(semantic.JSONPointer)}
	switch {
	case errors.Is(err, json.ErrUnknownName):
		field.Code, field.Message = "unknown_field", "is not a field of a request"
		if len(semantic.JSONPointer) > maxPointer {
			field.Message = "has a field that is not one of a request"
		}
	case errors.Is(err, errElements):
		field.Code, field.Message = prune.CodeTooMany, fmt.Sprintf("has more than %d elements, far more than are allowed", maxElements)
		return unacceptable(field)
	case errors.Is(err, errDepth):
		field.Code, field.Message = "depth", deepMessage()
	case errors.Is(err, strconv.ErrRange):
		field.Code, field.Message = "out_of_range", "is too large a number"
	default:
		field.Code, field.Message = "type", "must be "+wanted(semantic.GoType)
	}
	return misshapen(field)
}

// misshapen is the problem of a body with a field that cannot be read.
func misshapen(fields ...fieldProblem) *problem {
	return &problem{code: CodeInvalidBody, detail: "One field is not as it should be, see errors.", errors: fields}
}

// unacceptable is the problem of a body with fields that break rules.
func unacceptable(fields ...fieldProblem) *problem {
	p := &problem{code: CodeInvalidRequest, detail: "One field is not acceptable, see errors.", errors: fields}
	if n := len(fields); n > 1 {
		p.detail = strconv.Itoa(n) + " fields are not acceptable, see errors."
	}
	return p
}

func deepMessage() string { return fmt.Sprintf("is nested deeper than %d levels", maxDepth) }

// syntaxProblem says where JSON is not JSON.
func syntaxProblem(err *jsontext.SyntacticError) *problem {
	field := fieldProblem{Pointer: safePointer(err.JSONPointer), Code: "syntax"}
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		field.Code, field.Message = "duplicate_name", "is there twice"
		return misshapen(field)
	case strings.Count(string(err.JSONPointer), "/") > maxDepth:
		field.Pointer = safePointer(ancestor(err.JSONPointer, metadataLevel))
		field.Code, field.Message = "depth", deepMessage()
		return misshapen(field)
	case errors.Is(err, io.ErrUnexpectedEOF):
		field.Message = "ends too early"
	default:
		field.Message = fmt.Sprintf("is not valid JSON at byte %d", err.ByteOffset)
	}
	return &problem{code: CodeInvalidJSON, detail: "The body " + field.Message + ".", errors: []fieldProblem{field}}
}

// metadataLevel is the length of a pointer to a value of metadata.
const metadataLevel = 4 // documents, index, metadata, name

// ancestor returns the pointer to the first n tokens of p.
func ancestor(p jsontext.Pointer, n int) jsontext.Pointer {
	var out jsontext.Pointer
	for token := range p.Tokens() {
		if n--; n < 0 {
			break
		}
		out = out.AppendToken(token)
	}
	return out
}

// wanted describes in words of JSON what a Go type holds.
func wanted(t reflect.Type) string {
	if t == nil {
		return "something else"
	}
	if t == reflect.TypeFor[jsonDocument]() || t == reflect.TypeFor[rerankDocument]() || t == reflect.TypeFor[map[string]jsontext.Value]() {
		return "a string or an object"
	}
	if t == reflect.TypeFor[prune.Granularity]() {
		return `an integer or "auto"`
	}
	switch t.Kind() {
	case reflect.Pointer:
		return wanted(t.Elem())
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Int, reflect.Int64:
		return "an integer"
	case reflect.Slice:
		return "an array"
	}
	return "an object"
}
