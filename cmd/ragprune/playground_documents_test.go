package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Text that is edited after the answer stays in the form and is in the next one.
func edited(p *tab) {
	p.click("#documents li:nth-child(2) .name")
	p.run(keyWithControl("a"))
	p.run(insertText("On Sunday the museum opens at noon."))
	p.click("#documents li:nth-child(2) .name") // closes it
	runAndWait(p)
	if kept := get[string](p, keptText); !strings.Contains(kept, "opens at noon") {
		p.t.Errorf("kept: %s", kept)
	}
}

// longDocuments writes documents of about 5,000 words and returns their files.
func longDocuments(t *testing.T, n int) []string {
	dir := t.TempDir()
	files := make([]string, n)
	for i := range files {
		var b bytes.Buffer
		fmt.Fprintf(&b, "# Station %d\n\n", i)
		for s := range 400 {
			fmt.Fprintf(&b, "Entry %d of station %d says that the %s was %s by %d degrees on day %d. ", s, i,
				[]string{"river", "harbour", "museum", "north wall", "railway"}[(s*7+i)%5], []string{"warmer", "colder", "wetter"}[(s+i)%3], (s*13+i)%40, s)
			if s%8 == 7 {
				b.WriteString("\n\n")
			}
		}
		files[i] = filepath.Join(dir, fmt.Sprintf("station-%03d.md", i))
		if err := os.WriteFile(files[i], b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// askAboutLongDocuments prunes n long documents by BM25.
func askAboutLongDocuments(p *tab, n int) {
	p.t.Helper()
	p.click(".chips button:nth-child(2)")
	p.wait(`document.querySelectorAll(".lane").length === 2 && ` + confirmed)
	p.click(".chips button:nth-child(1)")
	p.fill("#query", "How warm was the harbour on day 77?")
	p.click("#clear")
	p.upload(longDocuments(p.t, n)...)
	p.wait(fmt.Sprintf(`document.querySelectorAll("#documents li").length === %d`, n))
	runAndWait(p)
	p.wait(fmt.Sprintf(`document.querySelectorAll(".document").length === %d`, n))
}

// Only what is in view is in the page, and the slider still concerns all.
func hundredDocuments(p *tab) {
	askAboutLongDocuments(p, 100)
	if n := get[int](p, `document.querySelectorAll(".unit").length`); n == 0 || n > 10*402 {
		p.t.Errorf("%d sentences are in the page", n)
	}
	all := p.text(".stats > :nth-child(3)")
	if !strings.Contains(all, "of 40,") {
		p.t.Errorf("the lane is about %q", all)
	}
	before := tokens(p)
	p.set(".lane input[type=range]", "0.75")
	if now := tokens(p); now >= before {
		p.t.Errorf("a higher threshold keeps %d tokens, before %d", now, before)
	}
	p.wait(confirmed)
	get[any](p, `document.querySelector(".document:last-child").scrollIntoView()`)
	p.wait(`document.querySelectorAll(".document:last-child .unit").length > 0`)
	if n := get[int](p, `document.querySelectorAll(".document:last-child .unit").length`); n > 400 {
		p.t.Errorf("a long document begins with %d sentences", n)
	}
	p.click(".document:last-child .more")
	p.wait(`document.querySelectorAll(".document:last-child .unit").length > 400`)
}

// hostile are documents that would run something if any part of them became
// markup or an address.
var hostile = []string{
	`<script>window.hacked = 1; alert(1)</script>`,
	`<p>An image <img src=x onerror="window.hacked = 1; alert(2)"> follows here.</p>`,
	`<svg onload="window.hacked = 1"><text>drawn</text></svg><p>After the drawing.</p>`,
	`<p><a href="javascript:window.hacked=1">A link that is clicked</a> and text.</p>`,
	`<template><img src=x onerror="window.hacked = 1"></template><p>Beside a template.</p>`,
	`<iframe srcdoc="<script>parent.hacked = 1</script>"></iframe><p>Beside a frame.</p>`,
	`<form><math><mtext></form><form><mglyph><style></math><img src=x onerror="window.hacked=1"></style></mglyph></form><p>mutation</p>`,
	`<noscript><p title="</noscript><img src=x onerror=window.hacked=1>">quoted</p></noscript><p>Beside it.</p>`,
	`<title></title><img src=x onerror=window.hacked=1></title><p>The title is markup.</p>`,
	`<p title="&quot;&gt;&lt;img src=x onerror=window.hacked=1&gt;">&lt;img src=x onerror="window.hacked=1"&gt; written out</p>`,
	`<p style="background:url(http://192.0.2.1/a)">styled</p><link rel=stylesheet href="http://192.0.2.1/b"><img src="http://192.0.2.1/c">`,
	`<p id="query">clobbers</p><p id="answer" class="unit kept">names</p><form name="documents"></form>`,
	`plain </textarea><script>window.hacked = 1</script> text ${window.hacked = 1} {{constructor.constructor('window.hacked=1')()}}`,
	"Right to left \u202e and \u0000 control \u001b]8;;http://192.0.2.1/\u0007 characters.",
	`"><img src=x onerror=window.hacked=1>`,
}

// No document runs anything, whether typed, named or shown, as code or as
// output; and the page asks nobody else for anything.
func hostileDocuments(p *tab) {
	replaceDocuments(p, `"><script>window.hacked = 1</script><img src=x onerror=window.hacked=1>`, hostile...)
	name := filepath.Join(p.t.TempDir(), "<img src=x onerror=window.hacked=1>.html")
	if err := os.WriteFile(name, []byte("<title><img src=x onerror=window.hacked=1></title><p>Named."), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.upload(name)
	p.wait(fmt.Sprintf(`document.querySelectorAll("#documents li").length === %d`, len(hostile)+1))
	for _, kind := range []string{"html", "text"} {
		get[any](p, `document.querySelectorAll("#documents select").forEach((s) => { s.value = "`+kind+`"; s.dispatchEvent(new Event("change")); })`)
		runAndWait(p)
		for _, view := range []string{"last", "first"} {
			p.click(".segments button:" + view + "-child")
			for i := range len(hostile) + 1 {
				get[any](p, fmt.Sprintf(`document.querySelectorAll(".document")[%d]?.scrollIntoView()`, i))
			}
			get[any](p, `document.querySelectorAll(".unit").forEach((u) => u.click())`)
			expectHarmless(p)
		}
		for i := range 3 {
			p.click(fmt.Sprintf("#tabs button:nth-child(%d)", i+1))
		}
		expectHarmless(p)
	}
}

func expectHarmless(p *tab) {
	p.t.Helper()
	if get[bool](p, `"hacked" in window`) {
		p.t.Fatal("a document ran a script")
	}
	made := get[[]string](p, `[...document.querySelectorAll(
		"#answer :is(script, img, iframe, a, form, link, style, template, math, object, embed), #documents :is(img, script, a, iframe), #code :is(img, script, a)")].map((e) => e.outerHTML)`)
	if len(made) > 0 {
		p.t.Fatalf("a document made %v", made)
	}
	if handlers := get[int](p, `[...document.querySelectorAll("*")].filter((e) => [...e.attributes].some((a) => a.name.startsWith("on") || /^\s*javascript:/i.test(a.value))).length`); handlers > 0 {
		p.t.Fatalf("%d elements have handlers or script addresses", handlers)
	}
}
