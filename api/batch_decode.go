package api

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ragprune/ragprune/prune"
)

// maxItems is the number of items of a batch.
const maxItems = 1000

// piece is a JSON value as it stands in a body.
type piece []byte

// batch is a body of POST /prune/batch. Its items are read when their turn
// comes.
type batch struct {
	// Options are the fields of a prune.Request that all items share.
	Options piece   `json:"options"`
	Items   []piece `json:"items"`

	shared []member
}

// decodeBatch reads the frame of a batch, and the shared options as strictly as
// a request. Its error is a *problem.
func decodeBatch(body []byte) (*batch, error) {
	body, err := begun(body)
	if err != nil {
		return nil, err
	}
	b := new(batch)
	err = json.Unmarshal(body, b,
		json.RejectUnknownMembers(true), jsontext.AllowInvalidUTF8(true),
		json.WithUnmarshalers(json.JoinUnmarshalers(
			json.UnmarshalFromFunc(decodeList[piece]),
			json.UnmarshalFromFunc(func(dec *jsontext.Decoder, p *piece) error {
				raw, err := dec.ReadValue()
				end := int(dec.InputOffset())
				*p = body[end-len(raw) : end]
				return err
			}),
		)))
	if err != nil {
		return nil, decodeProblem(err)
	}
	switch n := len(b.Items); {
	case n == 0:
		return nil, unacceptable(fieldProblem{Pointer: "/items", Code: prune.CodeRequired, Message: "must have at least one item"})
	case n > maxItems:
		return nil, unacceptable(fieldProblem{Pointer: "/items", Code: prune.CodeTooMany, Message: fmt.Sprintf("must have at most %d items", maxItems)})
	}
	return b, b.share()
}

// share reads the shared options.
func (b *batch) share() error {
	if len(b.Options) == 0 || b.Options.isNull() {
		return nil
	}
	options, err := decodeRequest(b.Options)
	if p, ok := errors.AsType[*problem](err); ok {
		return p.below("/options")
	}
	for _, field := range []struct {
		name string
		set  bool
	}{{"query", options.Query != ""}, {"documents", options.Documents != nil}} {
		if field.set {
			return unacceptable(fieldProblem{Pointer: "/options/" + field.name, Code: "unknown_field", Message: "is a field of items, not of options"})
		}
	}
	b.shared = members(b.Options)
	return nil
}

// below returns p with its pointers below at.
func (p *problem) below(at string) *problem {
	moved := *p
	moved.errors = slices.Clone(p.errors)
	for i := range moved.errors {
		moved.errors[i].Pointer = at + moved.errors[i].Pointer
	}
	return &moved
}

// item reads an item. A field of it stands in place of the shared one. Its error
// is a *problem with pointers into the item.
func (b *batch) item(i int) (prune.Request, error) {
	item := b.Items[i]
	if len(b.shared) == 0 || item[0] != '{' {
		return decodeRequest(item)
	}
	own := members(item)
	out := []byte{'{'}
	for _, m := range b.shared {
		if !slices.ContainsFunc(own, m.givesWayTo) {
			out = append(append(out, m.raw...), ',')
		}
	}
	for _, m := range own {
		out = append(append(out, m.raw...), ',')
	}
	out[len(out)-1] = '}'
	return decodeRequest(out)
}

func (p piece) isNull() bool { return string(p) == "null" }

// member is a field of an object, name and value as they stand in the body.
type member struct {
	name string
	raw  []byte
}

// givesWayTo reports whether a shared m is not meant for an item that has own: the
// same field, or the other way to say the threshold.
func (m member) givesWayTo(own member) bool {
	return m.name == own.name || m.name == "preset" && own.name == "threshold" || m.name == "threshold" && own.name == "preset"
}

// members lists the fields of a valid object, without those that are null and
// so count as not sent.
func members(object []byte) (out []member) {
	dec := jsontext.NewDecoder(bytes.NewReader(object), jsontext.AllowInvalidUTF8(true))
	_, err := dec.ReadToken()
	for err == nil && dec.PeekKind() == '"' {
		start := dec.InputOffset()
		var name jsontext.Token
		if name, err = dec.ReadToken(); err != nil {
			break
		}
		m := member{name: name.String()}
		kind := dec.PeekKind()
		if err = dec.SkipValue(); err == nil && kind != 'n' {
			m.raw = bytes.TrimLeft(object[start:dec.InputOffset()], " \t\r\n,") // no name begins so
			out = append(out, m)
		}
	}
	return out
}
