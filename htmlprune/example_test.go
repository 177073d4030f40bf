package htmlprune_test

import (
	"fmt"
	"strings"

	"github.com/ragprune/ragprune/htmlprune"
)

// A page is read, the units that mention a word are kept, and the rest is
// left out. The header row and the heading come along.
func Example() {
	const page = `<html><body><nav><a href="/">Home</a></nav><h2>Opening hours</h2>
<p>We are a small museum. Dogs are welcome.</p>
<table><tr><th>Day<th>Hours</tr><tr><td>Monday<td>closed</tr><tr><td>Sunday<td>10-18</tr></table></body></html>`
	tree := htmlprune.Parse(page, htmlprune.Options{})
	s := tree.NewSelection(true)
	for i, u := range tree.Units {
		if strings.Contains(u.Text, "Sunday") {
			s.Add(i)
		}
	}
	out, _ := s.Render(htmlprune.Markdown)
	fmt.Println(out)
	for _, p := range s.Kept() {
		fmt.Println(p.Path, p.Span)
	}
	// Output:
	// ## Opening hours
	//
	// | Day | Hours |
	// |---|---|
	// | Sunday | 10-18 |
	// html>body>h2 {47 60}
	// html>body>table>tbody>tr[1] {129 141}
	// html>body>table>tbody>tr[3] {183 198}
}

// A text is cut into sentences; what is kept is a slice of the source.
func ExampleParse() {
	tree := htmlprune.Parse("Dr. Smith lives here. He has 3.5 cats!\n\n- milk\n- eggs", htmlprune.Options{})
	for _, u := range tree.Units {
		fmt.Printf("%q\n", u.Text)
	}
	// Output:
	// "Dr. Smith lives here."
	// "He has 3.5 cats!"
	// "milk"
	// "eggs"
}

// Offsets are bytes; clients of other languages count otherwise.
func ExampleConvertSpans() {
	source := "👍 Yes."
	fmt.Println(htmlprune.ConvertSpans(source, []htmlprune.Span{{Start: 5, End: 9}}, htmlprune.UTF16))
	// Output: [{3 7}]
}
