package htmlprune_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/ragprune/ragprune/htmlprune"
)

// checkTree checks what must hold for every tree of every source.
func checkTree(t testing.TB, tree *htmlprune.Tree) {
	t.Helper()
	checkUnits(t, tree)
	runs := checkNodes(t, tree)
	checkRuns(t, tree, runs)
	checkOutline(t, tree)
	if tree.Format == htmlprune.HTML {
		checkOrigin(t, tree, runs)
	}
	for _, w := range tree.Warnings {
		if w.Code == "" || w.Message == "" {
			t.Errorf("warning without code or message: %+v", w)
		}
	}
}

// checkUnits: spans ascend without overlap, texts are readable, and lists of
// units name units.
func checkUnits(t testing.TB, tree *htmlprune.Tree) {
	t.Helper()
	end := 0
	for i, u := range tree.Units {
		if u.Span.Start < end || u.Span.End <= u.Span.Start || u.Span.End > len(tree.Source) {
			t.Fatalf("unit %d: span %v after %d in %d bytes", i, u.Span, end, len(tree.Source))
		}
		end = u.Span.End
		if strings.TrimSpace(u.Text) == "" || !utf8.ValidString(u.Text) {
			t.Errorf("unit %d: text %q", i, u.Text)
		}
		if strings.ContainsFunc(u.Text, invisible) {
			t.Errorf("unit %d: invisible characters in %+q", i, u.Text)
		}
		if u.Block == nil || u.Block.Kind != u.Kind || u.Kind == htmlprune.Inline || u.Kind == htmlprune.Run {
			t.Fatalf("unit %d: kind %v, block %v", i, u.Kind, u.Block)
		}
		if !slices.IsSorted(u.Requires) || slices.Contains(u.Requires, i) || slices.Contains(u.Headings, i) {
			t.Errorf("unit %d: requires %v, headings %v", i, u.Requires, u.Headings)
		}
		for _, k := range slices.Concat(u.Requires, u.Headings) {
			if k < 0 || k >= len(tree.Units) {
				t.Errorf("unit %d: names unit %d of %d", i, k, len(tree.Units))
			}
		}
	}
}

func invisible(r rune) bool {
	return unicode.Is(unicode.Cc, r) && r != '\n' && r != '\t' || r == '\u200b' || r == '\ufeff' || r == '\u00ad' ||
		r >= '\u202a' && r <= '\u202e' || r >= '\u2060' && r <= '\u206f' || r >= '\ufdd0' && r <= '\ufdef'
}

// checkNodes: parents and spans fit together. It returns the runs in order.
func checkNodes(t testing.TB, tree *htmlprune.Tree) []*htmlprune.Node {
	t.Helper()
	var runs []*htmlprune.Node
	var visit func(n *htmlprune.Node)
	visit = func(n *htmlprune.Node) {
		if (n.Kind == htmlprune.Run) != (n.Unit >= 0) {
			t.Errorf("%v node of unit %d", n.Kind, n.Unit)
		}
		if n.Kind == htmlprune.Run {
			runs = append(runs, n)
		} else if len(n.Children) == 0 && n != tree.Root && n.Kind != htmlprune.Cell {
			t.Errorf("empty %v at %q", n.Kind, n.Path)
		}
		for _, c := range n.Children {
			if c.Parent != n {
				t.Errorf("%v at %q: wrong parent", c.Kind, c.Path)
			}
			if c.Span.End > c.Span.Start && (c.Span.Start < n.Span.Start || c.Span.End > n.Span.End) {
				t.Errorf("%v at %q: span %v outside parent's %v", c.Kind, c.Path, c.Span, n.Span)
			}
			if (c.Kind >= htmlprune.Inline) != (n.Children[0].Kind >= htmlprune.Inline) {
				t.Errorf("%v at %q: blocks and text mixed", n.Kind, n.Path)
			}
			visit(c)
		}
	}
	visit(tree.Root)
	return runs
}

// checkRuns: the runs of a unit spell its text.
func checkRuns(t testing.TB, tree *htmlprune.Tree, runs []*htmlprune.Node) {
	t.Helper()
	texts := make([]strings.Builder, len(tree.Units))
	for _, r := range runs {
		if r.Unit >= len(tree.Units) {
			t.Fatalf("run of unit %d of %d", r.Unit, len(tree.Units))
		}
		texts[r.Unit].WriteString(r.Text)
	}
	for i, u := range tree.Units {
		got, want := letters(texts[i].String()), letters(u.Text)
		if u.Kind == htmlprune.Row {
			got, want = strings.ReplaceAll(got, "|", ""), strings.ReplaceAll(want, "|", "")
		}
		if got != want {
			t.Errorf("unit %d: runs spell %q, text is %q", i, got, want)
		}
	}
}

// decoded is text with U+FFFD for every byte that is not UTF-8.
func decoded(text string) string { return string([]rune(text)) }

// letters is text without white space.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

// checkOrigin: what a run says is in its span of the source, in this order.
func checkOrigin(t testing.TB, tree *htmlprune.Tree, runs []*htmlprune.Node) {
	t.Helper()
	for _, r := range runs {
		said := letters(r.Text)
		source := tree.Source[r.Span.Start:r.Span.End]
		if !subsequence(said, letters(decoded(html.UnescapeString(source)))) && !subsequence(said, letters(decoded(source))) {
			t.Errorf("run %q comes from %q", r.Text, source)
		}
	}
}

// subsequence reports whether the characters of a are in b in this order.
func subsequence(a, b string) bool {
	for _, r := range a {
		i := strings.IndexRune(b, r)
		if i < 0 {
			return false
		}
		b = b[i+utf8.RuneLen(r):]
	}
	return true
}
