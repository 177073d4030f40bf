package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ragprune/ragprune/bench/internal/shared"
	"github.com/ragprune/ragprune/bench/internal/webpage"
	"github.com/ragprune/ragprune/htmlprune"
)

// TestNoAnswerIsBoilerplate: what answers a question is in a unit that is not
// marked, on every page; and the marks are not empty.
func TestNoAnswerIsBoilerplate(t *testing.T) {
	folder, err := shared.Dir("data", "pages")
	if err != nil {
		t.Skip(err)
	}
	pages, err := webpage.Load("")
	if err != nil {
		t.Fatal(err)
	}
	marked, all := 0, 0
	for _, p := range pages {
		source, err := os.ReadFile(filepath.Join(folder, p.Name+".html"))
		if err != nil {
			t.Fatal(err)
		}
		var content strings.Builder
		for _, u := range htmlprune.Parse(string(source), htmlprune.Options{Format: htmlprune.HTML}).Units {
			words := len(strings.Fields(u.Text))
			if all += words; u.Boilerplate {
				marked += words
				continue
			}
			content.WriteString(u.Text + "\n")
		}
		for _, q := range p.Questions {
			if q.Answerable && !webpage.HoldsAnswer(content.String(), q.Answers) {
				t.Errorf("%s: the answer to %q is boilerplate", p.Name, q.Query)
			}
		}
	}
	t.Logf("%d of %d words are boilerplate", marked, all)
	if 10*marked < all || 2*marked > all {
		t.Errorf("%d of %d words are boilerplate; want a tenth to a half", marked, all)
	}
}
