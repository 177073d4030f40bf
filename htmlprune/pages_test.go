package htmlprune_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/ragprune/ragprune/htmlprune"
)

// sharedPages lists the real pages of the optional data folder, or skips.
func sharedPages(t testing.TB) []string {
	t.Helper()
	shared := os.Getenv("RAGPRUNE_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "shared")
	}
	files, err := filepath.Glob(filepath.Join(shared, "data", "pages", "*.html"))
	if err != nil || len(files) == 0 {
		t.Skip("no pages: set RAGPRUNE_SHARED")
	}
	return files
}

// TestRealPages reads real pages: the invariants hold, nothing is cut, and
// every word that is visible by its elements and attributes is in a unit.
func TestRealPages(t *testing.T) {
	for _, file := range sharedPages(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			tree := htmlprune.Parse(string(data), htmlprune.Options{
				Format: htmlprune.HTML, Limits: htmlprune.Limits{Time: time.Hour},
			})
			checkTree(t, tree)
			checkPage(t, tree)
			for _, words := range []int{16, 32, 64, 128, 256} {
				checkBlocks(t, tree, words)
			}
			if tree.Truncated || len(tree.Warnings) > 0 {
				t.Errorf("warnings %v", tree.Warnings)
			}
			root, err := html.Parse(strings.NewReader(string(data)))
			if err != nil {
				t.Fatal(err)
			}
			have := map[string]int{}
			for _, w := range pageWords(joined(tree)) {
				have[w]++
			}
			if got, want := pageLetters(joined(tree)), pageLetters(visibleText(root)); got != want {
				t.Errorf("the units spell %d letters, the page shows %d", len(got), len(want))
			}
			missing := 0
			for _, w := range pageWords(visibleText(root)) {
				if have[w]--; have[w] < 0 {
					missing++
					t.Logf("missing %q", w)
				}
			}
			if missing > 0 {
				t.Errorf("%d visible words are in no unit", missing)
			}
		})
	}
}

// pageWords splits text at white space, at the bars between cells, and after end
// marks, where units may part text that has no space.
func pageWords(text string) []string {
	return strings.Fields(strings.NewReplacer("|", " ", ".", ". ", "!", "! ", "?", "? ").Replace(text))
}

// pageLetters is text without white space and bars.
func pageLetters(text string) string { return strings.ReplaceAll(letters(text), "|", "") }

const (
	emptyTags  = " script style template noscript iframe object svg textarea select video audio canvas dialog progress meter noframes "
	inlineTags = " a abbr b bdi bdo big cite code del dfn em font i ins kbd mark nobr q s samp small span strike strong sub sup time tt u var wbr ruby rt rp script style template noscript link meta "
)

// visibleText is a second, plain reading of what a DOM shows: no elements
// without content for readers, nothing that attributes hide, and white space
// around blocks.
func visibleText(n *html.Node) string {
	var s strings.Builder
	var visit func(n *html.Node)
	visit = func(n *html.Node) {
		if n.Type == html.TextNode {
			s.WriteString(strings.NewReplacer("\u200b", "", "\u00ad", "", "\ufeff", "", "\u200e", "", "\u200f", "", "\u2060", "").Replace(n.Data))
			return
		}
		apart := n.Type == html.ElementNode && !strings.Contains(inlineTags, " "+n.Data+" ")
		if apart {
			s.WriteByte(' ')
		}
		if n.Type == html.ElementNode && (strings.Contains(emptyTags, " "+n.Data+" ") || hiddenByAttribute(n)) {
			return
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			visit(c)
		}
		if apart {
			s.WriteByte(' ')
		}
	}
	visit(n)
	return s.String()
}

func hiddenByAttribute(n *html.Node) bool {
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			return true
		case "aria-hidden":
			return a.Val == "true"
		case "style":
			css := strings.ToLower(strings.Join(strings.Fields(a.Val), ""))
			for _, mark := range []string{"display:none", "visibility:hidden", "opacity:0;", "height:0;", "height:0px;", "height:1px", "-999", "-1000"} {
				if strings.Contains(css+";", mark) {
					return true
				}
			}
		}
	}
	return false
}
