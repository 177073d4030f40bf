package htmlprune_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ragprune/ragprune/htmlprune"
)

func TestParseSniffsFormat(t *testing.T) {
	for _, c := range []struct {
		source string
		want   htmlprune.Format
	}{
		{"<!DOCTYPE html><p>a", htmlprune.HTML},
		{"\ufeff \n<HTML lang=en>", htmlprune.HTML},
		{"<p>a</p>", htmlprune.HTML},
		{"<!-- c --><div>a</div>", htmlprune.HTML},
		{"<?xml version='1.0'?><html></html>", htmlprune.HTML},
		{"plain text", htmlprune.Text},
		{"", htmlprune.Text},
		{"<", htmlprune.Text},
		{"<3 you all>", htmlprune.Text},
		{"<br> is a tag", htmlprune.Text},
		{"<p align=center>logo</p>\n\n# A Markdown file\n", htmlprune.Text},
		{"a < b and c > d", htmlprune.Text},
	} {
		if got := htmlprune.Parse(c.source, htmlprune.Options{}).Format; got != c.want {
			t.Errorf("Parse(%q): format %q, want %q", c.source, got, c.want)
		}
	}
}

func TestOptionsValidate(t *testing.T) {
	for _, c := range []struct {
		name string
		o    htmlprune.Options
		want string // part of the error; empty means none
	}{
		{"zero", htmlprune.Options{}, ""},
		{"all", htmlprune.Options{Format: htmlprune.Markdown, Limits: htmlprune.Limits{Bytes: 1, Depth: 512, Nodes: 1, Attributes: 1, Time: time.Second}}, ""},
		{"format", htmlprune.Options{Format: "pdf"}, "Format"},
		{"bytes", htmlprune.Options{Limits: htmlprune.Limits{Bytes: -1}}, "Bytes"},
		{"depth", htmlprune.Options{Limits: htmlprune.Limits{Depth: 513}}, "Depth"},
		{"nodes", htmlprune.Options{Limits: htmlprune.Limits{Nodes: -5}}, "Nodes"},
		{"attributes", htmlprune.Options{Limits: htmlprune.Limits{Attributes: -5}}, "Attributes"},
		{"time", htmlprune.Options{Limits: htmlprune.Limits{Time: -time.Second}}, "Time"},
	} {
		err := c.o.Validate()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: error %v, want one about %q", c.name, err, c.want)
		}
		// Parse stays total, whatever the options.
		checkTree(t, htmlprune.Parse("<p>a</p>", c.o))
	}
}

func TestParseSelectorErrors(t *testing.T) {
	for _, css := range []string{"", "p[", "!!", strings.Repeat("a ", 600)} {
		if _, err := htmlprune.ParseSelector(css); err == nil {
			t.Errorf("ParseSelector(%.20q) gives no error", css)
		}
	}
}

func TestPinSelectors(t *testing.T) {
	const source = `<div id=main class="a b"><p>one</p><p data-x=1>two</p></div><p>three</p>`
	for _, c := range []struct {
		css  string
		want string // the pinned units
	}{
		{"#main", "one two"},
		{"p", "one two three"},
		{".b > p:nth-child(2)", "two"},
		{"[data-x]", "two"},
		{"h1, body > p", "three"},
		{"table", ""},
	} {
		s, err := htmlprune.ParseSelector(c.css)
		if err != nil {
			t.Fatal(err)
		}
		tree := htmlprune.Parse(source, htmlprune.Options{Format: htmlprune.HTML, Pin: []htmlprune.Selector{{}, s}})
		var got []string
		for _, u := range tree.Units {
			if u.Pinned {
				got = append(got, u.Text)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("pin %q: %q, want %q", c.css, got, c.want)
		}
	}
}

func TestTitle(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{"<title> A\n <b>&amp; B </title><h1>C</h1>", "A <b>& B"},
		{"<h2>Sub</h2><h1>Main <i>one</i></h1>", "Main one"},
		{"<h2>Sub</h2>", ""},
		{"<title></title><title>Second</title>", "Second"},
		{"<svg><title>No</title></svg><p>x", ""},
		{"<body><p>x</p><title>Late</title>", "Late"},
	} {
		if got := htmlprune.Parse(c.source, htmlprune.Options{Format: htmlprune.HTML}).Title; got != c.want {
			t.Errorf("title of %q: %q, want %q", c.source, got, c.want)
		}
	}
}

// TestSpansPointAtText says exactly which bytes a unit stands for.
func TestSpansPointAtText(t *testing.T) {
	for _, c := range []struct {
		source string
		want   []string
	}{
		{"<p> a &amp; b. \n C&nbsp;d &#33; </p>", []string{"a &amp; b.", "C&nbsp;d &#33;"}},
		{"<p>A <b>bold</b> one. <i>Next</i> one.", []string{"A <b>bold</b> one.", "Next</i> one."}},
		{"x&ampy &notit; &copy2 &unknown; &", []string{"x&ampy &notit; &copy2 &unknown; &"}},
		{"\ufeff<p>\u200bword\u200b</p>", []string{"word"}},
		{"<pre>\r\n  a\r\nb  \r\n</pre>", []string{"a\r\nb"}},
		{"<table><tr><td> a <td> b <tr><td>c<td></table>", []string{"a <td> b", "c"}},
		{"a<!-- x -->b", []string{"a<!-- x -->b"}},
		{"日本語。<b>次</b>です。", []string{"日本語。", "次</b>です。"}},
	} {
		tree := htmlprune.Parse(c.source, htmlprune.Options{Format: htmlprune.HTML})
		checkTree(t, tree)
		var got []string
		for _, u := range tree.Units {
			got = append(got, c.source[u.Span.Start:u.Span.End])
		}
		if strings.Join(got, "¦") != strings.Join(c.want, "¦") {
			t.Errorf("spans of %q: %q, want %q", c.source, got, c.want)
		}
	}
}
