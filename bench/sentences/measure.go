package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/ragprune/ragprune/bench/eval/dataset"
	"github.com/ragprune/ragprune/htmlprune"
)

const (
	// context is the number of bytes printed on both sides of an end.
	context = 40
	// repeats is how often a passage is parsed for the time.
	repeats = 5
)

// result counts the ends of one set.
type result struct {
	passages, bytes       int
	right, extra, missing int
	took                  time.Duration
	extras, misses        []string // the places, for printing
}

// measure compares the ends in every passage of a set, each passage once.
func measure(rows []dataset.Row) result {
	var m result
	seen := map[string]bool{}
	for _, row := range rows {
		if !seen[row.Text] && len(row.Sentences) > 0 {
			seen[row.Text] = true
			m.passage(row)
		}
	}
	return m
}

// passage compares the ends in one passage.
func (m *result) passage(row dataset.Row) {
	m.passages++
	m.bytes += len(row.Text)
	tree, took := parse(row.Text)
	m.took += took
	want := goldEnds(row)
	for i := range max(0, len(tree.Units)-1) {
		end := tree.Units[i].Span.End
		if want[end] {
			m.right++
			delete(want, end)
			continue
		}
		m.extra++
		m.extras = append(m.extras, around(row.Text, end))
	}
	m.missing += len(want)
	for end := range want {
		m.misses = append(m.misses, around(row.Text, end))
	}
}

// parse reads a passage a few times and returns the shortest time.
func parse(text string) (tree *htmlprune.Tree, took time.Duration) {
	for i := range repeats {
		began := time.Now()
		tree = htmlprune.Parse(text, htmlprune.Options{Format: htmlprune.Text})
		if d := time.Since(began); i == 0 || d < took {
			took = d
		}
	}
	return tree, took
}

// goldEnds are the byte offsets at which the sentences of the set end, but
// for the last.
func goldEnds(row dataset.Row) map[int]bool {
	ends := map[int]bool{}
	for _, s := range row.Sentences[:len(row.Sentences)-1] {
		ends[s.End] = true
	}
	return ends
}

func around(text string, end int) string {
	return fmt.Sprintf("%q | %q", text[max(0, end-context):end], text[end:min(len(text), end+context)])
}

// cells are the columns of the report.
func (m *result) cells() []string {
	p := share(m.right, m.right+m.extra)
	r := share(m.right, m.right+m.missing)
	f := 0.0
	if p+r > 0 {
		f = 2 * p * r / (p + r)
	}
	digits := func(v float64) string { return strconv.FormatFloat(v, 'f', 4, 64) }
	return []string{
		strconv.Itoa(m.passages), strconv.Itoa(m.right + m.missing), digits(p), digits(r), digits(f),
		strconv.FormatFloat(float64(m.bytes)/1e6/m.took.Seconds(), 'f', 0, 64),
	}
}

// share is a/b, and 1 of nothing.
func share(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

// print shows the first disagreements of each kind.
func (m *result) print(name string, show int) {
	for _, s := range m.extras[:min(show, len(m.extras))] {
		fmt.Printf("%s extra %s\n", name, s)
	}
	for _, s := range m.misses[:min(show, len(m.misses))] {
		fmt.Printf("%s missing %s\n", name, s)
	}
}
