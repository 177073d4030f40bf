package htmlprune_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/htmlprune"
)

// Attributes are in the output if they are wanted, and not otherwise; what
// changes how a text is read always is.
func TestAttributesOnRequest(t *testing.T) {
	const page = `<p lang="de" dir="ltr">Am <time datetime="2024-05-01" title="day">Tag der Arbeit</time> schließt die ` +
		`<abbr title="Bibliothek">Bib</abbr>. <img src="x.png" alt="Schild &quot;zu&quot;" onload="run()">` +
		`<a href="/zeiten?a=1" title="Alle Zeiten" onclick="run()">Zeiten</a></p>`
	for name, test := range map[string]struct {
		options              htmlprune.Options
		html, markdown, text string
	}{
		"none": {
			htmlprune.Options{},
			`<p lang="de" dir="ltr">Am <time>Tag der Arbeit</time> schließt die <abbr>Bib</abbr>. Zeiten</p>`,
			`Am Tag der Arbeit schließt die Bib. Zeiten`,
			`Am Tag der Arbeit schließt die Bib. Zeiten`,
		},
		"href": {
			htmlprune.Options{Links: true},
			`<p lang="de" dir="ltr">Am <time>Tag der Arbeit</time> schließt die <abbr>Bib</abbr>. <a href="/zeiten?a=1">Zeiten</a></p>`,
			`Am Tag der Arbeit schließt die Bib. [Zeiten](/zeiten?a=1)`,
			`Am Tag der Arbeit schließt die Bib. Zeiten`,
		},
		"alt": {
			htmlprune.Options{Alt: true},
			`<p lang="de" dir="ltr">Am <time>Tag der Arbeit</time> schließt die <abbr>Bib</abbr>. <img alt="Schild &quot;zu&quot;"> Zeiten</p>`,
			`Am Tag der Arbeit schließt die Bib. ![Schild "zu"]() Zeiten`,
			`Am Tag der Arbeit schließt die Bib. Schild "zu" Zeiten`,
		},
		"datetime": {
			htmlprune.Options{Times: true},
			`<p lang="de" dir="ltr">Am <time datetime="2024-05-01">Tag der Arbeit</time> schließt die <abbr>Bib</abbr>. Zeiten</p>`,
			`Am Tag der Arbeit (2024-05-01) schließt die Bib. Zeiten`,
			`Am Tag der Arbeit (2024-05-01) schließt die Bib. Zeiten`,
		},
		"title": {
			htmlprune.Options{Titles: true, Links: true},
			`<p lang="de" dir="ltr">Am <time title="day">Tag der Arbeit</time> schließt die <abbr title="Bibliothek">Bib</abbr>. <a href="/zeiten?a=1" title="Alle Zeiten">Zeiten</a></p>`,
			`Am Tag der Arbeit schließt die Bib (Bibliothek). [Zeiten](/zeiten?a=1 "Alle Zeiten")`,
			`Am Tag der Arbeit schließt die Bib (Bibliothek). Zeiten`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			test.options.Format = htmlprune.HTML
			tree := htmlprune.Parse(page+strings.Repeat(" ", 100), test.options)
			checkTree(t, tree)
			sel := all(tree)
			for f, want := range map[htmlprune.Format]string{htmlprune.HTML: test.html, htmlprune.Markdown: test.markdown, htmlprune.Text: test.text} {
				got, warnings := sel.Render(f)
				if diff := cmp.Diff(want, got); diff != "" || len(warnings) > 0 {
					t.Errorf("%s, %v (-want +got):\n%s", f, warnings, diff)
				}
			}
		})
	}
}

// The alternative text of an image is part of the unit around it, at its place
// in the source, and goes with it; that of a hidden one is not there.
func TestAltIsPartOfItsUnit(t *testing.T) {
	const page = `<p>First. See <img alt="A red door" src=d.png> here.</p><p><img alt="Alone"></p><div hidden><img alt="Hidden"></div><img alt="Also" aria-hidden=true>`
	tree := htmlprune.Parse(page, htmlprune.Options{Format: htmlprune.HTML, Alt: true})
	var got []string
	for _, u := range tree.Units {
		got = append(got, u.Text)
	}
	if diff := cmp.Diff([]string{"First.", "See A red door here.", "Alone"}, got); diff != "" {
		t.Errorf("units (-want +got):\n%s", diff)
	}
	sel := tree.NewSelection(false)
	sel.Add(0)
	if out, _ := sel.Render(htmlprune.HTML); out != "<p>First.</p>" {
		t.Errorf("output %q", out)
	}
	sel.Add(1)
	if out, _ := sel.Render(htmlprune.HTML); out != `<p>First. See <img alt="A red door"> here.</p>` {
		t.Errorf("output %q", out)
	}
	if u := tree.Units[2]; page[u.Span.Start:u.Span.End] != "Alone" {
		t.Errorf("the span is %q", page[u.Span.Start:u.Span.End])
	}
}
