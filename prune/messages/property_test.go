package messages_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/prune/messages"
)

// writer writes random messages in pieces: what must stay, and what a pruner that
// keeps nothing takes away.
type writer struct {
	r          *rand.Rand
	sent, want strings.Builder
	pieces     int
}

// same writes what must stay.
func (w *writer) same(s string) {
	w.sent.WriteString(s)
	w.want.WriteString(s)
}

func (w *writer) pick(words ...string) string { return words[w.r.IntN(len(words))] }

// space is white space of JSON.
func (w *writer) space() string { return w.pick("", "", " ", "\n\t", "  \r\n") }

// words are the inside of a JSON string in any notation, without marks.
func (w *writer) words() string {
	var out strings.Builder
	for range w.r.IntN(6) {
		out.WriteString(w.pick("a", "How?", `é`, `\u00e9`, `😀`, `\ud83d\uDE00`, `\ud800`, `\udc00`, `\"`, `\\`, `\\u0041`, `\/`, `\n`, `\u003c`, `<`, `</context`, `xcontext>`, ` `, `\t`, `<b>`))
	}
	return out.String()
}

// text is a JSON string with context in it.
func (w *writer) text(context bool) {
	w.same(`"` + w.words())
	for range w.r.IntN(3) {
		if !context {
			w.same(w.words())
			continue
		}
		w.same(" " + w.pick("<context>", `\u003ccontext\u003e`, `<conte\u0078t>`) + w.pick("", " ", `\n`, `\u0020`))
		w.sent.WriteString("x" + strings.NewReplacer("context>", "", "</context", "").Replace(w.words()) + "x")
		w.pieces++
		w.same(w.pick("", " ", `\n`, `\u000a`) + w.pick("</context>", `\u003c\u002fcontext>`, `<\/context>`) + w.words())
	}
	w.same(`"`)
}

func (w *writer) message(role string) {
	context := role != "assistant"
	w.same(w.space() + `{` + w.space() + `"role"` + w.space() + `:"` + role + `",` + w.space())
	w.same(w.pick(`"x":[1.0,{"b":1e2,"a":"\/"}] ,`, `"name" : "<context>n</context>",`, ``))
	w.same(`"content":` + w.space())
	if w.r.IntN(2) == 0 {
		w.text(context)
	} else {
		w.same(`[`)
		for range w.r.IntN(3) {
			w.same(w.space() + `{"type":"text","text":`)
			w.text(context)
			w.same(w.space() + `},`)
		}
		w.same(`{"type":"image_url","image_url":{"url":"<context>u</context>"}}` + w.space() + `]`)
	}
	w.same(w.space() + `}` + w.space())
}

// Outside context nothing changes by a byte, whatever the messages look like.
func TestNothingElseChanges(t *testing.T) {
	for seed := range uint64(3000) {
		w := &writer{r: rand.New(rand.NewPCG(seed, 1))}
		w.same(w.space() + `[`)
		for range w.r.IntN(5) {
			w.message(w.pick("system", "developer", "user", "assistant", "tool"))
			w.same(`,`)
		}
		w.message("user")
		w.same(`]` + w.space())
		got, err := messages.Prune(t.Context(), &pruneFunc{text: func(string) string { return "" }}, messages.Request{Messages: []byte(w.sent.String()), Query: "a"})
		if err != nil {
			t.Fatalf("seed %d: %v in %s", seed, err, w.sent.String())
		}
		if diff := cmp.Diff(w.want.String(), string(got.Messages)); diff != "" || len(got.Pieces) != w.pieces {
			t.Fatalf("seed %d: %d pieces, want %d; messages (-want +got):\n%s\nsent:\n%s", seed, len(got.Pieces), w.pieces, diff, w.sent.String())
		}
	}
}

// pointed returns the string at a pointer into {"messages": list}.
func pointed(list any, pointer string) string {
	at := any(map[string]any{"messages": list})
	for name := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		switch v := at.(type) {
		case map[string]any:
			at = v[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil {
				panic(err)
			}
			at = v[i]
		}
	}
	return fmt.Sprint(at)
}

// Whatever comes in: a pruner that keeps all changes no byte, and one that keeps
// nothing changes the strings that pieces point to, and takes exactly those out.
func FuzzPrune(f *testing.F) {
	f.Add([]byte(`[{"role":"user","content":"a <context>b</context>"}]`), "<context>", "</context>", "")
	f.Add([]byte(`[{"role":"tool","content":[{"type":"text","text":"<document>\u00e9\ud83d\ude00</document>"}]}, {"role":"user","content":"\ud800"}]`), "[", "]", "")
	f.Add([]byte(`[{"role":"user","content":"a||b [c-d]"}]`), "|", "|", "-")
	f.Add([]byte("[{\"role\":\"user\",\"content\":\"\xff[[\\\"]]\"}]"), "[[", "]]", "\"")
	f.Fuzz(func(t *testing.T, raw []byte, start, end, separator string) {
		r := messages.Request{Messages: raw, Query: "q", Context: messages.Options{Marks: []messages.Mark{{start, end}}, Tools: []string{"*"}, Separator: separator}}
		same, err := messages.Prune(context.Background(), &pruneFunc{text: func(s string) string { return s }}, r)
		if err != nil {
			return
		}
		want := strings.ToValidUTF8(string(raw), "\ufffd")
		if string(same.Messages) != want {
			t.Fatalf("changed:\n%q\n%q", want, same.Messages)
		}
		if !json.Valid([]byte(want)) {
			t.Fatalf("accepted: %q", want)
		}
		r.Prune.Offsets = "byte"
		none, err := messages.Prune(context.Background(), &pruneFunc{text: func(string) string { return "" }}, r)
		if err != nil {
			t.Fatal(err)
		}
		var before, after any
		if json.Unmarshal([]byte(want), &before) != nil {
			return // numbers that Go cannot hold
		}
		if err := json.Unmarshal(none.Messages, &after); err != nil {
			t.Fatalf("%v in %q", err, none.Messages)
		}
		for pointer, expected := range withoutPieces(before, none.Pieces) {
			if got := pointed(after, pointer); got != expected {
				t.Fatalf("%s is %q, want %q", pointer, got, expected)
			}
		}
		if len(none.Pieces) == 0 && string(none.Messages) != want {
			t.Fatalf("changed without a piece:\n%q\n%q", want, none.Messages)
		}
	})
}

// withoutPieces are the strings that hold pieces, with those taken out that the
// answer says were.
func withoutPieces(list any, pieces []messages.Piece) map[string]string {
	out, from := make(map[string]string), make(map[string]int)
	for _, p := range pieces {
		s := pointed(list, p.Pointer)
		kept := s[from[p.Pointer]:p.Start]
		if len(p.Warnings) > 0 {
			kept = s[from[p.Pointer]:p.End]
		}
		out[p.Pointer] += kept
		from[p.Pointer] = p.End
	}
	for pointer, at := range from {
		out[pointer] += pointed(list, pointer)[at:]
	}
	return out
}
