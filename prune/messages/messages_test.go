package messages_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/prune"
	"github.com/ragprune/ragprune/prune/messages"
)

// pruneFunc makes the text of each document another one, and keeps the request.
type pruneFunc struct {
	text func(source string) string
	last prune.Request
}

func (p *pruneFunc) Prune(_ context.Context, r prune.Request) (*prune.Response, error) {
	p.last = r
	resp := &prune.Response{Model: "fake@1"}
	for i, d := range r.Documents {
		source, format := d.Text, htmlprune.Text
		if source == nil {
			source, format = d.HTML, htmlprune.HTML
		}
		text := p.text(*source)
		resp.Results = append(resp.Results, prune.Result{
			Index: i, Text: text, Format: format,
			Kept:   []prune.Kept{{Start: 0, End: 1}},
			Tokens: prune.Tokens{Before: len(*source), After: len(text)},
		})
	}
	return resp, nil
}

// sources are the documents of a request, pages marked with "html:".
func sources(r prune.Request) []string {
	out := []string{}
	for _, d := range r.Documents {
		if d.HTML != nil {
			out = append(out, "html:"+*d.HTML)
		} else {
			out = append(out, *d.Text)
		}
	}
	return out
}

// first is the first letter of a text.
func first(source string) string {
	_, size := utf8.DecodeRuneInString(source)
	return source[:size]
}

func TestPrune(t *testing.T) {
	for name, test := range map[string]struct {
		messages string
		options  messages.Options
		want     string // the messages of the answer; empty: as they came
		question string
		sources  []string
		warning  string
	}{
		"a user message": {
			messages: `[ {"role" : "user",  "content":"Use this.\n<context>\n the text \n</context>\nHow high?", "x":{"b":1,"a":2.0}} ]`,
			want:     `[ {"role" : "user",  "content":"Use this.\n<context>\n t \n</context>\nHow high?", "x":{"b":1,"a":2.0}} ]`,
			question: "Use this.\n\nHow high?", sources: []string{"the text"},
		},
		"a system message": {
			messages: `[{"role":"system","content":"<context>abc</context>"},{"role":"user","content":"How?"}]`,
			want:     `[{"role":"system","content":"<context>a</context>"},{"role":"user","content":"How?"}]`,
			question: "How?", sources: []string{"abc"},
		},
		"the last question counts": {
			messages: `[{"role":"user","content":"One?"},{"role":"assistant","content":"1 <context>abc</context>"},{"role":"developer","content":"<context>def</context>"},{"role":"user","content":"Two?"},{"role":"user","content":" <context>ghi</context> "}]`,
			want:     `[{"role":"user","content":"One?"},{"role":"assistant","content":"1 <context>abc</context>"},{"role":"developer","content":"<context>d</context>"},{"role":"user","content":"Two?"},{"role":"user","content":" <context>g</context> "}]`,
			question: "Two?", sources: []string{"def", "ghi"},
		},
		"escapes": {
			messages: `[{"role":"user","content":"\u00e9\ud83d\ude00 \ud800 \/ <context>\u00e9\"\ttext\u003c/context> \ude00\ud83d\u0041?"}]`,
			want:     `[{"role":"user","content":"\u00e9\ud83d\ude00 \ud800 \/ <context>é\u003c/context> \ude00\ud83d\u0041?"}]`,
			question: "é😀 \ufffd /  \ufffd\ufffdA?", sources: []string{"é\"\ttext"},
		},
		"parts": {
			messages: `[{"role":"user","content":[{"type":"text","text":"<context>abc</context>"},{"type":"image_url","image_url":{"url":"data:"}},{"text":"How?","type":"text"},{"type":"input_audio","text":null}]}]`,
			want:     `[{"role":"user","content":[{"type":"text","text":"<context>a</context>"},{"type":"image_url","image_url":{"url":"data:"}},{"text":"How?","type":"text"},{"type":"input_audio","text":null}]}]`,
			question: "How?", sources: []string{"abc"},
		},
		"documents": {
			messages: `[{"role":"user","content":"<documents>\n<document index=\"1\">\n<source>a.txt</source>\n<document_content>\nabc\n</document_content>\n</document>\n<document>def</document><document> </document>\n</documents>How?"}]`,
			want:     `[{"role":"user","content":"<documents>\n<document index=\"1\">\n<source>a.txt</source>\n<document_content>\na\n</document_content>\n</document>\n<document>d</document><document> </document>\n</documents>How?"}]`,
			question: "How?", sources: []string{"abc", "def"},
		},
		"whole": {
			messages: `[{"role":"user","content":"<context><document>abc</document></context>How?"}]`,
			options:  messages.Options{Split: messages.SplitWhole},
			want:     `[{"role":"user","content":"<context><</context>How?"}]`,
			question: "How?", sources: []string{"html:<document>abc</document>"},
		},
		"separator": {
			messages: `[{"role":"user","content":"<context>abc\n---\ndef\n---\n</context>How?"}]`,
			options:  messages.Options{Separator: "\n---\n"},
			want:     `[{"role":"user","content":"<context>a\n---\nd\n---\n</context>How?"}]`,
			question: "How?", sources: []string{"abc", "def"},
		},
		"own marks": {
			messages: `[{"role":"user","content":"[[abc]] <<def>> [ghi] <context>jkl</context> How?"}]`,
			options:  messages.Options{Marks: []messages.Mark{{"[", "]"}, {"[[", "]]"}, {"<<", ">>"}}},
			want:     `[{"role":"user","content":"[[a]] <<d>> [g] <context>jkl</context> How?"}]`,
			question: "<context>jkl</context> How?", sources: []string{"abc", "def", "ghi"},
		},
		"tools by name, id and id alone": {
			messages: `[{"role":"user","content":"How?"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"search","arguments":"{\"a\": 1}"}},{"id":"c2","type":"function","function":{"name":"sum","arguments":"{}"}},7]},{"role":"tool","tool_call_id":"c1","content":"abc"},{"role":"tool","tool_call_id":"c2","content":"def"},{"role":"tool","tool_call_id":"c3","content":[{"type":"text","text":"ghi"}]},{"role":"function","name":"find","content":"jkl"}]`,
			options:  messages.Options{Tools: []string{"search", "c3", "find"}},
			want:     `[{"role":"user","content":"How?"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"search","arguments":"{\"a\": 1}"}},{"id":"c2","type":"function","function":{"name":"sum","arguments":"{}"}},7]},{"role":"tool","tool_call_id":"c1","content":"a"},{"role":"tool","tool_call_id":"c2","content":"def"},{"role":"tool","tool_call_id":"c3","content":[{"type":"text","text":"g"}]},{"role":"function","name":"find","content":"j"}]`,
			question: "How?", sources: []string{"abc", "ghi", "jkl"},
		},
		"all tools": {
			messages: `[{"role":"user","content":"How?"},{"role":"tool","content":"<html><p>abc</p></html>"},{"role":"tool","content":"{\"a\": [1]}"}]`,
			options:  messages.Options{Tools: []string{messages.AllTools}},
			want:     `[{"role":"user","content":"How?"},{"role":"tool","content":"<"},{"role":"tool","content":"{\"a\": [1]}"}]`,
			question: "How?", sources: []string{"html:<html><p>abc</p></html>"}, warning: messages.CodeStructured,
		},
		"text that looks like a page": {
			messages: `[{"role":"user","content":"<context><p>abc</p></context>How?"}]`,
			options:  messages.Options{Input: messages.InputText},
			want:     `[{"role":"user","content":"<context><</context>How?"}]`,
			question: "How?", sources: []string{"<p>abc</p>"},
		},
		"nothing marked":   {messages: `[{"role":"user","content":"How?"},{"role":"tool","content":"abc"}]`, warning: messages.CodeNoContext},
		"nothing inside":   {messages: `[{"role":"user","content":"How? <context> \n</context>"}]`, warning: messages.CodeNoContext},
		"no marks":         {messages: `[{"role":"user","content":"<context>abc</context>"}]`, options: messages.Options{Marks: []messages.Mark{}}, warning: messages.CodeNoContext},
		"an unknown role":  {messages: `[{"role":"user","content":"How?"},{"role":"critic","content":"abc"}]`, warning: messages.CodeNoContext},
		"a mark left open": {messages: `[{"role":"user","content":"How? <context>abc <documents>"}]`, warning: messages.CodeOpenMark},
		"an end alone":     {messages: `[{"role":"user","content":"How? abc</context>"}]`, warning: messages.CodeNoContext},
	} {
		t.Run(name, func(t *testing.T) {
			p := &pruneFunc{text: first}
			got, err := messages.Prune(t.Context(), p, messages.Request{Messages: []byte(test.messages), Context: test.options})
			if err != nil {
				t.Fatal(err)
			}
			if test.want == "" {
				test.want = test.messages
			}
			if diff := cmp.Diff(test.want, string(got.Messages)); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.sources, sources(p.last)); test.sources != nil && diff != "" {
				t.Errorf("documents (-want +got):\n%s", diff)
			}
			if p.last.Query != test.question {
				t.Errorf("question %q, want %q", p.last.Query, test.question)
			}
			if len(got.Pieces) != len(test.sources) {
				t.Errorf("%d pieces, want %d", len(got.Pieces), len(test.sources))
			}
			if test.warning == "" != (len(got.Warnings) == 0) || test.warning != "" && got.Warnings[0].Code != test.warning {
				t.Errorf("warnings %v, want %q", got.Warnings, test.warning)
			}
		})
	}
}

// The query of the request goes before the question of the messages.
func TestQuery(t *testing.T) {
	p := &pruneFunc{text: first}
	_, err := messages.Prune(t.Context(), p, messages.Request{Messages: []byte(`[{"role":"tool","content":"abc"}]`), Query: "Why?", Context: messages.Options{Tools: []string{"*"}}})
	if err != nil || p.last.Query != "Why?" {
		t.Errorf("query %q, %v", p.last.Query, err)
	}
}

func TestBroken(t *testing.T) {
	question := `{"role":"user","content":"How?"}`
	for name, test := range map[string]struct {
		request       messages.Request
		pointer, code string
	}{
		"none":              {messages.Request{}, "/messages", prune.CodeRequired},
		"null":              {messages.Request{Messages: []byte(`null`), Query: "a"}, "/messages", prune.CodeRequired},
		"empty":             {messages.Request{Messages: []byte(`[]`), Query: "a"}, "/messages", prune.CodeRequired},
		"no question":       {messages.Request{Messages: []byte(`[{"role":"system","content":"Be nice."},{"role":"assistant","content":"How?"}]`)}, "/messages", prune.CodeRequired},
		"context alone":     {messages.Request{Messages: []byte(`[{"role":"user","content":"<context>abc</context>"}]`)}, "/messages", prune.CodeRequired},
		"not JSON":          {messages.Request{Messages: []byte(`[`)}, "/messages", messages.CodeType},
		"an object":         {messages.Request{Messages: []byte(`{}`)}, "/messages", messages.CodeType},
		"a string":          {messages.Request{Messages: []byte(`["How?"]`)}, "/messages/0", messages.CodeType},
		"no role":           {messages.Request{Messages: []byte(`[{"content":"How?"}]`)}, "/messages/0/role", prune.CodeRequired},
		"role a number":     {messages.Request{Messages: []byte(`[{"role":1}]`)}, "/messages/0/role", messages.CodeType},
		"content a number":  {messages.Request{Messages: []byte(`[` + question + `,{"role":"user","content":1}]`)}, "/messages/1/content", messages.CodeType},
		"a part a string":   {messages.Request{Messages: []byte(`[{"role":"user","content":["a"]}]`)}, "/messages/0/content/0", messages.CodeType},
		"a text a number":   {messages.Request{Messages: []byte(`[{"role":"user","content":[{"type":"text","text":1}]}]`)}, "/messages/0/content/0/text", messages.CodeType},
		"a mark without":    {messages.Request{Messages: []byte(`[` + question + `]`), Context: messages.Options{Marks: []messages.Mark{{Start: "<"}}}}, "/context/marks/0/end", prune.CodeRequired},
		"too many marks":    {messages.Request{Messages: []byte(`[` + question + `]`), Context: messages.Options{Marks: make([]messages.Mark, 17)}}, "/context/marks", prune.CodeTooMany},
		"a long mark":       {messages.Request{Messages: []byte(`[` + question + `]`), Context: messages.Options{Marks: []messages.Mark{{strings.Repeat("<", 201), ">"}}}}, "/context/marks/0/start", prune.CodeTooLong},
		"unknown split":     {messages.Request{Messages: []byte(`[` + question + `]`), Context: messages.Options{Split: "lines"}}, "/context/split", prune.CodeUnknownValue},
		"unknown input":     {messages.Request{Messages: []byte(`[` + question + `]`), Context: messages.Options{Input: "pdf"}}, "/context/input", prune.CodeUnknownValue},
		"split, separator":  {messages.Request{Messages: []byte(`[` + question + `]`), Context: messages.Options{Split: "whole", Separator: "-"}}, "/context/separator", prune.CodeConflict},
		"too many messages": {messages.Request{Messages: []byte(`[` + strings.Repeat(question+",", 1<<15) + question + `]`)}, "/messages", prune.CodeTooLong},
		"a threshold above": {messages.Request{Messages: []byte(`[` + question + `]`), Prune: prune.Request{Threshold: new(2.0)}}, "/prune/threshold", prune.CodeOutOfRange},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := messages.Prune(t.Context(), &pruneFunc{text: first}, test.request)
			var invalid *prune.InvalidError
			if !errors.As(err, &invalid) {
				t.Fatalf("error %v", err)
			}
			if f := invalid.Fields[0]; f.Pointer != test.pointer || f.Code != test.code {
				t.Errorf("%+v, want %s %s", f, test.pointer, test.code)
			}
		})
	}
}

// Errors of the pruner about documents are about the messages here.
func TestTooMany(t *testing.T) {
	p, err := prune.New(prune.Options{Counter: words{}, Limits: prune.Limits{Documents: 1}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = messages.Prune(t.Context(), p, messages.Request{Messages: []byte(`[{"role":"user","content":"How? <context>abc</context><context>def</context>"}]`)})
	var invalid *prune.InvalidError
	if !errors.As(err, &invalid) || invalid.Fields[0].Pointer != "/messages" || invalid.Fields[0].Code != prune.CodeTooMany {
		t.Errorf("error %v", err)
	}
}

// What is left of a piece may not end its context: the halves of a mark can come
// together when what is between them goes, as zero-width characters do.
func TestNoPieceEndsItsContext(t *testing.T) {
	for name, test := range map[string]struct {
		content string
		options messages.Options
		text    string
	}{
		"the mark":          {`<context>abc</context>`, messages.Options{}, "a</context>b"},
		"with what follows": {`[[abc]]`, messages.Options{Marks: []messages.Mark{{"[[", "]]"}}}, "see [1]"},
		"a document":        {`<context><document>abc</document></context>`, messages.Options{}, "a</document>b"},
		"its context":       {`<context><document>abc</document></context>`, messages.Options{}, "a</context>b"},
		"a separator":       {`<context>abc|def</context>`, messages.Options{Separator: "|"}, "a|b"},
	} {
		t.Run(name, func(t *testing.T) {
			raw := []byte(`[{"role":"user","content":"How? ` + test.content + `"}]`)
			got, err := messages.Prune(t.Context(), &pruneFunc{text: func(string) string { return test.text }}, messages.Request{Messages: raw, Context: test.options})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(raw), string(got.Messages)); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
			if w := got.Pieces[0].Warnings; len(w) != 1 || w[0].Code != messages.CodeMarkInText {
				t.Errorf("warnings %v", w)
			}
			if tokens := got.Pieces[0].Tokens; tokens.Before != tokens.After {
				t.Errorf("tokens %+v", tokens)
			}
		})
	}
}

// Pieces tell their place in the string that holds them, in the unit asked for.
func TestPlaces(t *testing.T) {
	raw := []byte(`[{"role":"user","content":"H\u00e9? 😀<context>abc</context> <context>d\u00e9f</context>"}]`)
	for unit, want := range map[htmlprune.OffsetUnit][2]int{"": {14, 37}, htmlprune.Codepoint: {14, 37}, htmlprune.UTF16: {15, 38}, htmlprune.Byte: {18, 41}} {
		got, err := messages.Prune(t.Context(), &pruneFunc{text: first}, messages.Request{Messages: raw, Prune: prune.Request{Offsets: unit}})
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range got.Pieces {
			if p.Pointer != "/messages/0/content" || p.Start != want[i] || p.Kept[0].Start != want[i] || p.Kept[0].End != want[i]+1 {
				t.Errorf("%q: piece %d is %+v, want it at %d", unit, i, p, want[i])
			}
		}
	}
}

// Invalid UTF-8 cannot be sent back.
func TestInvalidUTF8(t *testing.T) {
	got, err := messages.Prune(t.Context(), &pruneFunc{text: first}, messages.Request{Messages: []byte("[{\"role\":\"user\",\"content\":\"How\xff? <context>abc</context>\"}]")})
	if err != nil {
		t.Fatal(err)
	}
	if want := `[{"role":"user","content":"How` + "\ufffd" + `? <context>a</context>"}]`; string(got.Messages) != want || got.Warnings[0].Code != "invalid_utf8" {
		t.Errorf("%s, warnings %v", got.Messages, got.Warnings)
	}
}

// The encoded answer holds the messages byte for byte.
func TestEncode(t *testing.T) {
	raw := " [ {\"role\" :\t\"user\", \"content\":\"\\u0041\\/\"} ]\n"
	got, err := messages.Prune(t.Context(), &pruneFunc{text: first}, messages.Request{Messages: []byte(raw)})
	if err != nil {
		t.Fatal(err)
	}
	out, err := got.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(out) || !strings.HasPrefix(string(out), `{"messages":`+raw+`,"pieces":[],"warnings":[{"code":"no_context"`) {
		t.Errorf("%s", out)
	}
}

type words struct{}

func (words) Count(text string) int { return len(strings.Fields(text)) }
