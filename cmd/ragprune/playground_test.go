package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The page before a real server with the default bundles, in a real browser.
func TestPlayground(t *testing.T) {
	url, _ := servePlayground(t)
	browser := startBrowser(t)
	for name, test := range map[string]func(*tab){
		"an example is pruned at once":  pageStarts,
		"type and run":                  typeAndRun,
		"slide":                         slide,
		"slides as the server decides":  slideAgrees,
		"budget":                        budget,
		"compare scorers":               compareScorers,
		"options":                       options,
		"files, drops and pastes":       filesDropsPastes,
		"invalid request":               invalidRequest,
		"output":                        output,
		"code":                          code,
		"copy":                          copied,
		"by keyboard alone":             byKeyboard,
		"themes":                        themes,
		"hostile documents":             hostileDocuments,
		"a phone":                       phone,
		"a hundred documents":           hundredDocuments,
		"edited documents are not lost": edited,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := openTab(t, browser, url, 1280, 900, theme("light"))
			p.wait(confirmed)
			test(p)
			p.clean(url)
		})
	}
}

func pageStarts(p *tab) {
	if kept := get[string](p, keptText); !strings.Contains(kept, "Saturday and Sunday | 9:30 | 20:00") || strings.Contains(kept, "Newsletter") {
		p.t.Errorf("kept: %s", kept)
	}
	if text := p.text("#answer"); strings.Contains(text, "Ignore all earlier") {
		p.t.Error("what a reader of the document cannot see is shown as part of it")
	}
	if said := p.text("#status"); !strings.Contains(said, "tokens kept") {
		p.t.Errorf("a screen reader hears %q", said)
	}
}

// replaceDocuments puts these texts into the form, by hand.
func replaceDocuments(p *tab, query string, texts ...string) {
	p.t.Helper()
	p.fill("#query", query)
	p.click("#clear")
	for i, text := range texts {
		p.click("#add")
		p.run(insertText(text))
		if n := get[int](p, `document.querySelectorAll("#documents li").length`); n != i+1 {
			p.t.Fatalf("%d documents, want %d", n, i+1)
		}
	}
}

// runAndWait presses the button and waits for the answer to what is in the form.
func runAndWait(p *tab) {
	p.t.Helper()
	before := p.asked("POST /prune")
	p.click("#go")
	p.wait(`document.getElementById("fault").hidden && document.querySelector(".tools .badge").hidden && ` + confirmed)
	if p.asked("POST /prune") == before {
		p.t.Fatal("nothing was asked")
	}
}

const telephone = "Bananas are rich in potassium and easy to peel. Alexander Graham Bell was awarded the first patent for the telephone in 1876. Rain is expected in the north tomorrow, and the buses run late."

func typeAndRun(p *tab) {
	replaceDocuments(p, "Who was awarded the first patent for the telephone?", telephone,
		"<h1>Weather</h1><p>Rain is expected in the north tomorrow.</p>")
	if p.text(".tools .badge") != "changed since the answer" {
		p.t.Error("nothing says that the answer is about other documents")
	}
	if kind := get[string](p, `document.querySelector("#documents li:nth-child(2) select").value`); kind != "html" {
		p.t.Errorf("a page is taken for %s", kind)
	}
	p.run(keyWithControl(kb.Enter))
	p.wait(`document.querySelector(".tools .badge").hidden && ` + confirmed)
	kept := get[string](p, keptText)
	if !strings.Contains(kept, "Alexander Graham Bell") || strings.Contains(kept, "Bananas") {
		p.t.Errorf("kept: %s", kept)
	}
	if n := get[int](p, `document.querySelectorAll(".document").length`); n != 2 {
		p.t.Errorf("%d documents in the answer", n)
	}
}

// moved is what a page shows at once after a slider was moved.
type moved struct {
	Kept, State, Threshold string
	Tokens                 int
	// Asked is how often the server was asked meanwhile.
	Asked int
}

// move moves a slider, and looks before anything else can happen in the page.
func move(p *tab, slider, place string) moved {
	p.t.Helper()
	return get[moved](p, `(() => {
		const slider = document.querySelector(`+strconv.Quote(slider)+`), ask = window.fetch;
		let asked = 0;
		window.fetch = (...args) => { asked++; return ask(...args); };
		slider.value = `+place+`;
		slider.dispatchEvent(new Event("input"));
		window.fetch = ask;
		return {
			Kept: `+keptUnits+`, State: document.querySelector(".state").textContent,
			Threshold: document.querySelector(".lane output").textContent,
			Tokens: Number(document.querySelector(".stats > :nth-child(2) b").textContent.replaceAll(",", "")), Asked: asked,
		};
	})()`)
}

// Moving a threshold changes the page before the server is asked, and the
// server then answers from its cache.
func slide(p *tab) {
	before, asked := get[string](p, keptUnits), p.asked("POST /prune")
	after := move(p, ".lane input[type=range]", "0.8")
	if after.Kept == before || !strings.Contains(after.State, "estimated") || after.Threshold != "0.64" {
		p.t.Errorf("right after the slider moved: %+v", after)
	}
	if after.Asked > 0 {
		p.t.Error("the server was asked before the slider had come to rest")
	}
	p.wait(confirmed)
	if p.asked("POST /prune") == asked {
		p.t.Error("the server was not asked to confirm")
	}
	stats := p.text(".stats")
	if !strings.Contains(stats, "all cached") {
		p.t.Errorf("the confirmation was not from the cache: %s", stats)
	}
	if read := get[string](p, `document.querySelector(".stats > :last-child").title`); !strings.Contains(read, "; 0 tokens read by models") {
		p.t.Errorf("models ran for it: %s", read)
	}
	p.click(`.presets button:nth-child(1)`)
	p.wait(confirmed)
	if pressed := p.text(`.presets [aria-pressed="true"]`); !strings.HasPrefix(pressed, "safe") {
		p.t.Errorf("preset %q is on", pressed)
	}
}

// What the page decides is what the server decides: to the unit where nothing
// but scores, headings and titles matter, as in text.
func slideAgrees(p *tab) {
	p.set("#example", "2")
	p.wait(`document.querySelector(".document h3").textContent === "Access keys" && ` + confirmed)
	for _, place := range []string{"0", "0.05", "0.11", "0.17", "0.25", "0.4", "0.6", "0.9", "1"} {
		estimate := move(p, ".lane input[type=range]", place).Kept
		p.wait(confirmed)
		if truth := get[string](p, keptUnits); truth != estimate {
			p.t.Errorf("at %s the page kept\n%s, the server\n%s", place, estimate, truth)
		}
	}
}

func budget(p *tab) {
	p.set("#budget-number", "120")
	p.wait(confirmed)
	if n := tokens(p); n > 120 || n < 60 {
		p.t.Errorf("%d tokens in a budget of 120", n)
	}
	estimate := move(p, "#budget", "25")
	limit := get[int](p, `document.getElementById("budget-number").valueAsNumber`)
	if estimate.Tokens > limit || estimate.Asked > 0 {
		p.t.Errorf("%+v for a budget of %d", estimate, limit)
	}
	p.wait(confirmed)
	if n := tokens(p); n > limit {
		p.t.Errorf("%d tokens in a budget of %d", n, limit)
	}
	if code := p.text("#snippet"); !strings.Contains(code, `"max_tokens": `+strconv.Itoa(limit)) {
		p.t.Errorf("the code does not have the budget: %s", code)
	}
	p.set("#budget", "100")
	p.wait(confirmed)
	if n := tokens(p); n <= 120 {
		p.t.Errorf("%d tokens without a budget", n)
	}
}

// tokens is what the first lane says that is kept.
func tokens(p *tab) int {
	p.t.Helper()
	return get[int](p, `Number(document.querySelector(".stats > :nth-child(2) b").textContent.replaceAll(",", ""))`)
}

func compareScorers(p *tab) {
	names := get[[]string](p, `[...document.querySelectorAll(".chips button")].map((b) => b.textContent)`)
	if want := "label bm25 embed hybrid fused"; strings.Join(names, " ") != want {
		p.t.Fatalf("scorers %v, want %s", names, want)
	}
	for i := range names[1:] {
		p.click(fmt.Sprintf(".chips button:nth-child(%d)", i+2))
		p.wait(fmt.Sprintf(`document.querySelectorAll(".lane").length === %d && %s`, i+2, confirmed))
	}
	if n := get[int](p, `document.querySelectorAll(".document:first-child .body").length`); n != len(names) {
		p.t.Errorf("%d bodies beside each other, want %d", n, len(names))
	}
	if said := p.text(".bar .hint"); !strings.Contains(said, "differ on") {
		p.t.Errorf("about the difference: %q", said)
	}
	if get[int](p, `document.querySelectorAll(".unit.differs").length`) == 0 {
		p.t.Error("no difference is marked")
	}
	// One slider is for one scorer.
	others := get[string](p, `[...document.querySelectorAll(".lane output")].slice(1).map((o) => o.textContent).join()`)
	p.click(".lane .presets button:last-child")
	p.wait(confirmed)
	if now := get[string](p, `[...document.querySelectorAll(".lane output")].slice(1).map((o) => o.textContent).join()`); now != others {
		p.t.Errorf("thresholds of others went from %s to %s", others, now)
	}
	for i := range names[1:] {
		p.click(fmt.Sprintf(".chips button:nth-child(%d)", i+1))
	}
	p.wait(`document.querySelectorAll(".lane").length === 1 && ` + confirmed)
	if left := p.text(".lane h3"); left != "fused" {
		p.t.Errorf("%s is left", left)
	}
	p.click(".chips button:last-child")
	if p.text(".lane h3") != "fused" {
		p.t.Error("the last scorer went away")
	}
}

func options(p *tab) {
	p.set("#boilerplate", "drop")
	p.wait(`document.querySelector(".notes")?.innerText.includes("neither scored nor returned") && ` + confirmed)
	p.set("#boilerplate", "keep")
	p.wait(`document.querySelector(".notes").hidden && ` + confirmed)
	asked := p.asked("POST /prune")
	p.set("#granularity", "50")
	p.wait(confirmed)
	p.set("#format", "markdown")
	p.wait(confirmed)
	if p.asked("POST /prune") < asked+2 {
		p.t.Error("the options were not asked for")
	}
	p.click(".segments button:last-child")
	if out := p.text(".text pre"); !strings.Contains(out, "# Plan your visit") {
		p.t.Errorf("as Markdown: %s", out)
	}
}

func output(p *tab) {
	p.click(".segments button:last-child")
	out := p.text(".document .text")
	if !strings.Contains(out, "<table>") || strings.Contains(out, "cookies") {
		p.t.Errorf("the output is %s", out)
	}
	p.click(".segments button:first-child")
	p.wait(`document.querySelectorAll(".unit.kept").length > 0`)
}

func filesDropsPastes(p *tab) {
	dir := p.t.TempDir()
	files := []string{filepath.Join(dir, "a.md"), filepath.Join(dir, "b.html"), filepath.Join(dir, "c.data")}
	for i, text := range []string{"# Notes\n\n" + telephone, "<p>Bananas are yellow.</p>", "<html><p>Sniffed.</p></html>"} {
		if err := os.WriteFile(files[i], []byte(text), 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
	p.click("#clear")
	p.upload(files...)
	p.wait(`document.querySelectorAll("#documents li").length === 3`)
	get[bool](p, `(() => {
		const data = new DataTransfer();
		data.items.add(new File(["Dropped text."], "d.txt", {type: "text/plain"}));
		return document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
	})()`)
	p.wait(`document.querySelectorAll("#documents li").length === 4`)
	get[bool](p, `(() => {
		const data = new DataTransfer();
		data.setData("text/html", "<p>Pasted <b>page</b>.</p>");
		data.setData("text/plain", "Pasted page.");
		return document.body.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
	})()`)
	p.wait(`document.querySelectorAll("#documents li").length === 5`)
	kinds := get[[]string](p, `[...document.querySelectorAll("#documents select")].map((s) => s.value)`)
	if want := "text html html text html"; strings.Join(kinds, " ") != want {
		p.t.Errorf("kinds %v, want %s", kinds, want)
	}
	p.fill("#query", "Who was awarded the first patent for the telephone?")
	runAndWait(p)
	if kept := get[string](p, keptText); !strings.Contains(kept, "Alexander Graham Bell") {
		p.t.Errorf("kept: %s", kept)
	}
	p.click("#documents li:first-child button[aria-label]")
	p.wait(`document.querySelectorAll("#documents li").length === 4`)
	if focused := get[string](p, `document.activeElement.className`); focused != "name" {
		p.t.Errorf("after a document was removed the focus is on %q", focused)
	}
}

func invalidRequest(p *tab) {
	p.fill("#query", "")
	p.click("#go")
	p.wait(`!document.getElementById("fault").hidden`)
	if fault := p.text("#fault"); !strings.Contains(fault, "(422)") || !strings.Contains(fault, "/query") {
		p.t.Errorf("an empty query: %s", fault)
	}
	p.fill("#query", "x")
	p.click("#clear")
	p.click("#go")
	p.wait(`document.getElementById("fault").innerText.includes("/documents")`)
	p.click("#add")
	p.run(insertText("Some text."))
	runAndWait(p)
}

// The code that the page offers is accepted by what it is for.
func code(p *tab) {
	for i, language := range []string{"curl", "Python", "TypeScript"} {
		p.click(fmt.Sprintf("#tabs button:nth-child(%d)", i+1))
		if on := p.text(`#tabs [aria-selected="true"]`); on != language {
			p.t.Errorf("%s is on, want %s", on, language)
		}
		code := get[string](p, `document.getElementById("snippet").textContent`)
		switch language {
		case "curl":
			check(p.t, code, "bash", "-n")
			body := code[strings.Index(code, "-d '")+4 : strings.LastIndex(code, "'")]
			url := strings.Fields(code[strings.Index(code, "http"):])[0]
			answer, err := http.Post(url, "application/json", strings.NewReader(strings.ReplaceAll(body, `'\''`, "'")))
			if err != nil {
				p.t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				p.t.Errorf("the request of the curl line is answered %s", answer.Status)
			}
		case "Python":
			check(p.t, code, "python3", "-c", "import ast, sys; ast.parse(sys.stdin.read())")
		case "TypeScript":
			if n := get[int](p, "(async () => {"+code+"; return results.length; })()"); n != 3 {
				p.t.Errorf("the TypeScript gives %d results", n)
			}
		}
	}
}

// The button for copying works, or selects the code where a browser forbids it.
func copied(p *tab) {
	p.click("#copy")
	p.wait(`["Copied.", "Selected."].includes(document.getElementById("status").textContent)`)
	if p.text("#status") == "Selected." && get[string](p, `getSelection().toString().trim()`) != get[string](p, `document.getElementById("snippet").innerText.trim()`) {
		p.t.Error("something else is selected")
	}
	p.wait(`document.getElementById("copy").textContent === "Copy"`)
}

// check gives code to a program, which must not complain.
func check(t *testing.T, code, program string, args ...string) {
	t.Helper()
	c := exec.Command(program, args...)
	c.Stdin = strings.NewReader(code)
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s\n%s", program, err, out, code)
	}
}

// Everything is reached and used without a mouse, and where the focus is can
// be seen.
func byKeyboard(p *tab) {
	reached := make(map[string]bool)
	tabTo := func(selector string) {
		p.t.Helper()
		for range 80 {
			p.keys(kb.Tab)
			stop := get[[]string](p, `(() => {
				const e = document.activeElement, s = getComputedStyle(e);
				const name = e.getAttribute("aria-label") || e.labels?.[0]?.textContent || e.textContent;
				return [e.tagName + "#" + e.id, s.outlineStyle, String(name.trim() !== ""), String(e.matches(`+strconv.Quote(selector)+`))];
			})()`)
			reached[stop[0]] = true
			if stop[1] == "none" || stop[2] != "true" {
				p.t.Errorf("%s has outline %s, a name: %s", stop[0], stop[1], stop[2])
			}
			if stop[3] == "true" {
				return
			}
		}
		p.t.Fatalf("%s is not reached by Tab", selector)
	}
	tabTo(".skip")
	tabTo("#query")
	p.run(keyWithControl("a"))
	p.run(insertText("How do I get to the museum?"))
	p.run(keyWithControl(kb.Enter))
	p.wait(`document.querySelector(".tools .badge").hidden && ` + confirmed)
	tabTo(".chips button:nth-child(2)")
	p.keys(" ")
	p.wait(`document.querySelectorAll(".lane").length === 2 && ` + confirmed)
	if !get[bool](p, `document.activeElement.matches(".chips button:nth-child(2)")`) {
		p.t.Error("choosing a scorer lost the focus")
	}
	tabTo(".lane input[type=range]")
	before := p.text(".lane output")
	p.keys(kb.ArrowRight, kb.ArrowRight)
	if now := p.text(".lane output"); now == before {
		p.t.Errorf("the arrow keys leave the threshold at %s", now)
	}
	p.wait(confirmed)
	if !get[bool](p, `document.activeElement.matches(".lane input[type=range]")`) {
		p.t.Error("the confirmation took the focus away from the slider")
	}
	tabTo(".document .text")
	p.keys(kb.ArrowDown, kb.ArrowDown, kb.End, kb.Home, kb.ArrowDown)
	if detail := p.text(".document .detail"); !strings.Contains(detail, "Dropped") && !strings.Contains(detail, "Kept") {
		p.t.Errorf("about the sentence: %q", detail)
	}
	if said := p.text("#status"); !strings.Contains(said, "Score 0.") {
		p.t.Errorf("a screen reader hears %q", said)
	}
	p.keys(kb.Escape)
	if !get[bool](p, `document.querySelector(".document .detail").hidden`) {
		p.t.Error("Escape does not close the details")
	}
	tabTo("#tabs [role=tab]")
	p.keys(kb.ArrowRight)
	if on := p.text(`#tabs [aria-selected="true"]`); on != "Python" {
		p.t.Errorf("the arrow key shows %s", on)
	}
	if len(reached) < 8 {
		p.t.Errorf("only these were reached: %v", reached)
	}
}

func themes(p *tab) {
	const background = `getComputedStyle(document.body).backgroundColor`
	light := get[string](p, background)
	p.run(theme("dark"))
	dark := get[string](p, background)
	if light == dark {
		p.t.Errorf("light and dark are %s", light)
	}
	for _, want := range []string{light, dark, dark} { // light, dark, and again as the system says
		p.click("#theme")
		if got := get[string](p, background); got != want {
			p.t.Errorf("%s gives %s, want %s", p.text("#theme"), got, want)
		}
	}
	p.click("#theme")
	p.run(chromedp.Reload())
	p.wait(confirmed)
	if got := get[string](p, background); got != light {
		p.t.Errorf("the chosen theme is forgotten: %s", got)
	}
}

// Nothing is wider than the narrowest phone.
func phone(p *tab) {
	for _, width := range []int64{360, 390, 768} {
		p.run(chromedp.EmulateViewport(width, 740))
		for _, state := range []string{"one", "compare"} {
			if state == "compare" && get[int](p, `document.querySelectorAll(".lane").length`) == 1 {
				p.click(".chips button:nth-child(2)")
				p.wait(`document.querySelectorAll(".lane").length === 2 && ` + confirmed)
			}
			if wide := get[int](p, `document.documentElement.scrollWidth`); int64(wide) > width {
				p.t.Errorf("%s: %d pixels on a screen of %d", state, wide, width)
			}
		}
	}
	small := get[[]string](p, `[...document.querySelectorAll("button, select, input")].filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 24).map((e) => e.outerHTML)`)
	if len(small) > 0 {
		p.t.Errorf("too small for a finger: %v", small)
	}
}
