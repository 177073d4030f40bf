package htmlprune_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ragprune/ragprune/htmlprune"
)

// dumpUnits writes what a tree says about its units, one block of lines a unit.
func dumpUnits(t *htmlprune.Tree) string {
	var b strings.Builder
	fmt.Fprintf(&b, "title %q\n", t.Title)
	for i, u := range t.Units {
		fmt.Fprintf(&b, "%d kind %d level %d %q\n  source %q\n", i, u.Kind, u.Block.Level, u.Text, t.Source[u.Span.Start:u.Span.End])
		if len(u.Requires)+len(u.Headings) > 0 {
			fmt.Fprintf(&b, "  requires %v headings %v\n", u.Requires, u.Headings)
		}
	}
	return b.String()
}

func TestParseTextGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/plaintext/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no fixtures", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			tree := htmlprune.Parse(string(source), htmlprune.Options{Format: htmlprune.Text})
			golden(t, "plaintext/"+strings.TrimSuffix(filepath.Base(file), ".txt")+".golden", dumpUnits(tree))
			checkTree(t, tree)
		})
	}
}

func TestParseTextTitle(t *testing.T) {
	tests := []struct{ name, source, want string }{
		{"short first line", "The Life of a Cat\n\nThe cat sleeps a lot. It eats.", "The Life of a Cat"},
		{"heading", "# Cats\ntext", "Cats"},
		{"sentence", "It rains.\n\nThe cat sleeps a lot. It eats.", ""},
		{"lead-in", "You need:\n\nThe cat sleeps a lot. It eats.", ""},
		{"before a list", "Some words\n\n- one\n- two", ""},
		{"before a shorter line", "Some words of a title\n\nNo.", ""},
		{"not of its own", "Some words\nThe cat sleeps a lot. It eats.", ""},
		{"only line", "Some words", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tree := htmlprune.Parse(tt.source, htmlprune.Options{Format: htmlprune.Text})
			if tree.Title != tt.want {
				t.Errorf("title %q, want %q", tree.Title, tt.want)
			}
		})
	}
}

func TestParseTextLimits(t *testing.T) {
	tests := []struct {
		name, source string
		limit, want  int
	}{
		{"sentences", strings.Repeat("A! ", 500_000), 2000, 1500},
		{"paragraphs", strings.Repeat("Words\n\n", 50_000), 2000, 1000},
		{"items", strings.Repeat("- x\n", 50_000), 2000, 999},
		{"wide marks", strings.Repeat("好。", 50_000), 2000, 1500},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := htmlprune.Options{Format: htmlprune.Text, Limits: htmlprune.Limits{Nodes: tt.limit}}
			tree := htmlprune.Parse(tt.source, o)
			if got := len(tree.Units); got > tt.limit/4*3 || got < tt.want {
				t.Errorf("%d units, limit %d", got, tt.limit)
			}
			if !tree.Truncated || len(tree.Warnings) != 1 || tree.Warnings[0].Code != "text_units" {
				t.Errorf("truncated %v, warnings %v", tree.Truncated, tree.Warnings)
			}
			checkTree(t, tree)
		})
	}
}

func TestParseTextHuge(t *testing.T) {
	for name, source := range map[string]string{
		"no spaces": strings.Repeat("x", 4<<20), "letters": strings.Repeat("A! ", 300_000),
		"nested lists": strings.Repeat(strings.Repeat(" ", 200)+"- x\n", 5000), "fences": strings.Repeat("```\n\n", 100_000),
		"quotes": strings.Repeat("> x\n", 100_000), "pipes": strings.Repeat("|", 100_000) + "\n|---|\n" + strings.Repeat("|\n", 1000),
		"hashes": strings.Repeat("# ", 100_000), "deeper": deeper(300),
	} {
		t.Run(name, func(t *testing.T) {
			checkTree(t, htmlprune.Parse(source, htmlprune.Options{Format: htmlprune.Text}))
		})
	}
}

// deeper is a list that nests n deep.
func deeper(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat("  ", i) + "- x\n")
	}
	return b.String()
}

func FuzzParseText(f *testing.F) {
	for _, dir := range []string{"plaintext", "render"} {
		files, _ := filepath.Glob("testdata/" + dir + "/*.txt")
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(source))
		}
	}
	f.Fuzz(func(t *testing.T, source string) {
		tree := htmlprune.Parse(source, htmlprune.Options{Format: htmlprune.Text})
		checkTree(t, tree)
		checkRender(t, tree, 1)
	})
}
