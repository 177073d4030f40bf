package htmlprune_test

import (
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/ragprune/ragprune/htmlprune"
)

// FuzzParseHTML checks the invariants of trees on any HTML, and that every
// character of every unit is in the page.
func FuzzParseHTML(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "html", "*.txt"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no fixtures: %v", err)
	}
	for _, file := range files {
		for _, c := range readFixtures(f, file) {
			f.Add(c.input)
		}
	}
	f.Fuzz(func(t *testing.T, source string) {
		o := htmlprune.Options{
			Format: htmlprune.HTML, Alt: true, Links: true,
			Limits: htmlprune.Limits{Time: time.Minute},
		}
		tree := htmlprune.Parse(source, o)
		checkTree(t, tree)
		checkPage(t, tree)
		checkVisible(t, tree)
		again := htmlprune.Parse(source, o)
		if dump(again) != dump(tree) {
			t.Error("a second reading gives another tree")
		}
	})
}

// checkPage: what the units say is in the page, in the page's order.
func checkPage(t testing.TB, tree *htmlprune.Tree) {
	t.Helper()
	page := letters(decoded(html.UnescapeString(tree.Source))) + letters(decoded(tree.Source))
	for i, u := range tree.Units {
		if u.Kind == htmlprune.Row {
			continue // bars between cells are not in the page
		}
		if !subsequence(letters(u.Text), page) {
			t.Errorf("unit %d says %q, which the page does not", i, u.Text)
		}
	}
}
