package main

import (
	"os"
	"slices"
	"testing"
)

// axeFile is where `make axe` puts axe-core.
const axeFile = "../../.cache/axe-core-4.14.1/axe.min.js"

// unfold shows documents whole: what is scrolled out of view inside one cannot
// be looked at.
const unfold = `document.querySelectorAll(".text").forEach((e) => e.classList.remove("short"))`

func readAxe(t *testing.T) string {
	t.Helper()
	axe, err := os.ReadFile(axeFile)
	need(t, err == nil, "the accessibility test needs axe-core; `make axe` fetches it")
	return string(axe)
}

// No rule of axe-core is violated or left open, in either theme and in every state.
func TestPlaygroundAccessibility(t *testing.T) {
	axe := readAxe(t)
	url, _ := servePlayground(t)
	browser := startBrowser(t)
	type state struct {
		name    string
		prepare func(*tab)
	}
	start := state{"start", func(p *tab) { get[any](p, unfold) }}
	for _, page := range []struct {
		name, url     string
		width, height int64
		states        []state // one after the other
	}{
		{"phone", url, 360, 740, []state{start}},
		{"report", "file://" + writeTestReport(t), 1280, 900, []state{start}},
		{"playground", url, 1280, 900, []state{
			start,
			{"compare", func(p *tab) {
				p.click(".chips button:nth-child(2)")
				p.wait(`document.querySelectorAll(".lane").length === 2 && ` + confirmed)
				get[any](p, `document.querySelector(".unit").click(); `+unfold)
			}},
			{"output", func(p *tab) { p.click(".segments button:last-child") }},
			{"fault", func(p *tab) {
				p.fill("#query", "")
				p.click("#go")
				p.wait(`!document.getElementById("fault").hidden`)
				p.click("#documents .name")
			}},
		}},
	} {
		t.Run(page.name, func(t *testing.T) {
			t.Parallel()
			p := openTab(t, browser, page.url, page.width, page.height, theme("light"))
			p.wait(confirmed)
			get[bool](p, axe+"; true")
			for _, state := range page.states {
				state.prepare(p)
				for _, colors := range []string{"light", "dark"} {
					p.run(theme(colors))
					expectAccessible(p, state.name+", "+colors)
				}
			}
		})
	}
}

// axeResult is what axe-core found.
type axeResult struct {
	Passes     int
	Violations []string
	// Incomplete are the places where it cannot tell.
	Incomplete []string
}

// check runs axe-core, which must be in the page.
func (r *axeResult) check(p *tab) {
	p.t.Helper()
	*r = get[axeResult](p, `axe.run(document).then((r) => {
		const list = (rules) => rules.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.failureSummary + " " + n.html));
		return {Passes: r.passes.length, Violations: list(r.violations), Incomplete: list(r.incomplete)};
	})`)
}

func expectAccessible(p *tab, state string) {
	p.t.Helper()
	var r axeResult
	r.check(p)
	if r.Passes < 10 {
		p.t.Errorf("%s: only %d rules applied", state, r.Passes)
	}
	for _, v := range slices.Concat(r.Violations, r.Incomplete) {
		p.t.Errorf("%s: %s", state, v)
	}
}
