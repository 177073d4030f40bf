package main

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/prune"
)

const written = `What it is for,
in two lines.
join: line

== first
query: Who?
title: A title
answer: Äda || Ada
  One.
+ Äda did.

! Keep me.

== page
query: How much?
join: space
answer: 7
header: Kind, Price
<table>

<tr><td>7</td></tr>
`

func TestParse(t *testing.T) {
	d, err := parse(written)
	if err != nil {
		t.Fatal(err)
	}
	want := draft{meaning: "What it is for, in two lines.", pieces: []piece{
		{
			id: "first", query: "Who?", title: "A title", answers: []string{"Äda", "Ada"}, between: "\n",
			paragraphs: []paragraph{{{' ', "One."}, {'+', "Äda did."}}, {{'!', "Keep me."}}},
		},
		{
			id: "page", query: "How much?", answers: []string{"7"}, header: []string{"Kind", "Price"}, between: " ",
			page: "<table>\n\n<tr><td>7</td></tr>",
		},
	}}
	if diff := cmp.Diff(want, d, cmp.AllowUnexported(draft{}, piece{}, sentence{})); diff != "" {
		t.Errorf("draft (-want +got):\n%s", diff)
	}
	it := build("set", d.pieces[0], nil)
	if it.Text != "One.\nÄda did.\n\nKeep me." {
		t.Errorf("text %q", it.Text)
	}
	if diff := cmp.Diff([][2]int{{0, 4}, {5, 13}, {15, 23}}, it.Sentences); diff != "" {
		t.Errorf("sentences (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]int{{1}, {2}}, [][]int{it.Relevant, it.Forbidden}); diff != "" {
		t.Errorf("relevant and planted (-want +got):\n%s", diff)
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ item, want string }{
		{"colour: red", `a: unknown key "colour"`},
		{"query: Who?\n+ Sentence.\nquery: What?", "a: \"query: What?\" is neither"},
		{"*no mark", "is neither"},
		{"join: comma", `join is "comma"`},
		{"fill: many", "invalid syntax"},
	} {
		if _, err := parse("For nothing.\n\n== a\n" + c.item); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %s", c.item, err, c.want)
		}
	}
}

func TestFilled(t *testing.T) {
	filler := []paragraph{{{' ', "a b"}}, {{' ', "c 7"}}, {{' ', "d"}, {' ', "e"}}, {{' ', "f"}}}
	p := piece{id: "x", fill: 6, answers: []string{"7"}, paragraphs: []paragraph{{{' ', "own"}}, {{'+', "gold 7"}}}}
	got := p.filled(filler)
	if diff := cmp.Diff(got, p.filled(filler), cmp.AllowUnexported(sentence{})); diff != "" {
		t.Errorf("two results differ:\n%s", diff)
	}
	if len(got) != 5 || got[0][0].text != "own" {
		t.Fatalf("paragraphs %v, want the own one first and three passages", got)
	}
	for i, g := range got {
		if g[0].text == "c 7" {
			t.Error("a passage that holds the answer was taken")
		}
		if g[0].mark == '+' && i != 2 {
			t.Errorf("the second own paragraph is number %d of five", i)
		}
	}
}

func TestJudge(t *testing.T) {
	d, err := parse(written)
	if err != nil {
		t.Fatal(err)
	}
	text, page := build("set", d.pieces[0], nil), build("set", d.pieces[1], nil)
	got := text.judge(prune.Result{Text: "Keep me.", Kept: []prune.Kept{{Start: 15, End: 23}}}, prune.Result{})
	if got.Survived || got.allKept || got.forbiddenKept != 1 {
		t.Errorf("outcome %+v, want the planted sentence alone", got)
	}
	whole := prune.Result{Text: "| Kind | Price |\n| A | 7 |\n"}
	for _, c := range []struct {
		text             string
		survived, header bool
	}{
		{"| Kind | Price |\n| A | 7 |", true, true},
		{"| A | 7 |", true, false},
		{"Kind\nPrice", false, false},
		{"", false, false},
	} {
		o := page.judge(prune.Result{Text: c.text}, whole)
		if o.Survived != c.survived || o.allKept != c.survived || o.headerKept != c.header {
			t.Errorf("%q: outcome %+v", c.text, o)
		}
	}
}

func TestFigures(t *testing.T) {
	positive := func(o outcome) itemResult {
		r := itemResult{averagePrecision: math.NaN(), settings: []outcome{o}}
		r.Positive, r.Forbidden = true, []int{0}
		return r
	}
	kept, dropped, negative := outcome{allKept: true, forbiddenKept: 1}, outcome{}, outcome{}
	kept.Survived, kept.Chars, kept.CharsKept = true, 10, 10
	dropped.Chars, negative.Chars = 30, 5
	f := figuresOf([]itemResult{positive(kept), positive(dropped), {settings: []outcome{negative}}}, 0)
	if f.survived != 0.5 || f.allKept != 0.5 || f.removed != 0.75 || f.emptied != 1 || f.negativeRemoved != 1 {
		t.Errorf("figures %+v", f)
	}
	if f.forbidden != 2 || f.forbiddenKept != 1 || !math.IsNaN(f.headers) {
		t.Errorf("figures %+v, want one of two planted kept and no pages", f)
	}
	m := meanOf([]figures{f, {survived: math.NaN(), allKept: 1, forbidden: 1}})
	if m.survived != 0.5 || m.allKept != 0.75 || m.forbidden != 3 {
		t.Errorf("mean %+v", m)
	}
}
