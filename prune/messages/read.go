package messages

import (
	"bytes"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ragprune/ragprune/prune"
)

// CodeType is the code of a prune.FieldError about a value of another type than
// messages have there.
const CodeType = "type"

// The roles of messages that are told apart. Messages of any other role stay as
// they are.
const (
	roleUser      = "user"
	roleAssistant = "assistant"
	roleTool      = "tool"
	roleFunction  = "function" // that of OpenAI's first calls
)

// message is what is read of a message.
type message struct {
	role, name, callID string
	texts              []text
	calls              []call
}

// text is a string that a model reads: the content, or one part of it.
type text struct {
	pointer string
	literal
}

// call is a tool call of an assistant.
type call struct{ id, name string }

// typeError is a *prune.InvalidError for a value of the wrong type.
func typeError(pointer, want string) error {
	return &prune.InvalidError{Fields: []prune.FieldError{{Pointer: pointer, Code: CodeType, Message: "must be " + want}}}
}

// maxMessages is far above what a model can read; a list of tiny messages would take
// many times its bytes.
const maxMessages = 1 << 15

// readMessages reads a JSON array of messages.
func readMessages(raw []byte) ([]message, error) {
	const at = "/messages"
	if len(raw) == 0 {
		return nil, nil
	}
	value := jsontext.Value(raw)
	if !value.IsValid(jsontext.AllowInvalidUTF8(true)) {
		return nil, typeError(at, "valid JSON")
	}
	if value.Kind() == 'n' {
		return nil, nil
	}
	if value.Kind() != '[' {
		return nil, typeError(at, "an array")
	}
	var out []message
	err := eachItem(raw, 0, func(i int, item jsontext.Value, start int) error {
		if i == maxMessages {
			return &prune.InvalidError{Fields: []prune.FieldError{{Pointer: at, Code: prune.CodeTooLong, Message: "must have at most " + strconv.Itoa(maxMessages) + " messages"}}}
		}
		m, err := readMessage(item, start, at+"/"+strconv.Itoa(i))
		out = append(out, m)
		return err
	})
	return out, err
}

func readMessage(raw jsontext.Value, start int, at string) (m message, err error) {
	if raw.Kind() != '{' {
		return m, typeError(at, "an object")
	}
	err = eachMember(raw, start, func(name string, value jsontext.Value, start int) error {
		field := at + "/" + name
		switch name {
		case "role":
			return readString(&m.role, value, field)
		case "name":
			return readString(&m.name, value, field)
		case "tool_call_id":
			return readString(&m.callID, value, field)
		case "tool_calls":
			m.calls = readCalls(value)
		case "content":
			return m.readContent(value, start, field)
		}
		return nil
	})
	if err == nil && m.role == "" {
		return m, &prune.InvalidError{Fields: []prune.FieldError{{Pointer: at + "/role", Code: prune.CodeRequired, Message: "must say who speaks"}}}
	}
	return m, err
}

// readContent reads a string, or an array of parts of which those with a text
// are read.
func (m *message) readContent(raw jsontext.Value, start int, at string) error {
	switch raw.Kind() {
	case 'n':
		return nil
	case '"':
		m.texts = append(m.texts, text{at, newLiteral(raw, start)})
		return nil
	case '[':
	default:
		return typeError(at, "a string or an array of parts")
	}
	return eachItem(raw, start, func(i int, part jsontext.Value, start int) error {
		at := at + "/" + strconv.Itoa(i)
		if part.Kind() != '{' {
			return typeError(at, "an object")
		}
		return eachMember(part, start, func(name string, value jsontext.Value, start int) error {
			if name != "text" || value.Kind() == 'n' {
				return nil
			}
			if value.Kind() != '"' {
				return typeError(at+"/text", "a string")
			}
			m.texts = append(m.texts, text{at + "/text", newLiteral(value, start)})
			return nil
		})
	})
}

// readString reads a string; null counts as not sent.
func readString(into *string, raw jsontext.Value, at string) error {
	switch raw.Kind() {
	case 'n':
	case '"':
		*into = newLiteral(raw, 0).text
	default:
		return typeError(at, "a string")
	}
	return nil
}

// readCalls reads the ids and names of tool calls, and nothing else: the rest is
// between the model and its host.
func readCalls(raw jsontext.Value) (calls []call) {
	if raw.Kind() != '[' {
		return nil
	}
	_ = eachItem(raw, 0, func(_ int, item jsontext.Value, _ int) error {
		var c call
		member := func(name string, value jsontext.Value, _ int) error {
			switch {
			case name == "id" && value.Kind() == '"':
				c.id = newLiteral(value, 0).text
			case name == "name" && value.Kind() == '"':
				c.name = newLiteral(value, 0).text
			}
			return nil
		}
		if item.Kind() != '{' {
			return nil
		}
		err := eachMember(item, 0, func(name string, value jsontext.Value, start int) error {
			if name == "function" && value.Kind() == '{' {
				return eachMember(value, start, member)
			}
			return member(name, value, start)
		})
		calls = append(calls, c)
		return err
	})
	return calls
}

// eachItem calls do with the items of a valid array that stands at start, and
// where they stand.
func eachItem(raw []byte, start int, do func(i int, item jsontext.Value, start int) error) error {
	dec := decoder(raw)
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for i := 0; dec.PeekKind() != ']'; i++ {
		item, err := dec.ReadValue()
		if err != nil {
			return err
		}
		if err := do(i, item, start+int(dec.InputOffset())-len(item)); err != nil {
			return err
		}
	}
	return nil
}

// eachMember calls do with the members of a valid object that stands at start,
// and where their values stand.
func eachMember(raw []byte, start int, do func(name string, value jsontext.Value, start int) error) error {
	dec := decoder(raw)
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		key := name.String()
		value, err := dec.ReadValue()
		if err != nil {
			return err
		}
		if err := do(key, value, start+int(dec.InputOffset())-len(value)); err != nil {
			return err
		}
	}
	return nil
}

func decoder(raw []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewBuffer(raw), jsontext.AllowInvalidUTF8(true))
}
