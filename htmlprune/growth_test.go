package htmlprune_test

import (
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ragprune/ragprune/htmlprune"
)

// steepest is the largest exponent with which work may grow with the size of
// a document: 1 is linear, 2 quadratic.
const steepest = 1.3

// TestHostileGrowth reads the shapes that are known to make HTML parsers
// quadratic at three sizes. The bytes allocated stand for the work: unlike
// time, they do not depend on the machine, and copies are what is quadratic.
func TestHostileGrowth(t *testing.T) {
	rep := strings.Repeat
	for _, c := range []struct {
		name string
		size int
		make func(n int) string
	}{
		{"html attributes", 2000, func(n int) string { return numbered(n, "<html a%d=1>") + "text" }},
		{"body attributes", 2000, func(n int) string { return numbered(n, "<body b%d=1>") + "text" }},
		{"long html tag, then many", 2000, func(n int) string {
			return "<html " + numbered(n, "a%d=1 ") + ">" + rep("<html z=1>", n) + "text"
		}},
		{"Noah's Ark", 1000, func(n int) string { return numbered(n, "<b a%d=1>") + rep("<p>x", n) }},
		{"adoption agency", 1000, func(n int) string { return rep("<b><div>x</b>", n) + "text" }},
		{"formatting reconstruction", 1000, func(n int) string { return rep("<i>", 400) + rep("<p>x</p>", n) }},
		{"nested elements", 4000, func(n int) string { return rep("<div>", n) + "deep" }},
		{"nested tables", 1000, func(n int) string { return rep("<table><tr><td>x", n) }},
		{"foster parenting", 1000, func(n int) string { return "<table>" + rep("x<b>y</b>", n) }},
		{"unclosed tags", 10_000, func(n int) string { return "text " + rep("<a", n) }},
		{"comments", 10_000, func(n int) string { return "text" + rep("<!-- --!>", n) }},
		{"attributes of one tag", 5000, func(n int) string { return "<p " + numbered(n, "a%d=1 ") + ">text" }},
		{"open formatting elements", 2000, func(n int) string { return numbered(450, "<font c%d=1>") + rep("<p>text</p>", n) }},
		{"nested lists", 1000, func(n int) string { return rep("<ul><li>x", n) }},
		{"nested inlines", 2000, func(n int) string { return rep("<span>", n) + "deep" }},
		{"stray end tags", 10_000, func(n int) string { return rep("x</b>", n) }},
		{"angle brackets", 10_000, func(n int) string { return rep("<", n) + " text" }},
		{"ampersands", 10_000, func(n int) string { return rep("&", n) + " text" }},
		{"scripts in comments", 2000, func(n int) string { return "text" + rep("<script><!--<script>", n) }},
		{"kana without spaces", 20_000, func(n int) string { return rep("かな", n) }},
		{"one word", 50_000, func(n int) string { return rep("x", n) }},
		{"kinds of children", 2000, func(n int) string { return numbered(n, "<x-%[1]d></x-%[1]d>") + "text" }},
		{"one sentence", 20_000, func(n int) string { return rep("word ", n) }},
		{"short sentences", 10_000, func(n int) string { return rep("A. ", n) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			var sizes, work []float64
			for _, k := range []int{1, 2, 4} {
				source := c.make(c.size * k)
				sizes = append(sizes, math.Log(float64(len(source))))
				work = append(work, math.Log(allocated(source)))
			}
			if got := (work[2] - work[0]) / (sizes[2] - sizes[0]); got > steepest {
				t.Errorf("bytes allocated grow with exponent %.2f, want at most %v", got, steepest)
			}
		})
	}
}

// allocated is how many bytes one reading of source allocates.
func allocated(source string) float64 {
	o := htmlprune.Options{Format: htmlprune.HTML, Limits: htmlprune.Limits{Time: 4 * time.Minute}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	htmlprune.Parse(source, o)
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc - before.TotalAlloc)
}
