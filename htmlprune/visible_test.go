package htmlprune_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/ragprune/ragprune/htmlprune"
)

// checkVisible: every unit of a page says what a browser would draw, in this
// order. The oracle is the HTML5 parser itself, without scripts, styles,
// templates, comments and what is hidden; it has no opinion on pages that it
// refuses.
func checkVisible(t testing.TB, tree *htmlprune.Tree) {
	t.Helper()
	if tree.Format != htmlprune.HTML || len(tree.Warnings) > 0 {
		return // limits were reached, which the oracle does not have
	}
	if !utf8.ValidString(tree.Source) {
		return // it drops NUL, and joins the bytes around it to a character
	}
	page, ok := drawn(tree.Source)
	if !ok {
		return
	}
	for i, u := range tree.Units {
		said := letters(u.Text)
		if u.Kind == htmlprune.Row {
			said = strings.ReplaceAll(said, "|", "") // bars between cells are not in the page
		}
		if !subsequence(said, page) {
			t.Errorf("unit %d says %q, the page shows %q", i, u.Text, page)
		}
	}
}

// drawn is the text of source that a browser draws, and its alternative texts,
// without white space.
func drawn(source string) (string, bool) {
	doc, err := html.Parse(strings.NewReader(source))
	if err != nil {
		return "", false
	}
	var out strings.Builder
	var visit func(n *html.Node)
	visit = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			out.WriteString(n.Data)
		case n.Type == html.CommentNode, n.DataAtom == atom.Script, n.DataAtom == atom.Style, n.DataAtom == atom.Template:
			return
		}
		for _, a := range n.Attr {
			switch a.Key {
			case "hidden":
				if a.Val != "until-found" {
					return
				}
			case "alt":
				out.WriteString(a.Val)
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			visit(c)
		}
	}
	visit(doc)
	return letters(decoded(out.String())), true
}

// checkWords: the letters and digits of the output are those of the units kept,
// in their order; in text, which numbers list items, the letters.
func checkWords(t testing.TB, tree *htmlprune.Tree, s *htmlprune.Selection, f htmlprune.Format, out string) {
	t.Helper()
	if f == htmlprune.Markdown || tree.Format != htmlprune.HTML || !ordered(tree.Root, new(int)) {
		return // Markdown has addresses, text has marks, and HTML moved text out of a table
	}
	if hasLateCaption(tree.Root) {
		return // it is written before its table, where captions must be
	}
	if !utf8.ValidString(tree.Source) {
		return // U+FFFD is longer than what it stands for, so that the output may have to be cut
	}
	// Whether a tag or a cut parts words is up to it: all words in one are compared.
	got, want := strings.Join(wordsOf(out), ""), strings.Join(kept(tree, s), "")
	if f == htmlprune.HTML {
		got = strings.Join(wordsOf(textOf(out)), "")
	} else {
		got, want = withoutDigits(got), withoutDigits(want)
	}
	if got != want {
		t.Fatalf("%s: says %q, kept are %q", f, got, want)
	}
}

func withoutDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, s)
}

// hasLateCaption reports whether a caption comes after rows of its table.
func hasLateCaption(n *htmlprune.Node) bool {
	for i, c := range n.Children {
		if i > 0 && c.Tag == "caption" || hasLateCaption(c) {
			return true
		}
	}
	return false
}

// textOf is HTML without its tags.
func textOf(source string) string {
	var out strings.Builder
	for z := html.NewTokenizer(strings.NewReader(source)); z.Next() != html.ErrorToken; {
		if token := z.Token(); token.Type == html.TextToken {
			out.WriteString(token.Data)
		}
	}
	return out.String()
}
