package htmlprune_test

import (
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/ragprune/ragprune/htmlprune"
)

func TestConvertSpans(t *testing.T) {
	type spans = []htmlprune.Span
	tests := []struct {
		name, source             string
		bytes, codepoints, utf16 spans
	}{
		{"ASCII", "one two", spans{{0, 3}, {4, 7}}, spans{{0, 3}, {4, 7}}, spans{{0, 3}, {4, 7}}},
		{"accents", "é à b", spans{{0, 2}, {3, 5}, {6, 7}}, spans{{0, 1}, {2, 3}, {4, 5}}, spans{{0, 1}, {2, 3}, {4, 5}}},
		{"CJK", "漢字。次", spans{{0, 9}, {9, 12}}, spans{{0, 3}, {3, 4}}, spans{{0, 3}, {3, 4}}},
		{"emoji", "a👍b👍", spans{{1, 5}, {5, 10}}, spans{{1, 2}, {2, 4}}, spans{{1, 3}, {3, 6}}},
		{"invalid bytes", "a\xff\xf0\x9fb", spans{{0, 4}, {4, 5}}, spans{{0, 4}, {4, 5}}, spans{{0, 4}, {4, 5}}},
		{"nested and overlapping", "é👍é", spans{{0, 8}, {2, 6}, {2, 8}}, spans{{0, 3}, {1, 2}, {1, 3}}, spans{{0, 4}, {1, 3}, {1, 4}}},
		{"descending", "é👍é", spans{{6, 8}, {0, 2}}, spans{{2, 3}, {0, 1}}, spans{{3, 4}, {0, 1}}},
		{"empty and past the end", "é", spans{{0, 0}, {2, 2}, {2, 9}}, spans{{0, 0}, {1, 1}, {1, 1}}, spans{{0, 0}, {1, 1}, {1, 1}}},
		{"none", "é", spans{}, spans{}, spans{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for unit, want := range map[htmlprune.OffsetUnit]spans{
				htmlprune.Byte: tt.bytes, htmlprune.Codepoint: tt.codepoints, htmlprune.UTF16: tt.utf16,
			} {
				if diff := cmp.Diff(want, htmlprune.ConvertSpans(tt.source, tt.bytes, unit)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", unit, diff)
				}
			}
		})
	}
}

func FuzzConvertSpans(f *testing.F) {
	f.Add("a👍b\xffé漢", uint8(1), uint8(3))
	f.Fuzz(func(t *testing.T, source string, a, b uint8) {
		start := min(int(a), len(source))
		end := min(start+int(b), len(source))
		in := []htmlprune.Span{{Start: start, End: end}}
		// Cutting at a character is the caller's part; inside one, a place
		// counts as behind it.
		for start < len(source) && start > 0 && len([]rune(source[:start]))+len([]rune(source[start:])) != len([]rune(source)) {
			start++
		}
		runes := len([]rune(source[:start]))
		if got := htmlprune.ConvertSpans(source, in, htmlprune.Codepoint)[0].Start; got != runes {
			t.Errorf("%q: byte %d is code point %d, got %d", source, start, runes, got)
		}
		units := len(utf16.Encode([]rune(source[:start])))
		if got := htmlprune.ConvertSpans(source, in, htmlprune.UTF16)[0].Start; got != units {
			t.Errorf("%q: byte %d is unit %d, got %d", source, start, units, got)
		}
	})
}
