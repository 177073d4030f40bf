package htmlprune_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ragprune/ragprune/htmlprune"
)

const selectionPage = `<body><h1>Top</h1><p>One. Two. Three.</p><h2>Sub</h2>
<table><tr><th>A<th>B<tr><td>1<td>2<tr><td>3<td>4</table></body>`

// The units of selectionPage: 0 Top, 1-3 sentences, 4 Sub, 5 header, 6-7 rows.

func TestSelectionAdd(t *testing.T) {
	tree := htmlprune.Parse(selectionPage, htmlprune.Options{})
	tests := []struct {
		name     string
		headings bool
		add      []int
		want     [][]int // what each Add returns
		units    []int
	}{
		{"plain", false, []int{2}, [][]int{{2}}, []int{2}},
		{"heading above", true, []int{2}, [][]int{{0, 2}}, []int{0, 2}},
		{"header row", false, []int{7}, [][]int{{5, 7}}, []int{5, 7}},
		{"all that a row needs", true, []int{7, 6}, [][]int{{0, 4, 5, 7}, {6}}, []int{0, 4, 5, 6, 7}},
		{"twice", false, []int{1, 1}, [][]int{{1}, nil}, []int{1}},
		{"no unit", true, []int{-1, 8, 1 << 30}, [][]int{nil, nil, nil}, []int{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := tree.NewSelection(tt.headings)
			for i, u := range tt.add {
				missing := s.Missing(u)
				added := s.Add(u)
				if diff := cmp.Diff(tt.want[i], added); diff != "" {
					t.Errorf("Add(%d) (-want +got):\n%s", u, diff)
				}
				if diff := cmp.Diff(missing, added); diff != "" {
					t.Errorf("Missing(%d) differs from Add:\n%s", u, diff)
				}
			}
			if diff := cmp.Diff(tt.units, s.Units()); diff != "" || s.Len() != len(tt.units) {
				t.Errorf("Units, Len %d (-want +got):\n%s", s.Len(), diff)
			}
			for u := range tree.Units {
				if s.Has(u) != slices.Contains(tt.units, u) {
					t.Errorf("Has(%d) is %v", u, s.Has(u))
				}
			}
		})
	}
}

func TestSelectionClone(t *testing.T) {
	tree := htmlprune.Parse(selectionPage, htmlprune.Options{})
	a := tree.NewSelection(true)
	a.Add(1)
	b := a.Clone()
	b.Add(7)
	if a.Has(7) || a.Len() != 2 || b.Len() != 5 {
		t.Errorf("a has %v, b has %v", a.Units(), b.Units())
	}
}

func TestSelectionKept(t *testing.T) {
	tests := []struct {
		name, source string
		add          []int
		want         []string
		paths        []string
	}{
		{"adjacent sentences are one piece", selectionPage, []int{1, 2}, []string{"One. Two."}, []string{"html>body>p"}},
		{"a gap makes two", selectionPage, []int{1, 3}, []string{"One.", "Three."}, []string{"html>body>p", "html>body>p"}},
		{"blocks are apart", selectionPage, []int{3, 4}, []string{"Three.", "Sub"}, []string{"html>body>p", "html>body>h2"}},
		{"marks of text", "# Head #\n\n- One. Two.\n```go\nx\n```", []int{0, 1, 3}, []string{"# Head #", "- One.", "```go\nx\n```"}, []string{"", "", ""}},
		{"header and its line", "|a|b|\n|-|-|\n|1|2|", []int{1}, []string{"|a|b|\n|-|-|", "|1|2|"}, []string{"", ""}},
		{"nothing", "One.", nil, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tree := htmlprune.Parse(tt.source, htmlprune.Options{})
			s := tree.NewSelection(false)
			for _, u := range tt.add {
				s.Add(u)
			}
			var got, paths []string
			for _, p := range s.Kept() {
				got = append(got, tree.Source[p.Span.Start:p.Span.End])
				paths = append(paths, p.Path)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("pieces (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.paths, paths); diff != "" {
				t.Errorf("paths (-want +got):\n%s", diff)
			}
		})
	}
}
