package htmlprune_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/htmlprune"
)

const outlinePage = `<html><head><title>Cats</title></head><body>Hello <b>you</b>.
<div><div><p>One. Two.</p><p class=x>Three &lt;b></p></div></div>Bye.
<table><tr><th>a<th>b<tr><td><td>2</table><nav>Home</nav></body></html>`

func TestOutline(t *testing.T) {
	tests := map[string]struct {
		source string
		format htmlprune.Format
		o      htmlprune.OutlineOptions
		want   htmlprune.Outline
	}{
		"whole": {
			source: outlinePage, format: htmlprune.HTML, o: htmlprune.OutlineOptions{Words: 100},
			want: htmlprune.Outline{
				Markup: "<html><title>Cats</title><body>Hello you.\n<div><p>One. Two.</p><p>Three &lt;b></p></div>Bye.\n" +
					"<table><tr><th>a</th><th>b</th></tr><tr><td></td><td>2</td></tr></table><nav>Home</nav></body></html>",
				Blocks: []htmlprune.OutlineBlock{{Path: "<html>", Text: "Cats", End: 174}},
				Of:     []int{0, 0, 0, 0, 0, 0, 0, 0, 0},
			},
		},
		"cut, without a unit": {
			source: outlinePage, format: htmlprune.HTML,
			o: htmlprune.OutlineOptions{Words: 2, FirstIndex: 1, Skip: []bool{8: true}},
			want: htmlprune.Outline{
				Markup: "<html><title>Cats</title><body>Hello you.\n<div><p1>One. Two.</p1><p2>Three &lt;b></p2></div>Bye.\n" +
					"<table><tr1><th>a</th><th>b</th></tr1><tr2><td></td><td>2</td></tr2></table></body></html>",
				Blocks: []htmlprune.OutlineBlock{
					{Path: "<html><title>", Text: "Cats", End: 17},
					{Path: "<html><body>", Text: "Hello", End: 96},
					{Path: "<html><body><div><p1>", Text: "One.", End: 60},
					{Path: "<html><body><div><p2>", Text: "Three <b>", End: 81},
					{Path: "<html><body><table><tr1>", Text: "a", End: 124},
					{Path: "<html><body><table><tr2>", Text: "2", End: 154},
				},
				Of: []int{0, 1, 2, 2, 3, 1, 4, 5, -1},
			},
		},
		"text": {
			source: "# Head\n\nPara one. Two.\n\n1. item\n2. item2\n\nEnd.", format: htmlprune.Text,
			want: htmlprune.Outline{
				Markup: "<html><h1>Head</h1><p0>Para one. Two.</p0><ol><li0>item</li0><li1>item2</li1></ol><p1>End.</p1></html>",
				Blocks: []htmlprune.OutlineBlock{
					{Path: "<html><h1>", Text: "Head", End: 14},
					{Path: "<html><p0>", Text: "Para one.", End: 37},
					{Path: "<html><ol><li0>", Text: "item", End: 55},
					{Path: "<html><ol><li1>", Text: "item2", End: 71},
					{Path: "<html><p1>", Text: "End.", End: 90},
				},
				Of: []int{0, 1, 1, 2, 3, 4},
			},
		},
		"nothing": {source: "<p></p>", format: htmlprune.HTML, want: htmlprune.Outline{Of: []int{}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tree := htmlprune.Parse(tt.source, htmlprune.Options{Format: tt.format})
			got := tree.Outline(tt.o)
			if diff := cmp.Diff(&tt.want, got); diff != "" {
				t.Errorf("outline (-want +got):\n%s", diff)
			}
		})
	}
}

// checkOutline: every unit is in one block, no two blocks have the same path,
// and what a block says has been said where it ends.
func checkOutline(t testing.TB, tree *htmlprune.Tree) {
	t.Helper()
	for _, words := range []int{0, 8, 128} {
		o := tree.Outline(htmlprune.OutlineOptions{Words: words, FirstIndex: 1})
		said := make([]int, len(o.Blocks))
		for u, b := range o.Of {
			if b < 0 || b >= len(o.Blocks) {
				t.Fatalf("words %d: unit %d is in block %d of %d", words, u, b, len(o.Blocks))
			}
			said[b]++
		}
		paths := make(map[string]bool)
		for i, b := range o.Blocks {
			if said[i] == 0 || b.Text == "" || b.End < 1 || b.End > len(o.Markup) {
				t.Errorf("words %d: block %d has %d units and is %+v", words, i, said[i], b)
			}
			if paths[b.Path] {
				t.Errorf("words %d: two blocks have the path %s", words, b.Path)
			}
			paths[b.Path] = true
		}
	}
}
