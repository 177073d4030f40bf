package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/bench/internal/shared"
	"github.com/ragprune/ragprune/bench/internal/webpage"
)

func TestQuestionsFitTheirPages(t *testing.T) {
	folder, err := shared.Dir("data", "pages")
	if err != nil {
		t.Skip(err)
	}
	pages, err := webpage.Load("")
	if err != nil {
		t.Fatal(err)
	}
	if len(pages) != 25 {
		t.Errorf("%d pages, want 25", len(pages))
	}
	for _, p := range pages {
		source, err := os.ReadFile(filepath.Join(folder, p.Name+".html"))
		if err != nil {
			t.Fatal(err)
		}
		text, unanswerable := webpage.Text(string(source)), 0
		for _, q := range p.Questions {
			if !q.Answerable {
				unanswerable++
			}
			for _, a := range q.Answers {
				if !webpage.HoldsAnswer(text, []string{a}) {
					t.Errorf("%s: %q is not in the text", p.Name, a)
				}
			}
		}
		if len(p.Questions) != 4 || unanswerable != 1 {
			t.Errorf("%s has %d questions, %d without an answer; want 4 and 1", p.Name, len(p.Questions), unanswerable)
		}
	}
}

func TestInvented(t *testing.T) {
	page := webpage.Words("<the> soft\u00adhyphen and the cell cell")
	for _, c := range []struct {
		output string
		want   int
	}{
		{"", 0},
		{"softhyphen and cell", 0},
		{"and the | and", 1}, // the second "and" is not in the page
		{"cell the", 1},      // out of order
		{"the soft hyphen", 2},
	} {
		if got := webpage.Invented(webpage.Words(c.output), page); got != c.want {
			t.Errorf("%q: %d invented, want %d", c.output, got, c.want)
		}
	}
}

func TestPageText(t *testing.T) {
	got := webpage.Words(webpage.Text("<title>T</title><p>one<b>word</b><br>two<script>x</script><table><tr><td>a<td>b</table>"))
	want := []string{"T", "oneword", "two", "a", "b"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("words (-want +got):\n%s", diff)
	}
}

func TestNumberedText(t *testing.T) {
	got := webpage.Words(webpage.NumberedText(`<ol start="3"><li>three<ul><li>inner</ul><li>four</ol>`))
	if diff := cmp.Diff([]string{"3", "three", "inner", "4", "four"}, got); diff != "" {
		t.Errorf("words (-want +got):\n%s", diff)
	}
}

func TestWithBoilerplate(t *testing.T) {
	var got []string
	for _, s := range withBoilerplate([]setting{{name: "safe"}, {name: "safe/9", maxTokens: 9}}, "keep,drop") {
		got = append(got, s.name+" "+string(s.request(webpage.Question{}, "", "").Boilerplate))
	}
	want := []string{"safe keep keep", "safe/9 keep keep", "safe drop drop", "safe/9 drop drop"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestParseSettings(t *testing.T) {
	got, err := parseSettings("safe,0.25/1024")
	if err != nil {
		t.Fatal(err)
	}
	if got[0].preset != "safe" || got[0].threshold != nil || *got[1].threshold != 0.25 || got[1].maxTokens != 1024 {
		t.Errorf("settings %+v", got)
	}
	if _, err := parseSettings("safe/many"); err == nil {
		t.Error("no error for a budget that is no number")
	}
}
