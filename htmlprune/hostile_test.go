package htmlprune_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ragprune/ragprune/htmlprune"
)

// numbered writes format n times with the numbers from 0.
func numbered(n int, format string) string {
	var s strings.Builder
	for i := range n {
		fmt.Fprintf(&s, format, i)
	}
	return s.String()
}

// TestHostileShapes reads documents that make HTML5 parsers slow, deep or
// large. Each says what of its text must survive and what the warning is.
func TestHostileShapes(t *testing.T) {
	rep := strings.Repeat
	for _, c := range []struct {
		name, source string
		has          string // text of some unit; empty means that no unit is expected
		warning      string // code of a warning; empty means none
	}{
		{"repeated html attributes", numbered(20_000, "<html a%d=1>") + "text", "text", ""},
		{"repeated body attributes", numbered(20_000, "<body a%d=1>") + "text", "text", ""},
		{"long html tag, then many", "<html " + numbered(20_000, "a%d=1 ") + ">" + rep("<html z=1>", 20_000) + "text", "text", "html_attributes"},
		{"attributes", "<p " + numbered(100_000, "a%d=1 ") + ">text" + rep("<p>a", 1000), "text", "html_attributes"},
		{"100,000 nested div", rep("<div>", 100_000) + "deep" + rep("</div>", 100_000) + "<p>after</p>", "after", "html_depth"},
		{"deep text", rep("<div>", 100_000) + "deep", "deep", "html_depth"},
		{"nested inlines", rep("<span>", 20_000) + "deep", "deep", "html_depth"},
		{"nested tables", rep("<table><tr><td>x", 5000) + "deep", "deep", "html_depth"},
		{"nested lists", rep("<ul><li>", 5000) + "deep", "deep", "html_depth"},
		{"one long word", rep("word", 300_000), "word", ""},
		{"one long sentence", rep("word ", 200_000), "word", ""},
		{"kana without spaces", rep("かな", 100_000), "かな", ""},
		{"open formatting elements", numbered(450, "<font c%d=1>") + rep("<p>text</p>", 5000), "text", "html_nodes"},
		{"adoption agency", rep("<b><div>x</b>", 20_000) + "text", "text", "html_depth"},
		{"foster parenting", "<table>" + rep("x<b>y</b>", 20_000), "xyxy", ""},
		{"unclosed tags", "text " + rep("<a", 100_000), "text", ""},
		{"unclosed comments", "text " + rep("<!--", 100_000), "text", ""},
		{"closed comments", "text" + rep("<!-- --!>", 100_000), "text", ""},
		{"angle brackets", rep("<", 100_000) + " text", "text", ""},
		{"ampersands", rep("&", 100_000) + " text", "text", ""},
		{"scripts in comments", "text" + rep("<script><!--<script>", 20_000), "text", ""},
		{"stray end tags", rep("x</b>", 100_000) + " text", "text", ""},
		{"custom tags", numbered(400, "<x-%d>") + "text", "text", ""},
		{"many kinds of children", numbered(50_000, "<x-%[1]d></x-%[1]d>") + "text", "text", ""},
		{"long attribute", "<p title=\"" + rep("x", 1<<20) + "\">text", "text", ""},
		{"white space", "<pre>" + rep(" ", 1<<20) + "text", "text", ""},
		{"terms", "<dl>" + rep("<dt>x", 10_000) + rep("<dd>text", 10_000), "text", ""},
		{"headings", "<h1>" + rep("Head. ", 50_000) + "</h1>" + rep("<h2>x</h2><p>text", 5000), "text", ""},
		{"frameset", "<frameset>" + rep("<frame>", 1000) + "text", "", ""},
		{"only scripts", rep("<script>x</script>", 1000), "", ""},
		{"nothing", "", "", ""},
		{"only white space", " \n\t ", "", ""},
		{"only a doctype", "<!doctype html>", "", ""},
		{"NUL and invalid UTF-8", rep("\x00<b>\xff</b>", 1000) + " text", "text", ""},
		{"only invalid UTF-8", "\xff\xfe\xc3", "\uFFFD", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			// Time is no limit here: what a slow machine does must be the same.
			o := htmlprune.Options{Format: htmlprune.HTML, Limits: htmlprune.Limits{Time: 4 * time.Minute}}
			tree := htmlprune.Parse(c.source, o)
			checkUnits(t, tree)
			checkNodes(t, tree)
			if got := joined(tree); c.has == "" && got != "" || !strings.Contains(got, c.has) {
				t.Errorf("text %.80q of %d bytes lacks %q", got, len(got), c.has)
			}
			if tree.Truncated {
				t.Error("truncated")
			}
			if got := codes(tree); got != c.warning {
				t.Errorf("warnings %q, want %q", got, c.warning)
			}
		})
	}
}

// TestHostileSizes lets every limit be reached: the result says so and keeps
// what was read before.
func TestHostileSizes(t *testing.T) {
	paragraphs := numbered(2000, "<p>text %d</p>")
	for _, c := range []struct {
		name    string
		source  string
		limits  htmlprune.Limits
		warning string
		cut     bool
	}{
		{"bytes", paragraphs, htmlprune.Limits{Bytes: 1000}, "html_bytes", true},
		{"bytes inside a character", "<p>text " + strings.Repeat("日本", 100), htmlprune.Limits{Bytes: 102}, "html_bytes", true},
		{"bytes inside a tag", "<p>text 0</p><p class=x>more</p>", htmlprune.Limits{Bytes: 18}, "html_bytes", true},
		{"nodes", paragraphs, htmlprune.Limits{Nodes: 100}, "html_nodes", true},
		{"units", "<p>" + strings.Repeat("text! More! ", 1000), htmlprune.Limits{Nodes: 100}, "html_units", true},
		{"time", paragraphs, htmlprune.Limits{Time: 1}, "html_time", true},
		{"depth", "<p>text</p>" + strings.Repeat("<div>", 20) + "deep", htmlprune.Limits{Depth: 8}, "html_depth", false},
		{"attributes", "<p a b c hidden>seen</p>text", htmlprune.Limits{Attributes: 2}, "html_attributes", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := htmlprune.Parse(c.source, htmlprune.Options{Format: htmlprune.HTML, Limits: c.limits})
			checkTree(t, tree)
			if tree.Source != c.source {
				t.Error("the source of the tree is not the source given")
			}
			if !strings.Contains(codes(tree), c.warning) || tree.Truncated != c.cut {
				t.Errorf("warnings %q, truncated %v; want %q, %v", codes(tree), tree.Truncated, c.warning, c.cut)
			}
			if c.limits.Time == 0 && !strings.Contains(joined(tree), "text") {
				t.Errorf("no text in %q", joined(tree))
			}
		})
	}
}

// joined is the text of all units.
func joined(tree *htmlprune.Tree) string {
	var s strings.Builder
	for _, u := range tree.Units {
		s.WriteString(u.Text)
		s.WriteByte('\n')
	}
	return s.String()
}

// codes lists the codes of the warnings.
func codes(tree *htmlprune.Tree) string {
	var out []string
	for _, w := range tree.Warnings {
		out = append(out, w.Code)
	}
	return strings.Join(out, " ")
}
