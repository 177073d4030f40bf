package htmlprune_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ragprune/ragprune/htmlprune"
)

// blockTexts are the texts of the blocks: unit texts with "/" between them.
func blockTexts(tree *htmlprune.Tree, words int) []string {
	var out []string
	for _, b := range tree.Blocks(words) {
		var units []string
		for u := b.First; u < b.Last; u++ {
			units = append(units, tree.Units[u].Text)
		}
		out = append(out, strings.Join(units, "/"))
	}
	return out
}

func TestBlocks(t *testing.T) {
	const page = `<body><h1>Top head</h1><p>One two. Three four.</p><p>Five six.</p>
<ul><li>a b</li><li>c d</li></ul><div><h2>Sub head</h2><p>Seven. Eight.</p></div></body>`
	const text = "One two three. Four five six. Seven eight.\n\nNine ten.\n\nEleven."
	tests := []struct {
		name, source string
		words        int
		want         []string
	}{
		{"units", page, 0, []string{"Top head", "One two.", "Three four.", "Five six.", "a b", "c d", "Sub head", "Seven.", "Eight."}},
		{"one block", page, 100, []string{"Top head/One two./Three four./Five six./a b/c d/Sub head/Seven./Eight."}},
		{"siblings join behind a heading", page, 8, []string{"Top head/One two./Three four./Five six.", "a b/c d", "Sub head/Seven./Eight."}},
		{"small", page, 4, []string{"Top head", "One two./Three four.", "Five six.", "a b/c d", "Sub head/Seven./Eight."}},
		{"smaller than a paragraph", page, 2, []string{"Top head", "One two.", "Three four.", "Five six.", "a b", "c d", "Sub head", "Seven./Eight."}},
		{"smaller than a unit", page, 1, []string{"Top head", "One two.", "Three four.", "Five six.", "a b", "c d", "Sub head", "Seven.", "Eight."}},
		{"text", text, 6, []string{"One two three./Four five six.", "Seven eight.", "Nine ten./Eleven."}},
		{"giant unit", strings.Repeat("word ", 50), 10, []string{strings.TrimSpace(strings.Repeat("word ", 50))}},
		{"empty", "", 10, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tree := htmlprune.Parse(tt.source, htmlprune.Options{})
			if diff := cmp.Diff(tt.want, blockTexts(tree, tt.words)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestBlocksPartition checks on many pages that every unit is in one block.
func TestBlocksPartition(t *testing.T) {
	for _, source := range randomPages(200) {
		tree := htmlprune.Parse(source, htmlprune.Options{})
		for _, words := range []int{0, 1, 3, 10, 30, 1000} {
			checkBlocks(t, tree, words)
		}
	}
}

func checkBlocks(t *testing.T, tree *htmlprune.Tree, words int) {
	t.Helper()
	next := 0
	for _, b := range tree.Blocks(words) {
		if b.First != next || b.Last <= b.First {
			t.Fatalf("block %+v after unit %d", b, next)
		}
		if words > 0 && b.Words > words && b.Last-b.First > 1 {
			t.Fatalf("block %+v has more than %d words", b, words)
		}
		next = b.Last
	}
	if next != len(tree.Units) {
		t.Fatalf("blocks end at unit %d of %d", next, len(tree.Units))
	}
}

func TestBlocksPath(t *testing.T) {
	tree := htmlprune.Parse(`<body><div id=a><p>One two.</p><p>Three four.</p></div><div><p>Five six seven.</p></div></body>`, htmlprune.Options{})
	var got []string
	for _, b := range tree.Blocks(4) {
		got = append(got, b.Path)
	}
	want := []string{"html>body>div[1]", "html>body>div[2]>p"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBlocksWords(t *testing.T) {
	tests := []struct {
		text string
		want int
	}{
		{"one two  three.", 3}, {"漢字漢字", 2}, {"GPT は 良い", 3}, {"สวัสดี", 3}, {"안녕 세상", 2},
	}
	for _, tt := range tests {
		blocks := htmlprune.Parse(tt.text, htmlprune.Options{}).Blocks(0)
		if len(blocks) != 1 || blocks[0].Words != tt.want {
			t.Errorf("%q: %+v, want %d words", tt.text, blocks, tt.want)
		}
	}
}
