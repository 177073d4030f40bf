package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/ragprune/ragprune/api/playground"
)

var (
	screenshots = flag.String("screenshots", "", "folder to write the screenshots of the README to")
	figures     = flag.String("figures", "", "file to write the figures of the playground to")
)

// The pictures of the README.
func TestPlaygroundScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("written with -screenshots FOLDER")
	}
	url, _ := servePlayground(t)
	browser := startBrowser(t)
	for _, shot := range []struct {
		name          string
		width, height int64
		theme         string
		prepare       func(*tab)
	}{
		{"playground-light", 1280, 920, "light", runAndWait}, // from the cache
		{"playground-dark", 1280, 920, "dark", func(p *tab) {
			p.click(".chips button:nth-child(2)")
			p.wait(confirmed + ` && document.querySelectorAll(".lane").length === 2`)
			get[any](p, `scrollTo(0, 0)`)
		}},
	} {
		p := openTab(t, browser, url, shot.width, shot.height, theme(shot.theme))
		p.wait(confirmed)
		shot.prepare(p)
		png := p.shot()
		if err := os.WriteFile(filepath.Join(*screenshots, shot.name+".png"), png, 0o644); err != nil {
			t.Fatal(err)
		}
		if len(png) > 200_000 {
			t.Errorf("%s has %d bytes, more than a README should load", shot.name, len(png))
		}
	}
}

// The figures of bench/results/playground.md. They are times of this machine,
// as it is busy with other things or not.
func TestPlaygroundFigures(t *testing.T) {
	if *figures == "" {
		t.Skip("written with -figures FILE")
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "# The playground in figures\n\nMade by\n\n```\ngo test ./cmd/ragprune -run TestPlaygroundFigures -args -figures \"$PWD/bench/results/playground.md\"\n```\n\n"+
		"on %s, %d cores (%s/%s, %s), with the default bundles, in headless Chromium on\nthe machine of the server, which was busy with other work. Absolute times are\nthose of that machine.\n\n",
		time.Now().UTC().Format("2006-01-02 15:04 UTC"), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	writeSizes(t, &out)
	browser := startBrowser(t)
	out.WriteString("\n## First result\n\nFrom the navigation to the built-in example, pruned and in the page; median of 5\n(worst). The page is loaded, `/info` and `/prune` are asked.\n\n| | page ready, ms | answer in the page, ms |\n|---|--:|--:|\n")
	for _, cache := range []struct{ name, flag string }{{"scores not cached", "--cache-bytes=0"}, {"scores cached", "--cache-bytes=16777216"}} {
		url, stop := servePlayground(t, cache.flag)
		openTab(t, browser, url, 1280, 900).wait(confirmed) // the first of a server warms both up
		var ready, answer []float64
		for range 5 {
			p := openTab(t, browser, url, 1280, 900)
			p.wait(confirmed)
			ready = append(ready, get[float64](p, `performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd`))
			answer = append(answer, get[float64](p, `performance.getEntriesByName("answered")[0].startTime`))
		}
		fmt.Fprintf(&out, "| %s | %s | %s |\n", cache.name, spread(ready), spread(answer))
		stop()
	}
	url, _ := servePlayground(t, "--cache-bytes=1073741824")
	writeSliders(openTab(t, browser, url, 1280, 900), &out)
	writeAccessibility(t, openTab(t, browser, url, 1280, 900), &out)
	if err := os.WriteFile(*figures, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// spread is median and worst.
func spread(values []float64) string {
	values = slices.Sorted(slices.Values(values))
	return fmt.Sprintf("%.0f (%.0f)", values[len(values)/2], values[len(values)-1])
}

func writeSizes(t *testing.T, out *bytes.Buffer) {
	page, err := playground.New()
	if err != nil {
		t.Fatal(err)
	}
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := w.Write(page.HTML); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(out, "## Size\n\nOne request, no other host: %d kB, %d kB with gzip.\n", len(page.HTML)/1000, zipped.Len()/1000)
}

// sliderTimes moves a slider over its range and returns for every step how
// long the page computed, and how long until it was laid out.
const sliderTimes = `(() => {
	const slider = document.querySelector(%q), script = [], layout = [];
	for (let i = 1; i <= 40; i++) {
		slider.value = slider.min * 1 + (slider.max - slider.min) * (i * 7 %% 41) / 41;
		const start = performance.now();
		slider.dispatchEvent(new Event("input"));
		const end = performance.now();
		document.body.getBoundingClientRect();
		script.push(end - start);
		layout.push(performance.now() - start);
	}
	return [script, layout];
})()`

func writeSliders(p *tab, out *bytes.Buffer) {
	p.wait(confirmed)
	askAboutLongDocuments(p, 100)
	fmt.Fprintf(out, "\n## Sliders\n\n100 documents of 5,000 words, %s sentences, scored by bm25; 40 moves over the whole range. Median (worst), ms.\n\n"+
		"| slider | scripting | with layout |\n|---|--:|--:|\n",
		get[string](p, `document.querySelector(".stats > :nth-child(3) small").textContent.replace("of ", "")`))
	for _, slider := range []struct{ name, selector string }{
		{"threshold, one scorer", ".lane input[type=range]"}, {"budget, one scorer", "#budget"},
	} {
		times := get[[][]float64](p, fmt.Sprintf(sliderTimes, slider.selector))
		fmt.Fprintf(out, "| %s | %s | %s |\n", slider.name, spread1(times[0]), spread1(times[1]))
		p.wait(confirmed)
	}
	var rest []float64
	for i := range 5 {
		get[any](p, `performance.clearMarks()`)
		start := get[float64](p, fmt.Sprintf(`(() => {
			const slider = document.querySelector(".lane input[type=range]"); slider.value = 0.%d; slider.dispatchEvent(new Event("input"));
			return performance.now();
		})()`, i+2))
		p.wait(`performance.getEntriesByName("answered").length > 0 && ` + confirmed)
		rest = append(rest, get[float64](p, `performance.getEntriesByName("answered")[0].startTime`)-start)
	}
	fmt.Fprintf(out, "\nThe confirmation by the server, from its cache, is there %s ms after the last\nmove, of which the slider rests 250 ms before it is asked; it brings every\nsentence with its score.\n", spread(rest))
}

func writeAccessibility(t *testing.T, p *tab, out *bytes.Buffer) {
	axe := readAxe(t)
	p.wait(confirmed)
	get[bool](p, axe+"; true")
	fmt.Fprintf(out, "\n## Accessibility\n\naxe-core %s, all of its rules. More states are in TestPlaygroundAccessibility, which\nallows no violation and no place where axe-core cannot tell.\n\n| theme | rules passed | violations | cannot tell |\n|---|--:|--:|--:|\n",
		get[string](p, "axe.version"))
	get[any](p, unfold)
	for _, name := range []string{"light", "dark"} {
		p.run(theme(name))
		var r axeResult
		r.check(p)
		fmt.Fprintf(out, "| %s | %d | %d | %d |\n", name, r.Passes, len(r.Violations), len(r.Incomplete))
	}
}

func spread1(values []float64) string {
	values = slices.Sorted(slices.Values(values))
	return fmt.Sprintf("%.1f (%.1f)", values[len(values)/2], values[len(values)-1])
}
