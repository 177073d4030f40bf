package prune_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/prune"
)

func TestBudgetIsNeverExceeded(t *testing.T) {
	formats := []prune.Format{prune.FormatSame, prune.FormatText, prune.FormatMarkdown, prune.FormatHTML}
	forRandomRequests(t, func(t *testing.T, p *prune.Pruner, r prune.Request, random *rand.Rand) {
		r.Format = formats[random.IntN(len(formats))]
		r.MaxTokens = 1 + random.IntN(120)
		resp := answer(t, p, r)
		after := 0
		for _, res := range resp.Results {
			after += words{}.Count(res.Text)
		}
		if after > r.MaxTokens || resp.Usage.TokensAfter != after {
			t.Errorf("%d tokens of %d, usage says %d", after, r.MaxTokens, resp.Usage.TokensAfter)
		}
	})
}

// TestBudgetThatFitsChangesNothing: a budget larger than the answer is none,
// but for boilerplate, which a budget takes last where otherwise it needs a
// better score.
func TestBudgetThatFitsChangesNothing(t *testing.T) {
	forRandomRequests(t, func(t *testing.T, p *prune.Pruner, r prune.Request, _ *rand.Rand) {
		if r.Boilerplate == "" {
			r.Boilerplate = prune.BoilerplateKeep
		}
		free := answer(t, p, r)
		r.MaxTokens = max(free.Usage.TokensAfter, 1)
		if diff := cmp.Diff(free.Results, answer(t, p, r).Results); diff != "" {
			t.Error(diff)
		}
	})
}

func TestBestUnitsFirst(t *testing.T) {
	// Shares of the query's words: 1/3, 3/3 (6 tokens), 2/3 (4), 1/3 (4).
	first, second := "The capital sleeps.", "Paris is the capital of France. France loves Paris. The capital shines."
	table := "<table><tr><th>City</th><th>Long name of a column</th></tr><tr><td>Paris capital France</td><td>2</td></tr></table><p>Paris is in France.</p>"
	tests := map[string]struct {
		documents []prune.Document
		request   prune.Request
		want      []string
		warnings  [][]string
	}{
		"one":            {[]prune.Document{text(first), text(second)}, prune.Request{MaxTokens: 7}, []string{"", "Paris is the capital of France."}, [][]string{{"budget"}, {}}},
		"two":            {[]prune.Document{text(first), text(second)}, prune.Request{MaxTokens: 11}, []string{"", "Paris is the capital of France. France loves Paris."}, [][]string{{"budget"}, {}}},
		"ties by place":  {[]prune.Document{text(second), text(first)}, prune.Request{MaxTokens: 15}, []string{second, ""}, [][]string{{}, {"budget"}}},
		"too large":      {[]prune.Document{text(first), text(second)}, prune.Request{MaxTokens: 5}, []string{"", "France loves Paris."}, [][]string{{"budget"}, {}}},
		"nothing fits":   {[]prune.Document{text(first), text(second)}, prune.Request{MaxTokens: 1}, []string{"", ""}, [][]string{{"budget"}, {"budget"}}},
		"not relevant":   {[]prune.Document{text("Bananas are yellow."), text(first)}, prune.Request{MaxTokens: 50}, []string{"", first}, [][]string{{}, {}}},
		"pinned first":   {[]prune.Document{text(first + " Bananas are yellow."), text(second)}, prune.Request{MaxTokens: 8, Keep: prune.Keep{Patterns: []string{"Bananas"}}}, []string{"Bananas are yellow.", "France loves Paris."}, [][]string{{}, {}}},
		"pinned too big": {[]prune.Document{text("Bananas are yellow. Bananas are very very long and yellow."), text(first)}, prune.Request{MaxTokens: 5, Keep: prune.Keep{Patterns: []string{"Bananas"}}}, []string{"Bananas are yellow.", ""}, [][]string{{"budget_pinned"}, {"budget"}}},
		"structure costs": {
			[]prune.Document{page(table)},
			prune.Request{MaxTokens: 8, Format: prune.FormatText},
			[]string{"Paris is in France."},
			[][]string{{}},
		},
		"best fits": {
			[]prune.Document{text("Bananas are yellow. Apples are red."), text(first)},
			prune.Request{MaxTokens: 8, OnEmpty: prune.OnEmptyBest},
			[]string{"Bananas are yellow.", first},
			[][]string{{}, {}},
		},
		"best does not": {
			[]prune.Document{text("Bananas are yellow. Apples are red."), text(first)},
			prune.Request{MaxTokens: 7, OnEmpty: prune.OnEmptyBest},
			[]string{"", first},
			[][]string{{"budget"}, {}},
		},
		"original in part": {
			[]prune.Document{text("Bananas are yellow. Apples are red."), text(first)},
			prune.Request{MaxTokens: 8, OnEmpty: prune.OnEmptyOriginal},
			[]string{"Bananas are yellow.", first},
			[][]string{{}, {}},
		},
		"around last": {
			[]prune.Document{text("Bananas are yellow. Paris is the capital of France. Apples are red."), text(second)},
			prune.Request{MaxTokens: 22, Keep: prune.Keep{Around: 1}},
			[]string{"Paris is the capital of France.", second},
			[][]string{{}, {}},
		},
		"dropped documents cost nothing": {
			[]prune.Document{text(first), text(second)},
			prune.Request{MaxTokens: 15, TopN: 1},
			[]string{second},
			[][]string{{}},
		},
	}
	p := newPruner(t, options(&overlap{}))
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := test.request
			r.Query, r.Documents = query, test.documents
			got, warnings := []string{}, [][]string{}
			for _, res := range answer(t, p, r).Results {
				got = append(got, res.Text)
				warnings = append(warnings, codes(res))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.warnings, warnings); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBudgetIsExplained(t *testing.T) {
	p := newPruner(t, options(&overlap{}))
	got := answer(t, p, prune.Request{
		Query: query, MaxTokens: 7, Explain: true, Documents: []prune.Document{text(france)},
	}).Results[0]
	var why []string
	for _, u := range got.Units {
		why = append(why, u.Why)
	}
	want := []string{"threshold", "below_threshold", "below_threshold", "budget", "budget"}
	if diff := cmp.Diff(want, why); diff != "" {
		t.Error(diff)
	}
}

// TestBudgetIsUsed: the tags of HTML cost more than the estimate says, and yet
// what is left in the end would not have held another wish.
func TestBudgetIsUsed(t *testing.T) {
	var b strings.Builder
	for range 300 {
		b.WriteString("<div><section><p>Paris is the capital of France.</p></section></div>")
	}
	p := newPruner(t, options(&overlap{}))
	for _, budget := range []int{100, 1000, 5000} {
		for _, format := range []prune.Format{prune.FormatHTML, prune.FormatText} {
			resp := answer(t, p, prune.Request{
				Query: query, MaxTokens: budget, Format: format, Documents: []prune.Document{page(b.String())},
			})
			one := words{}.Count("<div><section><p>Paris is the capital of France.</p></section></div>")
			whole := answer(t, p, prune.Request{Query: query, Format: format, Documents: []prune.Document{page(b.String())}})
			if after := resp.Usage.TokensAfter; after < min(budget-one, whole.Usage.TokensAfter) || after > budget {
				t.Errorf("%s: %d of %d tokens used", format, after, budget)
			}
		}
	}
}

func TestTitleMakesRoomForTheAnswer(t *testing.T) {
	html := "<title>" + strings.Repeat("A long title. ", 10) + "</title><p>Paris is the capital of France.</p>"
	p := newPruner(t, options(&overlap{}))
	got := answer(t, p, prune.Request{
		Query: query, MaxTokens: 8, Format: prune.FormatText, Explain: true, Documents: []prune.Document{page(html)},
	}).Results[0]
	if got.Text != "Paris is the capital of France." {
		t.Errorf("text %q", got.Text)
	}
	if !slices.ContainsFunc(got.Units, func(u prune.UnitScore) bool { return u.Kind == "title" && u.Why == "budget" }) {
		t.Errorf("units %+v", got.Units)
	}
}
