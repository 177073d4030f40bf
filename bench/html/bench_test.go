// Package html_test measures how fast pages become trees. See run.sh.
package html_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/htmlprune/htmlrag"
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
// Beside the wall clock it reports the processor time per pass, garbage
// collection included, which other work on the machine disturbs less.
func BenchmarkPages(b *testing.B) {
	measure(b, func(source string) int {
		return len(htmlprune.Parse(source, htmlprune.Options{Format: htmlprune.HTML}).Blocks(256))
	})
}

// BenchmarkCompat does what htmlrag does, as it does it.
func BenchmarkCompat(b *testing.B) {
	measure(b, func(source string) int {
		clean, err := htmlrag.Clean(source)
		if err != nil {
			b.Fatal(err)
		}
		blocks, _, err := htmlrag.BuildBlockTree(clean, htmlrag.Options{MaxWords: 256})
		if err != nil {
			b.Fatal(err)
		}
		return len(blocks)
	})
}

// measure cuts all pages into blocks, again and again.
func measure(b *testing.B, blocks func(source string) int) {
	sources := pages(b)
	size := int64(0)
	for _, s := range sources {
		size += int64(len(s))
	}
	b.SetBytes(size)
	b.ReportAllocs()
	passes, before := 0, cpuTime(b)
	for b.Loop() {
		passes++
		for _, s := range sources {
			if blocks(s) == 0 {
				b.Fatal("a page has no blocks")
			}
		}
	}
	spent := (cpuTime(b) - before).Seconds()
	b.ReportMetric(spent/float64(passes)*1e3, "cpu-ms/op")
	b.ReportMetric(float64(size)*float64(passes)/1e6/spent, "cpu-MB/s")
}

// cpuTime is the processor time that the process has used.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
