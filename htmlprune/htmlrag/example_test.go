package htmlrag_test

import (
	"fmt"
	"strings"

	"github.com/ragprune/ragprune/htmlprune/htmlrag"
)

// A page is cleaned and cut as the Python package does it: list items and line
// breaks are lost, words are glued, and blocks come breadth first.
func Example() {
	clean, err := htmlrag.Clean(`<div><ul><li><b>Las Vegas</b></li><li>Reno</li></ul></div><p>one<br>two three</p>`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(clean)
	blocks, page, err := htmlrag.BuildBlockTree(clean, htmlrag.Options{MaxWords: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, b := range blocks {
		fmt.Printf("%s: %s\n", strings.Join(b.Path(), ">"), b.Text())
	}
	fmt.Println(page)
	// Output:
	// <ul><b>Las Vegas</b><li>Reno</li></ul><p>onetwo three</p>
	// ul>li: Reno
	// p: onetwo three
	// ul>b: Las Vegas
	// <ul><b>Las Vegas</b><li>Reno</li></ul><p>onetwo three</p>
}
