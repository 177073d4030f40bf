package prune_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/prune"
)

// France has units with shares 3/3, 0, 0, 1/3 and 2/3 of the query's words.
const (
	france = "Paris is the capital of France. Berlin lies elsewhere. Bananas are yellow. " +
		"The capital has museums. France loves Paris."
	query = "paris capital france"
)

func TestWhatIsKept(t *testing.T) {
	html := `<title>Travel notes</title><h1>Cities</h1><p>Paris is the capital of France.</p><p>Trains run daily.</p>` +
		`<h2>Sizes</h2><table><tr><th>City</th><th>Size</th></tr><tr><td>Rome</td><td>3</td></tr><tr><td>Paris</td><td>2</td></tr></table>` +
		`<footer class="legal"><p>All rights reserved.</p></footer>`
	tests := map[string]struct {
		document prune.Document
		request  prune.Request
		want     []string // "why: unit" of all units
		text     string
	}{
		"default preset": {text(france), prune.Request{}, []string{
			"threshold: Paris is the capital of France.", "below_threshold: Berlin lies elsewhere.",
			"below_threshold: Bananas are yellow.", "threshold: The capital has museums.", "threshold: France loves Paris.",
		}, "Paris is the capital of France. The capital has museums. France loves Paris."},
		"named preset": {
			text(france),
			prune.Request{Preset: "aggressive"},
			nil,
			"Paris is the capital of France. France loves Paris.",
		},
		"threshold is strict": {text(france), prune.Request{Threshold: new(1.0)}, nil, ""},
		"threshold zero":      {text(france), prune.Request{Threshold: new(0.0)}, nil, "Paris is the capital of France. The capital has museums. France loves Paris."},
		"around": {text(france), prune.Request{Threshold: new(0.9), Keep: prune.Keep{Around: 1}}, []string{
			"threshold: Paris is the capital of France.", "around: Berlin lies elsewhere.",
			"below_threshold: Bananas are yellow.", "below_threshold: The capital has museums.", "below_threshold: France loves Paris.",
		}, "Paris is the capital of France. Berlin lies elsewhere."},
		"around both sides": {text(france), prune.Request{Query: "museums", Keep: prune.Keep{Around: 2}}, []string{
			"below_threshold: Paris is the capital of France.", "around: Berlin lies elsewhere.",
			"around: Bananas are yellow.", "threshold: The capital has museums.", "around: France loves Paris.",
		}, "Berlin lies elsewhere. Bananas are yellow. The capital has museums. France loves Paris."},
		"around all": {text(france), prune.Request{Query: "museums", Keep: prune.Keep{Around: 1000}}, nil, france},
		"patterns": {text(france), prune.Request{Threshold: new(0.9), Keep: prune.Keep{Patterns: []string{`(?i)^bananas\b`}}}, []string{
			"threshold: Paris is the capital of France.", "below_threshold: Berlin lies elsewhere.",
			"pattern: Bananas are yellow.", "below_threshold: The capital has museums.", "below_threshold: France loves Paris.",
		}, "Paris is the capital of France. Bananas are yellow."},
		"nothing kept": {text(france), prune.Request{Query: "zebra"}, nil, ""},
		"best of nothing": {text(france), prune.Request{Threshold: new(1.0), OnEmpty: prune.OnEmptyBest}, []string{
			"best: Paris is the capital of France.", "below_threshold: Berlin lies elsewhere.",
			"below_threshold: Bananas are yellow.", "below_threshold: The capital has museums.", "below_threshold: France loves Paris.",
		}, "Paris is the capital of France."},
		"original of nothing": {text(france), prune.Request{Query: "zebra", OnEmpty: prune.OnEmptyOriginal}, []string{
			"original: Paris is the capital of France.", "original: Berlin lies elsewhere.",
			"original: Bananas are yellow.", "original: The capital has museums.", "original: France loves Paris.",
		}, france},
		"page": {page(html), prune.Request{Format: prune.FormatMarkdown}, []string{
			"title: Travel notes", "heading: Cities", "threshold: Paris is the capital of France.", "below_threshold: Trains run daily.",
			"heading: Sizes", "structure: City | Size", "below_threshold: Rome | 3", "threshold: Paris | 2", "below_threshold: All rights reserved.",
		}, ""},
		"no title, no headings": {page(html), prune.Request{
			Threshold: new(0.9), Format: prune.FormatText,
			Keep: prune.Keep{Title: new(false), Headings: new(false)},
		}, nil, "Paris is the capital of France."},
		"selectors": {page(html), prune.Request{Threshold: new(0.9), Format: prune.FormatText, Keep: prune.Keep{
			Title: new(false), Headings: new(false), Selectors: []string{"footer.legal"},
		}}, []string{
			"below_threshold: Travel notes", "below_threshold: Cities", "threshold: Paris is the capital of France.", "below_threshold: Trains run daily.",
			"below_threshold: Sizes", "below_threshold: City | Size", "below_threshold: Rome | 3", "below_threshold: Paris | 2", "pinned: All rights reserved.",
		}, ""},
		"title of an empty page": {page(html), prune.Request{Query: "zebra", Format: prune.FormatText}, []string{
			"empty: Travel notes", "below_threshold: Cities", "below_threshold: Paris is the capital of France.", "below_threshold: Trains run daily.",
			"below_threshold: Sizes", "below_threshold: City | Size", "below_threshold: Rome | 3", "below_threshold: Paris | 2", "below_threshold: All rights reserved.",
		}, ""},
	}
	p := newPruner(t, options(&overlap{}))
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := test.request
			if r.Query == "" {
				r.Query = query
			}
			r.Explain, r.Documents = true, []prune.Document{test.document}
			got := answer(t, p, r).Results[0]
			var why []string
			for _, u := range got.Units {
				why = append(why, u.Why+": "+u.Text)
				if dropped := u.Why == "below_threshold" || u.Why == "budget" || u.Why == "empty"; dropped == u.Kept {
					t.Errorf("kept is %v for %s", u.Kept, u.Why)
				}
			}
			if diff := cmp.Diff(test.want, why); test.want != nil && diff != "" {
				t.Error(diff)
			}
			if test.want == nil || test.text != "" {
				if diff := cmp.Diff(test.text, got.Text); diff != "" {
					t.Error(diff)
				}
			}
			if len(got.Warnings) != 0 {
				t.Errorf("warnings %+v", got.Warnings)
			}
		})
	}
}

func TestBlocksAreKeptWhole(t *testing.T) {
	html := `<section><p>Paris is the capital of France.</p><p>Trains run daily.</p></section>` +
		`<section><p>Bananas are yellow.</p><p>Apples are red.</p></section>`
	p := newPruner(t, options(&overlap{}))
	got := answer(t, p, prune.Request{
		Query: query, Granularity: 10, Explain: true, Format: prune.FormatText, Documents: []prune.Document{page(html)},
	}).Results[0]
	var why []string
	for _, u := range got.Units {
		why = append(why, u.Why)
	}
	if diff := cmp.Diff([]string{"threshold", "block", "below_threshold", "below_threshold"}, why); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(got.Text, "Trains run daily.") || strings.Contains(got.Text, "Apples") {
		t.Errorf("text %q", got.Text)
	}
}

func TestNeighboursStayInTheirDocument(t *testing.T) {
	p := newPruner(t, options(&overlap{}))
	resp := answer(t, p, prune.Request{
		Query: query, Keep: prune.Keep{Around: 5},
		Documents: []prune.Document{text("Bananas are yellow."), text("Paris in France."), text("Apples are red.")},
	})
	for i, want := range []string{"", "Paris in France.", ""} {
		if got := resp.Results[i].Text; got != want {
			t.Errorf("document %d: %q, want %q", i, got, want)
		}
	}
}

func TestOffsetsPointIntoTheSource(t *testing.T) {
	const source = "Ünïcödé 🎉 first. Paris is the capital of France 🎉! Last words."
	want := "Paris is the capital of France 🎉!"
	p := newPruner(t, options(&overlap{}))
	for unit, length := range map[htmlprune.OffsetUnit]func(string) int{
		"":                  func(s string) int { return len([]rune(s)) },
		htmlprune.Codepoint: func(s string) int { return len([]rune(s)) },
		htmlprune.Byte:      func(s string) int { return len(s) },
		htmlprune.UTF16:     func(s string) int { return len([]rune(s)) + strings.Count(s, "🎉") },
	} {
		got := answer(t, p, prune.Request{
			Query: query, Offsets: unit, Explain: true, Documents: []prune.Document{text(source)},
		}).Results[0]
		start := length(source[:strings.Index(source, want)])
		place := prune.Kept{Start: start, End: start + length(want)}
		if diff := cmp.Diff([]prune.Kept{place}, got.Kept); diff != "" {
			t.Errorf("%s: %s", unit, diff)
		}
		if u := got.Units[1]; u.Start != place.Start || u.End != place.End {
			t.Errorf("%s: unit at %d-%d, want %+v", unit, u.Start, u.End, place)
		}
	}
}

func TestWhichDocumentsAreReturned(t *testing.T) {
	documents := []prune.Document{
		text("Bananas are yellow."), text("Paris is the capital of France."),
		text("Paris."), text("Paris, the capital of France."), text(""),
	}
	tests := map[string]struct {
		request prune.Request
		want    []int
	}{
		"all":               {prune.Request{}, []int{0, 1, 2, 3, 4}},
		"by score":          {prune.Request{Order: prune.OrderScore}, []int{1, 3, 2, 0, 4}},
		"top 2":             {prune.Request{TopN: 2}, []int{1, 3}},
		"top 1, first wins": {prune.Request{TopN: 1}, []int{1}},
		"top 3 by score":    {prune.Request{TopN: 3, Order: prune.OrderScore}, []int{1, 3, 2}},
		"top of few":        {prune.Request{TopN: 50}, []int{0, 1, 2, 3, 4}},
		"min score":         {prune.Request{MinScore: 0.5}, []int{1, 3}},
		"min score and top": {prune.Request{MinScore: 0.1, TopN: 2, Order: prune.OrderScore}, []int{1, 3}},
		"none good enough":  {prune.Request{MinScore: 1}, []int{}},
	}
	p := newPruner(t, options(&overlap{}))
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := test.request
			r.Query, r.Documents = query, documents
			resp := answer(t, p, r)
			got := []int{}
			for _, res := range resp.Results {
				got = append(got, res.Index)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if resp.Usage.Documents != 5 || resp.Usage.Returned != len(got) {
				t.Errorf("usage %+v", resp.Usage)
			}
		})
	}
}

func TestWhatCameIsReturned(t *testing.T) {
	p := newPruner(t, options(&overlap{}))
	d := text("Paris is the capital of France.")
	d.ID, d.Title, d.Score = "7", "Facts", new(-3.5)
	d.Metadata = map[string]any{"source": "a", "page": 3}
	d.Repaired = true
	resp := answer(t, p, prune.Request{Query: query, Documents: []prune.Document{d}})
	got := resp.Results[0]
	got.Text, got.Kept, got.Tokens, got.Logit, got.Score = "", nil, prune.Tokens{}, nil, 0
	want := prune.Result{
		ID: "7", Title: "Facts", RetrieverScore: new(-3.5), Metadata: d.Metadata, Format: htmlprune.Text,
		Warnings: []htmlprune.Warning{{Code: "invalid_utf8", Message: "The document was not valid UTF-8; what was wrong was replaced."}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if resp.Model != "overlap@1" {
		t.Errorf("model %q", resp.Model)
	}
}
