package prune_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/prune"
)

// A page whose navigation has shares 1/3 (Paris), 2/3 and 3/3 of the query's
// words, whose content 3/3 and 0, and whose footer 1/3.
const newsPage = `<nav><ul><li><a href=1>Paris</a><li><a href=2>Paris, France</a><li><a href=3>Paris, capital of France</a></ul></nav>` +
	`<p>Paris is the capital of France.</p><p>Trains run daily between all of the larger towns.</p>` +
	`<footer><p>Made in France.</p></footer>`

func TestBoilerplate(t *testing.T) {
	demoted, dropped := "boilerplate_demoted", "boilerplate_dropped"
	tests := map[string]struct {
		request  prune.Request
		want     []string // "why: unit" of all units
		warnings []string
	}{
		"demoted by default": {prune.Request{}, []string{
			"boilerplate: Paris", "threshold: Paris, France", "threshold: Paris, capital of France",
			"threshold: Paris is the capital of France.", "below_threshold: Trains run daily between all of the larger towns.",
			"boilerplate: Made in France.",
		}, []string{demoted}},
		"demoted": {prune.Request{Boilerplate: prune.BoilerplateDemote, Preset: "safe"}, []string{
			"boilerplate: Paris", "threshold: Paris, France", "threshold: Paris, capital of France",
			"threshold: Paris is the capital of France.", "below_threshold: Trains run daily between all of the larger towns.",
			"boilerplate: Made in France.",
		}, []string{demoted}},
		"a higher threshold than that of the preset": {prune.Request{Threshold: new(0.9)}, []string{
			"below_threshold: Paris", "below_threshold: Paris, France", "threshold: Paris, capital of France",
			"threshold: Paris is the capital of France.", "below_threshold: Trains run daily between all of the larger towns.",
			"below_threshold: Made in France.",
		}, []string{}},
		"threshold zero asks for everything": {prune.Request{Threshold: new(0.0)}, []string{
			"threshold: Paris", "threshold: Paris, France", "threshold: Paris, capital of France",
			"threshold: Paris is the capital of France.", "below_threshold: Trains run daily between all of the larger towns.",
			"threshold: Made in France.",
		}, []string{}},
		"kept": {prune.Request{Boilerplate: prune.BoilerplateKeep}, []string{
			"threshold: Paris", "threshold: Paris, France", "threshold: Paris, capital of France",
			"threshold: Paris is the capital of France.", "below_threshold: Trains run daily between all of the larger towns.",
			"threshold: Made in France.",
		}, []string{}},
		"dropped": {prune.Request{Boilerplate: prune.BoilerplateDrop}, []string{
			"boilerplate: Paris", "boilerplate: Paris, France", "boilerplate: Paris, capital of France",
			"threshold: Paris is the capital of France.", "below_threshold: Trains run daily between all of the larger towns.",
			"boilerplate: Made in France.",
		}, []string{dropped}},
		"dropped but for what is pinned": {prune.Request{Boilerplate: prune.BoilerplateDrop, Keep: prune.Keep{
			Selectors: []string{"footer"}, Patterns: []string{"capital of France$"},
		}}, []string{
			"boilerplate: Paris", "boilerplate: Paris, France", "pattern: Paris, capital of France",
			"threshold: Paris is the capital of France.", "below_threshold: Trains run daily between all of the larger towns.",
			"pinned: Made in France.",
		}, []string{dropped}},
		"dropped, but the original is asked for": {prune.Request{
			Query: "zebra", Boilerplate: prune.BoilerplateDrop, OnEmpty: prune.OnEmptyOriginal,
		}, []string{
			"original: Paris", "original: Paris, France", "original: Paris, capital of France",
			"original: Paris is the capital of France.", "original: Trains run daily between all of the larger towns.",
			"original: Made in France.",
		}, []string{}},
		"no neighbour": {prune.Request{Threshold: new(0.9), Keep: prune.Keep{Around: 1}}, []string{
			"below_threshold: Paris", "below_threshold: Paris, France", "threshold: Paris, capital of France",
			"threshold: Paris is the capital of France.", "around: Trains run daily between all of the larger towns.",
			"below_threshold: Made in France.",
		}, []string{}},
		"pinned is not demoted": {prune.Request{Keep: prune.Keep{Selectors: []string{"footer"}, Patterns: []string{"^Paris$"}}}, []string{
			"pattern: Paris", "threshold: Paris, France", "threshold: Paris, capital of France",
			"threshold: Paris is the capital of France.", "below_threshold: Trains run daily between all of the larger towns.",
			"pinned: Made in France.",
		}, []string{}},
		"blocks end where boilerplate begins": {prune.Request{Granularity: 1000}, []string{
			"threshold: Paris", "threshold: Paris, France", "threshold: Paris, capital of France",
			"threshold: Paris is the capital of France.", "block: Trains run daily between all of the larger towns.",
			"boilerplate: Made in France.",
		}, []string{demoted}},
		"in a budget it comes last": {prune.Request{MaxTokens: 7, Format: prune.FormatText, Threshold: new(0.1)}, []string{
			"budget: Paris", "budget: Paris, France", "budget: Paris, capital of France",
			"threshold: Paris is the capital of France.", "below_threshold: Trains run daily between all of the larger towns.",
			"budget: Made in France.",
		}, []string{}},
		"in a budget with room it stays": {prune.Request{MaxTokens: 100, Format: prune.FormatText}, []string{
			"threshold: Paris", "threshold: Paris, France", "threshold: Paris, capital of France",
			"threshold: Paris is the capital of France.", "below_threshold: Trains run daily between all of the larger towns.",
			"threshold: Made in France.",
		}, []string{}},
		"scored by BM25": {prune.Request{Scorer: prune.ScorerBM25, Boilerplate: prune.BoilerplateDrop}, []string{
			"boilerplate: Paris", "boilerplate: Paris, France", "boilerplate: Paris, capital of France",
			"threshold: Paris is the capital of France.", "below_threshold: Trains run daily between all of the larger towns.",
			"boilerplate: Made in France.",
		}, []string{dropped}},
	}
	p := newPruner(t, options(&overlap{}))
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := test.request
			if r.Query == "" {
				r.Query = query
			}
			r.Documents, r.Explain = []prune.Document{page(newsPage)}, true
			got := answer(t, p, r).Results[0]
			var why []string
			for _, u := range got.Units {
				why = append(why, u.Why+": "+u.Text)
				if is := !strings.HasPrefix(u.Text, "Paris is") && !strings.HasPrefix(u.Text, "Trains"); u.Boilerplate != is {
					t.Errorf("%q: boilerplate %v", u.Text, u.Boilerplate)
				}
			}
			if diff := cmp.Diff(test.want, why); diff != "" {
				t.Errorf("units (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.warnings, codes(got)); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

// TestBoilerplateCount: the warnings say how many units.
func TestBoilerplateCount(t *testing.T) {
	p := newPruner(t, options(&overlap{}))
	for mode, want := range map[prune.Boilerplate]string{
		prune.BoilerplateDemote: "Units left out only because they are boilerplate of the page: 2.",
		prune.BoilerplateDrop:   "Units neither scored nor returned because they are boilerplate of the page: 4.",
	} {
		got := answer(t, p, prune.Request{Query: query, Documents: []prune.Document{page(newsPage)}, Boilerplate: mode}).Results[0]
		if len(got.Warnings) != 1 || got.Warnings[0].Message != want {
			t.Errorf("%s: warnings %v, want %q", mode, got.Warnings, want)
		}
	}
}

// TestDroppedIsNotRead: the model reads less, and other scores are stored.
func TestDroppedIsNotRead(t *testing.T) {
	var read [][]string
	l := &overlap{before: func(_ context.Context, units []string) error {
		read = append(read, units)
		return nil
	}}
	o := options(l)
	o.Store = newStore(t)
	p := newPruner(t, o)
	var usage []int
	for _, mode := range []prune.Boilerplate{"", prune.BoilerplateKeep, prune.BoilerplateDrop, prune.BoilerplateDrop} {
		r := prune.Request{Query: query, Documents: []prune.Document{page(newsPage)}, Boilerplate: mode}
		usage = append(usage, answer(t, p, r).Usage.ModelTokens)
	}
	want := []string{"Paris is the capital of France.", "Trains run daily between all of the larger towns."}
	if len(read) != 2 || len(read[0]) != 6 || cmp.Diff(want, read[1]) != "" {
		t.Errorf("read %q", read)
	}
	if usage[0] <= usage[2] || usage[1] != 0 || usage[2] == 0 || usage[3] != 0 {
		t.Errorf("tokens read %v", usage)
	}
}

// TestBudgetPrefersContent: in a budget over two pages the boilerplate of both
// comes after the content of both.
func TestBudgetPrefersContent(t *testing.T) {
	const weak = `<p>France is large.</p><p>Its trains are fast and run all day and all night.</p>`
	p := newPruner(t, options(&overlap{}))
	r := prune.Request{
		Query: query, Documents: []prune.Document{page(newsPage), page(weak)},
		MaxTokens: 12, Format: prune.FormatText, Threshold: new(0.1),
	}
	resp := answer(t, p, r)
	var got []string
	for _, res := range resp.Results {
		got = append(got, res.Text)
	}
	if diff := cmp.Diff([]string{"Paris is the capital of France.", "France is large."}, got); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"boilerplate_demoted"}, codes(resp.Results[0])); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	r.Boilerplate = prune.BoilerplateKeep
	if text := answer(t, p, r).Results[0].Text; !strings.Contains(text, "Paris, capital of France") {
		t.Errorf("kept as the rest, but the budget went to %q", text)
	}
}

// TestTextHasNoBoilerplate: in plain text all ways are the same.
func TestTextHasNoBoilerplate(t *testing.T) {
	p := newPruner(t, options(&overlap{}))
	r := prune.Request{Query: query, Documents: []prune.Document{text(france)}, Explain: true}
	want := answer(t, p, r).Results
	for _, mode := range []prune.Boilerplate{prune.BoilerplateDemote, prune.BoilerplateKeep, prune.BoilerplateDrop} {
		r.Boilerplate = mode
		if diff := cmp.Diff(want, answer(t, p, r).Results); diff != "" {
			t.Errorf("%s: %s", mode, diff)
		}
	}
	if htmlprune.Parse(newsPage, htmlprune.Options{Format: htmlprune.Text}).Units[0].Boilerplate {
		t.Error("a text has boilerplate")
	}
}
