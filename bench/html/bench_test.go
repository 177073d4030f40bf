// Package html_test measures how fast pages become trees. See run.sh.
package html_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ragprune/ragprune/htmlprune"
)

// pages reads the real pages of the data folder, or skips.
func pages(b *testing.B) []string {
	b.Helper()
	shared := os.Getenv("RAGPRUNE_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	files, err := filepath.Glob(filepath.Join(shared, "data", "pages", "*.html"))
	if err != nil || len(files) == 0 {
		b.Skipf("no pages in %s: set RAGPRUNE_SHARED", shared)
	}
	var out []string
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			b.Fatal(err)
		}
		out = append(out, string(data))
	}
	return out
}

// BenchmarkPages parses, cleans and cuts all pages into units and into blocks
// of 256 words, which is what htmlrag's clean_html and build_block_tree do.
func BenchmarkPages(b *testing.B) {
	sources := pages(b)
	size := int64(0)
	for _, s := range sources {
		size += int64(len(s))
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, s := range sources {
			t := htmlprune.Parse(s, htmlprune.Options{Format: htmlprune.HTML})
			if len(t.Blocks(256)) == 0 {
				b.Fatal("a page has no blocks")
			}
		}
	}
}
