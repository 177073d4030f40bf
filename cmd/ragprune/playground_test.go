package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var screenshots = flag.String("screenshots", "", "folder to write the screenshots of the README to")

// The pictures of the README.
func TestPlaygroundScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("written with -screenshots FOLDER")
	}
	url, _ := startService(t)
	browser := startBrowser(t)
	for _, shot := range []struct {
		name          string
		width, height int64
		theme         string
		prepare       func(*tab)
	}{
		{"playground-light", 1280, 960, "light", nil},
		{"playground-dark", 1280, 960, "dark", func(p *tab) {
			p.click(".chips button:nth-child(2)")
			p.wait(confirmed + ` && document.querySelectorAll(".lane").length === 2`)
		}},
		{"playground-phone", 390, 844, "light", func(p *tab) {
			get[any](p, `document.getElementById("results").scrollIntoView()`)
		}},
	} {
		p := openTab(t, browser, url, shot.width, shot.height, theme(shot.theme))
		p.wait(confirmed)
		if shot.prepare != nil {
			shot.prepare(p)
		}
		png := p.shot()
		if err := os.WriteFile(filepath.Join(*screenshots, shot.name+".png"), png, 0o644); err != nil {
			t.Fatal(err)
		}
		if len(png) > 200_000 {
			t.Errorf("%s has %d bytes, more than a README should load", shot.name, len(png))
		}
	}
}
