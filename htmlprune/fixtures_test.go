package htmlprune_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/htmlprune"
)

// fixture is one case of a fixture file: "=== name", the input, "---", the
// expectation.
type fixture struct {
	name, input, want string
}

// readFixtures reads a fixture file.
func readFixtures(t testing.TB, file string) []fixture {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []fixture
	for i, part := range strings.Split("\n"+string(data), "\n=== ") {
		if i == 0 {
			continue
		}
		name, body, _ := strings.Cut(part, "\n")
		input, want, _ := strings.Cut(body+"\n", "\n---\n")
		out = append(out, fixture{name, input, strings.TrimRight(want, "\n")})
	}
	return out
}

// writeFixtures writes a fixture file.
func writeFixtures(t testing.TB, file string, all []fixture) {
	t.Helper()
	var s strings.Builder
	for _, f := range all {
		fmt.Fprintf(&s, "=== %s\n%s\n---\n%s\n", f.name, f.input, f.want)
	}
	if err := os.WriteFile(file, []byte(s.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestHTMLFixtures compares the trees of small documents with fixture files.
// The name of a case may name options: +alt, +links, pin=<selector>; and +deep
// appends elements so deep that the simpler rules take over.
func TestHTMLFixtures(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "html", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, file := range files {
		all := readFixtures(t, file)
		for i, f := range all {
			t.Run(filepath.Base(file)+"/"+f.name, func(t *testing.T) {
				source := f.input
				if strings.Contains(f.name, "+deep") {
					source += strings.Repeat("<div>", 600)
				}
				tree := htmlprune.Parse(source, fixtureOptions(t, f.name))
				checkTree(t, tree)
				got := dump(tree)
				if *update {
					all[i].want = got
					return
				}
				if diff := cmp.Diff(strings.Split(f.want, "\n"), strings.Split(got, "\n")); diff != "" {
					t.Errorf("tree (-want +got):\n%s", diff)
				}
			})
		}
		if *update {
			writeFixtures(t, file, all)
		}
	}
}

// fixtureOptions reads the options that the name of a case names.
func fixtureOptions(t testing.TB, name string) htmlprune.Options {
	t.Helper()
	// A slow machine must read the same, so time is no limit.
	o := htmlprune.Options{Format: htmlprune.HTML, Limits: htmlprune.Limits{Time: time.Hour}}
	for word := range strings.FieldsSeq(name) {
		switch {
		case word == "+alt":
			o.Alt = true
		case word == "+links":
			o.Links = true
		case strings.HasPrefix(word, "pin="):
			s, err := htmlprune.ParseSelector(strings.TrimPrefix(word, "pin="))
			if err != nil {
				t.Fatal(err)
			}
			o.Pin = append(o.Pin, s)
		}
	}
	return o
}

var kindNames = map[htmlprune.Kind]string{
	htmlprune.Document: "document", htmlprune.Container: "container", htmlprune.Title: "title",
	htmlprune.Heading: "heading", htmlprune.Paragraph: "paragraph", htmlprune.List: "list", htmlprune.Item: "item",
	htmlprune.Table: "table", htmlprune.Row: "row", htmlprune.Cell: "cell", htmlprune.Code: "code",
	htmlprune.Quote: "quote", htmlprune.Inline: "inline", htmlprune.Run: "run",
}

// dump writes a tree as text: blocks indented, runs with the number of their
// unit, then what units require, then the warnings.
func dump(tree *htmlprune.Tree) string {
	var s strings.Builder
	for _, c := range tree.Root.Children {
		dumpNode(&s, c, 0)
	}
	for i, u := range tree.Units {
		var notes []string
		if len(u.Requires) > 0 {
			notes = append(notes, fmt.Sprint("requires ", u.Requires))
		}
		if len(u.Headings) > 0 {
			notes = append(notes, fmt.Sprint("under ", u.Headings))
		}
		if u.Pinned {
			notes = append(notes, "pinned")
		}
		if u.Boilerplate {
			notes = append(notes, "boilerplate")
		}
		if len(notes) > 0 {
			fmt.Fprintf(&s, "unit %d %s\n", i, strings.Join(notes, ", "))
		}
	}
	for _, w := range tree.Warnings {
		fmt.Fprintf(&s, "warning %s\n", w.Code)
	}
	return strings.TrimSuffix(s.String(), "\n")
}

func dumpNode(s *strings.Builder, n *htmlprune.Node, depth int) {
	fmt.Fprintf(s, "%s%s", strings.Repeat("  ", depth), kindNames[n.Kind])
	if n.Header {
		s.WriteString(" header")
	}
	if n.Tag == "" {
		s.WriteString(" bare")
	}
	for _, a := range n.Attrs {
		fmt.Fprintf(s, " %s=%q", a.Name, a.Value)
	}
	fmt.Fprintf(s, " %s", n.Path)
	if len(n.Children) > 0 && n.Children[0].Kind >= htmlprune.Inline {
		s.WriteString(":")
		dumpText(s, n)
		s.WriteString("\n")
		return
	}
	s.WriteString("\n")
	for _, c := range n.Children {
		dumpNode(s, c, depth+1)
	}
}

func dumpText(s *strings.Builder, n *htmlprune.Node) {
	for _, c := range n.Children {
		if c.Kind == htmlprune.Run {
			fmt.Fprintf(s, " %d%q", c.Unit, c.Text)
			continue
		}
		fmt.Fprintf(s, " %s", c.Tag)
		for _, a := range c.Attrs {
			fmt.Fprintf(s, "[%s=%q]", a.Name, a.Value)
		}
		s.WriteString("(")
		dumpText(s, c)
		s.WriteString(" )")
	}
}
