package messages

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/prune"
)

// The codes of warnings about messages.
const (
	// CodeNoContext says that nothing of the messages is context.
	CodeNoContext = "no_context"
	// CodeOpenMark says that a mark has no end.
	CodeOpenMark = "open_mark"
	// CodeStructured says that a piece is JSON, and stays as it came.
	CodeStructured = "structured_context"
	// CodeMarkInText says that a piece stays as it came, because what would be
	// left of it holds a mark.
	CodeMarkInText = "mark_in_text"
)

// chat is a conversation with what is context in it.
type chat struct {
	raw      []byte
	messages int // how many there are
	pieces   []piece
	question string
	warnings []htmlprune.Warning
}

// piece is a document in a text of a message.
type piece struct {
	text *text
	span
}

func (p *piece) source() string { return p.text.text[p.start:p.end] }

// newChat reads messages and finds the context in them.
func newChat(raw []byte, o Options) (*chat, error) {
	c := &chat{raw: raw}
	if !utf8.Valid(raw) {
		c.raw = bytes.ToValidUTF8(raw, []byte("\uFFFD"))
		c.warn("invalid_utf8", "Invalid UTF-8 in the messages was replaced.")
	}
	if o.Marks == nil {
		o.Marks = DefaultMarks()
	}
	list, err := readMessages(c.raw)
	if err != nil {
		return nil, err
	}
	c.messages = len(list)
	tools := newToolbox(list, o.Tools)
	structured := 0
	for i := range list {
		m := &list[i]
		var said []string
		for j := range m.texts {
			found, rest := c.find(m, &m.texts[j], o, tools)
			said = append(said, rest)
			for _, p := range found {
				if isStructured(p.source()) {
					structured++
					continue
				}
				c.pieces = append(c.pieces, p)
			}
		}
		if question := strings.TrimSpace(strings.Join(said, "\n")); m.role == roleUser && question != "" {
			c.question = question
		}
	}
	if structured > 0 {
		c.warn(CodeStructured, "Left as they came, because they are JSON: "+strconv.Itoa(structured)+" pieces of context.")
	}
	return c, nil
}

// find returns the documents of a text, and the text without its context.
func (c *chat) find(m *message, t *text, o Options, tools toolbox) (found []piece, rest string) {
	add := func(context span) {
		for _, s := range o.documents(t.text, context) {
			found = append(found, piece{t, s})
		}
	}
	switch {
	case m.role == roleAssistant:
		return nil, t.text
	case tools.chose(m):
		add(span{start: 0, end: len(t.text)})
		return found, ""
	}
	inside, outside, open := findMarked(t.text, o.Marks)
	if open {
		c.warn(CodeOpenMark, "A mark that begins context has no end, and was not taken for one.")
	}
	var kept strings.Builder
	from := 0
	for i, s := range inside {
		add(s)
		kept.WriteString(t.text[from:outside[i].start])
		from = outside[i].end
	}
	kept.WriteString(t.text[from:])
	return found, kept.String()
}

// warn adds a warning once.
func (c *chat) warn(code, message string) {
	if !slices.ContainsFunc(c.warnings, func(w htmlprune.Warning) bool { return w.Code == code }) {
		c.warnings = append(c.warnings, htmlprune.Warning{Code: code, Message: message})
	}
}

// isStructured reports whether a document is a JSON object or array, which would
// not be JSON any more with parts of it gone.
func isStructured(source string) bool {
	return strings.ContainsAny(source[:1], "{[") && jsontext.Value(source).IsValid()
}

// documents are the pieces for a pruner.
func (c *chat) documents(o Options) []prune.Document {
	out := make([]prune.Document, len(c.pieces))
	for i := range c.pieces {
		source := c.pieces[i].source()
		if o.Input.isHTML(source) {
			out[i].HTML = &source
		} else {
			out[i].Text = &source
		}
	}
	return out
}

// toolbox says which results of tools are context.
type toolbox struct {
	names map[string]bool
	// calls are the names of the tools by the ids of their calls.
	calls map[string]string
}

func newToolbox(list []message, names []string) toolbox {
	t := toolbox{names: make(map[string]bool), calls: make(map[string]string)}
	for _, name := range names {
		t.names[name] = true
	}
	for _, m := range list {
		for _, c := range m.calls {
			t.calls[c.id] = c.name
		}
	}
	return t
}

// chose reports whether m is the result of a tool that was chosen, by its name
// or by the id of the call.
func (t toolbox) chose(m *message) bool {
	if m.role != roleTool && m.role != roleFunction {
		return false
	}
	if t.names[AllTools] {
		return true
	}
	for _, name := range []string{m.callID, m.name, t.calls[m.callID]} {
		if name != "" && t.names[name] {
			return true
		}
	}
	return false
}
