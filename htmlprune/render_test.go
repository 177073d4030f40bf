package htmlprune_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"github.com/google/go-cmp/cmp"
	"github.com/ragprune/ragprune/htmlprune"
)

var formats = []htmlprune.Format{htmlprune.Text, htmlprune.Markdown, htmlprune.HTML}

// TestRenderGolden pins each format for all units, and for every third.
func TestRenderGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/render/*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		if filepath.Ext(name) == ".golden" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			// The padding leaves room for tags around short text.
			padded := string(source) + strings.Repeat("\n", 400)
			tree := htmlprune.Parse(padded, htmlprune.Options{Links: true})
			var b strings.Builder
			for _, f := range formats {
				for _, part := range []int{1, 3} {
					s := tree.NewSelection(true)
					for u := part / 2; u < len(tree.Units); u += part {
						s.Add(u)
					}
					out, warnings := s.Render(f)
					fmt.Fprintf(&b, "=== %s, 1 of %d, warnings %v\n%s\n", f, part, warnings, out)
				}
			}
			golden(t, "render/"+name+".golden", b.String())
		})
	}
}

func TestRenderTextIsSource(t *testing.T) {
	for _, source := range []string{
		"One. Two!\n\nThree?", "# H\n\n- a\n- b\n\n```\ncode\n```\n\n> q\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nT\n===\n\n---\n\nend",
		"---\nfront: matter\n---\n\nText.\n\n---", "漢字です。次です。\n\nもっと。", "poem one\npoem two\npoem three",
	} {
		tree := htmlprune.Parse(source, htmlprune.Options{Format: htmlprune.Text})
		s := all(tree)
		for _, f := range []htmlprune.Format{"", htmlprune.Text, htmlprune.Markdown} {
			if got, w := s.Render(f); got != source || w != nil {
				t.Errorf("%s of %q is %q, %v", f, source, got, w)
			}
		}
	}
}

func TestRenderTextGaps(t *testing.T) {
	const source = "Title of it\n\nOne. Two. Three.\n\nFour.\n\n\n\nFive. Six.\n- seven. eight.\n```go\nx\n```\nNine."
	tree := htmlprune.Parse(source, htmlprune.Options{Format: htmlprune.Text})
	index := map[string]int{}
	for i, u := range tree.Units {
		index[u.Text] = i
	}
	tests := []struct {
		keep []string
		want string
	}{
		{nil, ""},
		{[]string{"One.", "Three."}, "One. Three."},
		{[]string{"Two.", "Four."}, "Two.\n\nFour."},
		{[]string{"Two.", "Six."}, "Two.\n\nSix."},
		{[]string{"Four.", "Five."}, "Four.\n\n\n\nFive."},
		{[]string{"eight."}, "- eight."},
		{[]string{"x"}, "```go\nx\n```"},
		{[]string{"Six.", "x"}, "Six.\n```go\nx\n```"},
		{[]string{"x", "Nine."}, "```go\nx\n```\nNine."},
		{[]string{"Title of it", "Nine."}, "Title of it\nNine."},
	}
	for _, tt := range tests {
		s := tree.NewSelection(false)
		for _, k := range tt.keep {
			u, ok := index[k]
			if !ok {
				t.Fatalf("no unit %q in %v", k, index)
			}
			s.Add(u)
		}
		if got, _ := s.Render(htmlprune.Text); got != tt.want {
			t.Errorf("keep %q: got %q, want %q", tt.keep, got, tt.want)
		}
	}
}

func TestRenderNeverLonger(t *testing.T) {
	tree := htmlprune.Parse("a\n\nb\n\nc & d", htmlprune.Options{Format: htmlprune.Text})
	out, warnings := all(tree).Render(htmlprune.HTML)
	want := []htmlprune.Warning{{Code: "format_text"}}
	ignore := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Message" }, cmp.Ignore())
	if diff := cmp.Diff(want, warnings, ignore); diff != "" || out != "a\n\nb\n\nc & d" {
		t.Errorf("out %q, warnings (-want +got):\n%s", out, diff)
	}
	tree = htmlprune.Parse("\xff\xfe\xfd", htmlprune.Options{Format: htmlprune.Text})
	if out, _ := all(tree).Render(""); len(out) > 3 {
		t.Errorf("%q is longer than its source", out)
	}
}

func TestRenderNoActiveContent(t *testing.T) {
	for _, source := range []string{
		`<p onclick=x()>a <a href=" java&#10;script:alert(1)">b</a> <a href="data:text/html,x">c</a></p><iframe src=x>y</iframe>`,
		`<svg><script>x</script><text>t</text></svg><math><mi onclick=x>z</mi></math><p style="x">&lt;img src=x onerror=y&gt;`,
		`<a href="vbscript:x">k</a><a href="//host/x">l</a><a href="HTTPS://h/">m</a><a href="mailto:a@b">n</a><a href="&#1;javascript:x">o</a>`,
		`<form action=x><input name=y><button formaction=z>go</button></form><object data=x>q</object><p>&amp;lt;script&amp;gt;x</p>`,
		"plain <script>alert(1)</script> text &lt;script&gt; here &",
	} {
		tree := htmlprune.Parse(source+strings.Repeat(" ", 300), htmlprune.Options{Format: htmlprune.HTML, Links: true})
		out, _ := all(tree).Render(htmlprune.HTML)
		checkPassive(t, out)
	}
}

// checkPassive fails on every tag and attribute that could do something.
func checkPassive(t *testing.T, out string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(out))
	for z.Next() != html.ErrorToken {
		tok := z.Token()
		switch tok.Data {
		case "script", "style", "iframe", "object", "embed", "svg", "math", "form", "input", "button", "img", "link", "meta", "base":
			if tok.Type != html.TextToken {
				t.Fatalf("tag %s in %q", tok, out)
			}
		}
		for _, a := range tok.Attr {
			switch a.Key {
			case "href":
				if scheme := schemeOf(a.Val); scheme != "" && scheme != "http" && scheme != "https" && scheme != "mailto" {
					t.Fatalf("href %q in %q", a.Val, out)
				}
			case "lang", "dir", "scope", "start", "reversed", "type", "value", "datetime", "colspan", "rowspan":
			default:
				t.Fatalf("attribute %v in %q", a, out)
			}
		}
	}
}

// schemeOf is the scheme of an address as browsers find it: they pass over
// white space and controls, and a colon after a slash, a question mark or a
// number sign belongs to no scheme.
func schemeOf(href string) string {
	href = strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7F {
			return -1
		}
		return unicode.ToLower(r)
	}, href)
	if i := strings.IndexAny(href, ":/?#"); i >= 0 && href[i] == ':' {
		return href[:i]
	}
	return ""
}

func all(tree *htmlprune.Tree) *htmlprune.Selection {
	s := tree.NewSelection(false)
	for u := range tree.Units {
		s.Add(u)
	}
	return s
}

// some keeps a random part of the units.
func some(tree *htmlprune.Tree, rng *rand.Rand) *htmlprune.Selection {
	s := tree.NewSelection(rng.IntN(2) == 0)
	p := rng.Float64()
	for u := range tree.Units {
		if rng.Float64() < p {
			s.Add(u)
		}
	}
	return s
}

// wordsOf are the runs of letters and digits of s.
func wordsOf(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// kept are the words of the units kept.
func kept(tree *htmlprune.Tree, s *htmlprune.Selection) []string {
	var out []string
	for _, u := range s.Units() {
		out = append(out, wordsOf(tree.Units[u].Text)...)
	}
	return out
}

// checkRender checks what Render promises, on one random selection and on all.
func checkRender(t *testing.T, tree *htmlprune.Tree, seed uint64) {
	t.Helper()
	for _, s := range []*htmlprune.Selection{all(tree), some(tree, rand.New(rand.NewPCG(seed, 7)))} {
		for _, f := range formats {
			out, warnings := s.Render(f)
			again, _ := s.Clone().Render(f)
			switch {
			case out != again:
				t.Fatalf("%s: two answers", f)
			case len(out) > len(tree.Source):
				t.Fatalf("%s: %d bytes of %d\n%q\n%q", f, len(out), len(tree.Source), out, tree.Source)
			case s.Len() == 0 && out != "":
				t.Fatalf("%s: %q of nothing", f, out)
			}
			if f == htmlprune.HTML && len(warnings) == 0 {
				checkPassive(t, out)
				checkStructure(t, out)
			}
			if len(warnings) == 0 {
				checkWords(t, tree, s, f, out)
			}
		}
	}
}

// checkStructure checks that items are in lists, and cells in rows in tables.
func checkStructure(t *testing.T, out string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	parents := map[string]string{"li": "ul ol menu", "dt": "dl", "dd": "dl", "td": "tr", "th": "tr", "tr": "tbody thead"}
	for n := range doc.Descendants() {
		if want, ok := parents[n.Data]; ok && n.Type == html.ElementNode && !strings.Contains(want, n.Parent.Data) {
			t.Fatalf("%s in %s: %s", n.Data, n.Parent.Data, out)
		}
	}
}

// TestRenderRandomPages checks the promises on pages put together at random.
func TestRenderRandomPages(t *testing.T) {
	for seed := range uint64(400) {
		rng := rand.New(rand.NewPCG(seed, 1))
		page := randomPage(rng)
		tree := htmlprune.Parse(page, htmlprune.Options{Format: htmlprune.HTML, Links: rng.IntN(2) == 0})
		checkRender(t, tree, seed)
		s := some(tree, rng)
		if !ordered(tree.Root, new(int)) {
			continue // HTML moved text out of a table
		}
		want := kept(tree, s)
		for _, f := range formats {
			out, warnings := s.Render(f)
			if f == htmlprune.HTML && len(warnings) == 0 {
				checkReparse(t, tree, s, out, page)
			}
			if f != htmlprune.Text {
				continue
			}
			if got := wordsOf(out); !cmp.Equal(got, want) && strings.Join(withoutNumbers(got), " ") != strings.Join(withoutNumbers(want), " ") {
				t.Fatalf("seed %d %s: words (-want +got):\n%s\n%s\n%s", seed, f, cmp.Diff(want, got), out, page)
			}
		}
	}
}

// ordered reports whether the runs below n are in the order of their units.
func ordered(n *htmlprune.Node, last *int) bool {
	if n.Kind == htmlprune.Run {
		ok := n.Unit >= *last
		*last = n.Unit
		return ok
	}
	for _, c := range n.Children {
		if !ordered(c, last) {
			return false
		}
	}
	return true
}

// withoutNumbers drops the words that may be numbers of list items.
func withoutNumbers(words []string) []string {
	var out []string
	for _, w := range words {
		if strings.Trim(w, "0123456789") != "" {
			out = append(out, w)
		}
	}
	return out
}

// checkReparse checks that HTML output reads as the units that were kept.
func checkReparse(t *testing.T, tree *htmlprune.Tree, s *htmlprune.Selection, out, page string) {
	t.Helper()
	again := htmlprune.Parse(out, htmlprune.Options{Format: htmlprune.HTML})
	var want, got []string
	for _, u := range s.Units() {
		want = append(want, wordsOf(tree.Units[u].Text)...)
	}
	for _, u := range again.Units {
		got = append(got, wordsOf(u.Text)...)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("read again (-want +got):\n%s\noutput %s\npage %s", diff, out, page)
	}
}

// randomPages are the same n pages every time.
func randomPages(n uint64) []string {
	var pages []string
	for seed := range n {
		pages = append(pages, randomPage(rand.New(rand.NewPCG(seed, 1))))
	}
	return pages
}

// randomPage puts tags and texts together, not always well.
func randomPage(rng *rand.Rand) string {
	var b strings.Builder
	b.WriteString("<html><body>")
	word := 0
	text := func() string {
		var s []string
		for range 1 + rng.IntN(3) {
			word++
			s = append(s, fmt.Sprintf("Word%c%d is here.", 'a'+rng.IntN(26), word))
		}
		return strings.Join(s, " ")
	}
	wrap := []string{"div", "section", "ul", "ol", "li", "p", "blockquote", "span", "b", "h2", "h3", "table", "tr", "td", "th", "pre", "dl", "dt", "dd", "a", "code", "my-box", "form", "thead", "caption"}
	var open []string
	for range 3 + rng.IntN(40) {
		switch rng.IntN(6) {
		case 0, 1:
			tag := wrap[rng.IntN(len(wrap))]
			open = append(open, tag)
			fmt.Fprintf(&b, "<%s%s>", tag, []string{"", ` href="/x"`, ` rowspan=2`, ` colspan=3`, ` start=4`}[rng.IntN(5)])
		case 2:
			if n := len(open); n > 0 {
				fmt.Fprintf(&b, "</%s>", open[n-1])
				open = open[:n-1]
			}
		case 3:
			b.WriteString([]string{"<br>", "\n", "<hr>", " ", "&amp;", "<!-- c -->", "<table><tr><th>K<th>V<tr><td>k<td>v<tr><td rowspan=2>m<td>n<tr><td>o</table>"}[rng.IntN(7)])
		default:
			b.WriteString(text())
		}
	}
	return b.String() + strings.Repeat(" ", 200)
}

// TestRenderPages checks the promises on real pages, where they are at hand.
func TestRenderPages(t *testing.T) {
	dir := os.Getenv("RAGPRUNE_SHARED")
	if dir == "" {
		dir = "../../shared"
	}
	files, _ := filepath.Glob(filepath.Join(dir, "data/pages/*.html"))
	if len(files) == 0 {
		t.Skip("no pages; set RAGPRUNE_SHARED")
	}
	for i, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			tree := htmlprune.Parse(string(source), htmlprune.Options{Format: htmlprune.HTML, Links: true})
			checkRender(t, tree, uint64(i))
			s := some(tree, rand.New(rand.NewPCG(uint64(i), 3)))
			out, _ := s.Render(htmlprune.HTML)
			checkReparse(t, tree, s, out, file)
		})
	}
}

func FuzzRender(f *testing.F) {
	files, _ := filepath.Glob("testdata/render/*.html")
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(source), uint64(1))
	}
	for seed := range uint64(20) {
		f.Add(randomPage(rand.New(rand.NewPCG(seed, 1))), seed)
	}
	f.Fuzz(func(t *testing.T, source string, seed uint64) {
		tree := htmlprune.Parse(source, htmlprune.Options{Format: htmlprune.HTML, Links: seed%2 == 0})
		checkVisible(t, tree)
		checkRender(t, tree, seed)
	})
}
