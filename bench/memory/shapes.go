package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
)

// shape is a kind of body. Its answer may be an error, but never a failure of
// the service.
type shape struct {
	name string
	path string
	// body has at most so many bytes, and nearly as many.
	body func(size int) ([]byte, error)
}

const (
	query = "When was the pump serviced?"
	// documentBytes is how much of a document the service reads.
	documentBytes = 8 << 20
	// room is what a body has beside its documents.
	room = 4096
)

func allShapes() []shape {
	texts := func(name, unit string) shape {
		return shape{name, "/prune", documents("text", unit, documentBytes, nil)}
	}
	pages := func(name, unit string) shape {
		return shape{name, "/prune", documents("html", unit, documentBytes, nil)}
	}
	explained := map[string]any{"explain": true, "threshold": 0, "offsets": "utf16"}
	return []shape{
		texts("long text", "The pump in building 17 was serviced on 3 March by Okafor, and the report was signed. "),
		texts("one sentence", "word "),
		texts("one word", "x"),
		texts("short sentences", "A. "),
		texts("kana without spaces", "かな"),
		texts("lines of a list", "- a\n"),
		{"short sentences, explained", "/prune", documents("text", "A. ", documentBytes, explained)},
		{"paragraphs, explained", "/prune", documents("html", "<p>a", documentBytes, explained)},
		{"documents", "/prune", manyDocuments},
		{"escapes", "/prune", raw(`{"query":"q","documents":["`, `\u0061\u002e\u0020`, `"]}`)},
		{"escaped quotes", "/prune", raw(`{"query":"q","documents":["`, `\"`, `"]}`)},
		{"metadata", "/prune", raw(`{"query":"q","documents":[{"text":"a","metadata":{"a":[`, `1,`, `1]}}]}`)},
		{"nested arrays", "/prune", raw(`{"query":"q","documents":`, `[`, ``)},
		{"too many documents", "/prune", raw(`{"query":"q","documents":[`, `"",`, `""]}`)},
		{"long query", "/prune", raw(`{"query":"`, `word `, `","documents":["a"]}`)},
		{"not UTF-8", "/prune", raw(`{"query":"q","documents":["`, "\xff ", `"]}`)},
		pages("deep tags", "<div>"),
		pages("tiny tags", "<b>x</b>"),
		pages("paragraphs", "<p>a"),
		pages("open formatting", strings.Repeat("<font c=1>", 20)+"<p>text</p>"),
		pages("attributes", `<p a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=8>text`),
		pages("rows", "<table><tr><td>a<td>b</table>"),
		pages("cells", "<td>a"),
		pages("lists", "<ul><li>a</ul>"),
		pages("comments", "<!-- -->a "),
		pages("character references", "&amp;&#65; "),
		pages("short sentences of a page", "A. "),
		pages("tables in a cell", "<table><tr><td>"),
		texts("quotes", "> a\n\n"),
		texts("headings", "# a\n"),
		{"pipes", "/prune", raw(`{"query":"q","documents":["|a|b|\n|-|-|\n`, `|`, `\n|a|b|"]}`)},
		texts("rows of text", "|a|b|\n|-|-|\n|c|d|\n"),
		pages("plain paragraphs", "<p>The pump in building 17 was serviced on 3 March by Okafor, and the report was signed.</p>"),
		{"batch of pages, explained", "/prune/batch", batch},
		{"messages", "/prune/messages", raw(`{"messages":[{"role":"user","content":"<context>`, `A. `, `</context> How high is it?"}]}`)},
		{"many messages", "/prune/messages", raw(`{"messages":[{"role":"user","content":"<context>A.</context> How?"}`, `,{"role":"user","content":""}`, `]}`)},
		{"short sentences for OpenProvence", "/v1/openprovence", raw(`{"question":"q","context":"`, `A. `, `"}`)},
		{"words for OpenProvence", "/v1/openprovence", raw(`{"question":"q","context":"`, `word `, `"}`)},
		{"sentences for OpenProvence", "/v1/openprovence", raw(`{"question":"q","context":[["`, `A.","`, `A."]]}`)},
		{"texts to rerank", "/v1/rerank", raw(`{"query":"q","documents":["`, `A. `, `"]}`)},
	}
}

// documents are bodies whose documents repeat unit, each at most so many bytes.
func documents(field, unit string, most int, fields map[string]any) func(int) ([]byte, error) {
	return func(size int) ([]byte, error) {
		encoded, err := encode(unit)
		if err != nil {
			return nil, err
		}
		units := (size - room) / (len(encoded) - len(`""`))
		each := max(most/len(unit), 1)
		body := map[string]any{"query": query, "format": "text"}
		var list []map[string]string
		for ; units > 0; units -= each {
			list = append(list, map[string]string{field: strings.Repeat(unit, min(units, each))})
		}
		body["documents"] = list
		maps.Copy(body, fields)
		return encode(body)
	}
}

// encode writes tags as they are: escaped, they would be six times as long.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// manyDocuments are nearly 1,000 documents of one size.
func manyDocuments(size int) ([]byte, error) {
	return documents("text", "The pump was serviced on 3 March, and Okafor signed. ", size/990, nil)(size)
}

// batch is nearly 1,000 pages, each a request of its own.
func batch(size int) ([]byte, error) {
	const unit = "<p>a"
	page := strings.Repeat(unit, size/len(unit)/1000)
	var items []map[string]any
	for range 900 {
		items = append(items, map[string]any{"query": query, "documents": []map[string]string{{"html": page}}})
	}
	return encode(map[string]any{"options": map[string]any{"explain": true, "threshold": 0}, "items": items})
}

// raw are bodies that repeat unit between two pieces.
func raw(before, unit, after string) func(int) ([]byte, error) {
	return func(size int) ([]byte, error) {
		n := (size - len(before) - len(after)) / len(unit)
		return fmt.Appendf(nil, "%s%s%s", before, strings.Repeat(unit, n), after), nil
	}
}
