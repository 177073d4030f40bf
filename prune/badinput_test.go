package prune_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/prune"
)

// TestBadPagesAreAnswered: pages that nobody should send are answered beside a
// good one, which they do not touch, with what can be read of them and a
// warning where a limit was reached.
func TestBadPagesAreAnswered(t *testing.T) {
	rep := strings.Repeat
	const good = "<p>Paris is the capital of France.</p>"
	for name, test := range map[string]struct {
		html string
		// text is what is kept; warnings are those of which one is there. A
		// machine that is slow may run out of time before a limit is reached.
		text     string
		warnings []string
	}{
		"broken markup":            {"<p>Bananas<b><p <div></b>< p>Paris </i><td>is the capital</p of France", "Paris is the capital", nil},
		"never closed":             {"<div><table><tr><td>Paris is the capital of France<ul><li", "Paris is the capital of France", nil},
		"plain text":               {"Paris is the capital of France. 1 < 2 & 3 > 2, or so. Bananas are yellow.", "Paris is the capital of France.", nil},
		"JSON":                     {`{"city": "Paris", "capital": "of France", "n": [1, 2]}`, `{"city": "Paris", "capital": "of France", "n": [1, 2]}`, nil},
		"frames":                   {"<html><frameset cols=20%,*><frame src=a.html><frame src=b.html></frameset></html>", "", []string{"empty"}},
		"frames, text for others":  {"<frameset><frame src=a><noframes><body>Paris is the capital</body></noframes></frameset>", "", []string{"empty"}},
		"an inline frame":          {`<iframe srcdoc="Paris capital"></iframe><p>Paris is the capital.</p>`, "Paris is the capital.", nil},
		"1,000,000 empty elements": {good + rep("<p></p>", 1_000_000), "Paris is the capital of France.", []string{"html_nodes", "html_time"}},
		"1,000,000 nested":         {good + rep("<p>", 200_000) + rep("<b><i>", 400_000), "Paris is the capital of France.", []string{"html_nodes", "html_time", "html_depth"}},
		"SVG":                      {`<svg><title>Paris</title><text>Paris capital</text><script>Paris()</script><foreignObject><p>Paris in the picture</p></foreignObject></svg>` + good, "Paris is the capital of France.", nil},
		"MathML":                   {`<p>Paris: <math><mi>x</mi><mo>=</mo><mn>2</mn><annotation>capital France</annotation></math></p>`, "Paris: x=2", nil},
		"templates":                {`<template><p>Paris is the capital</p></template><template shadowrootmode=open>Paris capital</template>` + good, "Paris is the capital of France.", nil},
		"10 MB of base64":          {good + `<p>` + rep("QmFuYW5hcyBhcmUg", 10<<20/16), "Paris is the capital of France.", []string{"html_bytes"}},
		"10 MB of base64 in src":   {`<img src="data:image/png;base64,` + rep("QmFuYW5hcyBhcmUg", 10<<20/16) + `">` + good, "", []string{"html_bytes"}},
		"a picture in the text":    {`<p>Paris <img src="data:image/png;base64,` + rep("QmFu", 1<<16) + `">is the capital.</p>`, "Paris is the capital.", nil},
		"binary":                   {"\x89PNG\r\n\x1a\n" + rep("\x00\x01\xfe\xff", 1000) + good, "Paris is the capital of France.", nil},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(&overlap{})
			o.Counter, o.Timeout = quarters{}, time.Hour
			p := newPruner(t, o)
			r := prune.Request{Query: query, Threshold: new(0.3), Format: prune.FormatText, Keep: prune.Keep{Title: new(false)}}
			r.Documents = []prune.Document{page(test.html), page(good)}
			got := answer(t, p, r).Results
			late := slices.Contains(codes(got[0]), "html_time")
			if text := got[0].Text; !late && text != test.text && (test.text == "" || !strings.Contains(text, test.text)) {
				t.Errorf("text %.200q, want %q", text, test.text)
			}
			if len(test.warnings) > 0 != (len(codes(got[0])) > 0) || len(test.warnings) > 0 && !slices.ContainsFunc(test.warnings, func(w string) bool { return slices.Contains(codes(got[0]), w) }) {
				t.Errorf("warnings %v, want one of %v", codes(got[0]), test.warnings)
			}
			if got[0].Degraded != nil {
				t.Errorf("degraded %+v", got[0].Degraded)
			}
			alone := r
			alone.Documents = r.Documents[1:]
			want := answer(t, p, alone).Results[0]
			want.Index = 1
			if diff := cmp.Diff(want, got[1]); diff != "" {
				t.Errorf("the good page (-alone +beside):\n%s", diff)
			}
		})
	}
}

// Nodes are shared: a small document is read whole, large ones to the same extent.
func TestNodesAreShared(t *testing.T) {
	o := options(&overlap{})
	o.Limits.Nodes = 1000
	const lines = 10_000
	many := strings.Repeat("<p>a", lines)
	small := strings.Repeat("<p>Paris is the capital of France.", 20)
	got := answer(t, newPruner(t, o), prune.Request{
		Query: query, Explain: true, Documents: []prune.Document{page(many), page(small), page(many)},
	})
	units := func(i int) int { return len(got.Results[i].Units) }
	own := len(many) / 48 // what a document brings
	if n := units(1); n != 20 || got.Results[1].Truncated {
		t.Errorf("%d units of the small document", n)
	}
	for _, i := range []int{0, 2} {
		most := (1000 + own) / 2
		if n := units(i); n < most/2 || n > most || !got.Results[i].Truncated {
			t.Errorf("document %d: %d units, want at most %d", i, n, most)
		}
	}
	if n := units(0) - units(2); n < -1 || n > 1 {
		t.Errorf("%d and %d units of the same document", units(0), units(2))
	}
}

// What people write is not what the limit of nodes is for.
func TestLongProseIsReadWhole(t *testing.T) {
	const sentence = "The pump was serviced on 3 March, and the report was signed. "
	whole := strings.Repeat(sentence, prune.DefaultDocumentBytes/len(sentence))
	paragraphs := "<p>" + strings.Repeat(strings.Repeat(sentence, 5)+"<p>", 5_000_000/len(sentence)/5)
	o := options(&overlap{})
	o.Timeout = time.Hour
	got := answer(t, newPruner(t, o), prune.Request{Query: query, Scorer: prune.ScorerBM25, Documents: []prune.Document{text(whole)}})
	if r := got.Results[0]; r.Truncated {
		t.Errorf("text of %d bytes: %v", len(whole), codes(r))
	}
	got = answer(t, newPruner(t, o), prune.Request{Query: query, Scorer: prune.ScorerBM25, Documents: []prune.Document{page(paragraphs)}})
	if r := got.Results[0]; r.Truncated && !slices.Contains(codes(r), "html_time") { // a slow machine
		t.Errorf("page of %d bytes: %v", len(paragraphs), codes(r))
	}
}
