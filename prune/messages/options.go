package messages

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/prune"
)

// Options say what of the messages is context. The zero value takes what stands
// between the DefaultMarks, split into the documents that are marked in it.
type Options struct {
	// Marks enclose context, in messages of every role but assistant. Nil means
	// DefaultMarks; empty and not nil means that there are none.
	Marks []Mark `json:"marks,omitzero"`
	// Tools are names of tools and ids of calls whose results are context as a
	// whole; AllTools means every tool. Nil means none.
	Tools []string `json:"tools,omitzero"`
	// Split says what is one document: SplitDocuments (default) or SplitWhole.
	Split Split `json:"split,omitzero"`
	// Separator stands between documents. Empty means that there is none. It
	// excludes Split.
	Separator string `json:"separator,omitzero"`
	// Input is the notation of the documents: InputAuto (default), InputText or
	// InputHTML.
	Input Input `json:"input,omitzero"`
}

// Mark is a pair of strings with context between them. Context ends at the first
// End behind Start.
type Mark struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

// AllTools among Options.Tools means every tool.
const AllTools = "*"

// DefaultMarks returns the marks that count where none are said.
func DefaultMarks() []Mark {
	return []Mark{{"<context>", "</context>"}, {"<documents>", "</documents>"}}
}

// Split says what of a context is one document.
type Split string

// The ways to split.
const (
	// SplitDocuments takes each <document>, or the <document_content> in it, by
	// itself. Context without such tags is one document.
	SplitDocuments Split = "documents"
	// SplitWhole takes a context as one document.
	SplitWhole Split = "whole"
)

// Input is the notation of documents.
type Input string

// The notations. InputAuto is HTML for what looks like it.
const (
	InputAuto Input = "auto"
	InputText Input = "text"
	InputHTML Input = "html"
)

// isHTML reports the notation of a document.
func (i Input) isHTML(source string) bool {
	if i == "" || i == InputAuto {
		return htmlprune.Sniff(source) == htmlprune.HTML
	}
	return i == InputHTML
}

// The limits of Options: more are mistakes.
const (
	maxMarks     = 16
	maxTools     = 100
	maxMarkBytes = 200
)

// Validate reports broken rules as a *prune.InvalidError, with pointers below
// at, such as "/context".
func (o Options) Validate(at string) error {
	var fields []prune.FieldError
	fail := func(pointer, code, message string) {
		fields = append(fields, prune.FieldError{Pointer: at + pointer, Code: code, Message: message})
	}
	if len(o.Marks) > maxMarks {
		fail("/marks", prune.CodeTooMany, "must have at most "+strconv.Itoa(maxMarks)+" entries")
	}
	for i, m := range o.Marks[:min(len(o.Marks), maxMarks)] {
		for name, mark := range map[string]string{"/start": m.Start, "/end": m.End} {
			pointer := "/marks/" + strconv.Itoa(i) + name
			switch {
			case mark == "":
				fail(pointer, prune.CodeRequired, "must not be empty")
			case len(mark) > maxMarkBytes:
				fail(pointer, prune.CodeTooLong, "must have at most "+strconv.Itoa(maxMarkBytes)+" bytes")
			case !utf8.ValidString(mark):
				fail(pointer, CodeType, "must be valid UTF-8")
			}
		}
	}
	if len(o.Tools) > maxTools {
		fail("/tools", prune.CodeTooMany, "must have at most "+strconv.Itoa(maxTools)+" entries")
	}
	if i := slices.Index(o.Tools, ""); i >= 0 {
		fail("/tools/"+strconv.Itoa(i), prune.CodeRequired, "must not be empty")
	}
	if len(o.Separator) > maxMarkBytes {
		fail("/separator", prune.CodeTooLong, "must have at most "+strconv.Itoa(maxMarkBytes)+" bytes")
	}
	if o.Separator != "" && o.Split != "" {
		fail("/separator", prune.CodeConflict, "must not be sent together with split")
	}
	if !slices.Contains([]Split{"", SplitDocuments, SplitWhole}, o.Split) {
		fail("/split", prune.CodeUnknownValue, "must be one of: documents, whole")
	}
	if !slices.Contains([]Input{"", InputAuto, InputText, InputHTML}, o.Input) {
		fail("/input", prune.CodeUnknownValue, "must be one of: auto, text, html")
	}
	if len(fields) == 0 {
		return nil
	}
	slices.SortFunc(fields, func(a, b prune.FieldError) int { return strings.Compare(a.Pointer, b.Pointer) })
	return &prune.InvalidError{Fields: fields}
}
