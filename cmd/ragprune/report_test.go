package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ragprune/ragprune/models/ort"
)

// writeTestReport has the program write a report about harmless and hostile
// documents, and returns its file.
func writeTestReport(t *testing.T) string {
	t.Helper()
	library, err := ort.Locate(os.Getenv("RAGPRUNE_ORT_LIBRARY"))
	if err != nil {
		t.Fatal(err)
	}
	bundles, err := filepath.Abs("../../models")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	args := []string{
		"prune", "-q", "Who was awarded the first patent for the </script><script>window.hacked = 1</script> telephone?",
		"--explain", "html", "--boilerplate=keep", "--ort-library=" + library, "--model=" + filepath.Join(bundles, bundleName),
	}
	documents := append([]string{"# Telephone\n\n" + telephone}, hostile...)
	for i, text := range documents {
		name := filepath.Join(dir, string(rune('a'+i))+" <img src=x onerror=window.hacked=1>.txt")
		if i%2 == 1 {
			name = strings.TrimSuffix(name, "txt") + "html"
		}
		if strings.ContainsRune(filepath.Base(name), filepath.Separator) {
			t.Fatal(name)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	file := filepath.Join(dir, "report.html")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// By this name the test binary is the program; see TestMain.
	program := exec.Cmd{Path: exe, Args: append([]string{"ragprune"}, append(args, "-o", file)...)}
	if out, err := program.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%v: %s", err, out)
	}
	return file
}

// A report works from a file, without a server, and no document in it runs
// anything.
func TestReport(t *testing.T) {
	browser := startBrowser(t)
	url := "file://" + writeTestReport(t)
	p := openTab(t, browser, url, 1280, 900, theme("light"))
	p.wait(confirmed)
	if kept := get[string](p, keptText); !strings.Contains(kept, "Alexander Graham Bell") || strings.Contains(kept, "Bananas") {
		t.Errorf("kept: %s", kept)
	}
	if q := p.text("#query"); !strings.Contains(q, "</script><script>") {
		t.Errorf("the query is %q", q)
	}
	before := get[string](p, keptUnits)
	p.set(".lane input[type=range]", "0.95")
	if after := get[string](p, keptUnits); after == before || !strings.Contains(p.text(".state"), "estimated") {
		t.Errorf("the slider changes nothing: %s", p.text(".state"))
	}
	p.click("#restore")
	if after := get[string](p, keptUnits); after != before || !strings.Contains(p.text(".state"), "as pruned") {
		t.Errorf("not as pruned again: %s", p.text(".state"))
	}
	for _, view := range []string{"last", "first"} {
		p.click(".segments button:" + view + "-child")
		get[any](p, `document.querySelectorAll(".unit").forEach((u) => u.click())`)
		expectHarmless(p)
	}
	p.run(phoneSize)
	if wide := get[int](p, `document.documentElement.scrollWidth`); wide > 360 {
		t.Errorf("%d pixels on a screen of 360", wide)
	}
	p.clean(url)
}
