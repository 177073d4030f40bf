package htmlprune_test

import (
	"os"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/ragprune/ragprune/htmlprune"
)

// sentenceCases reads testdata/sentences.txt: cases between lines of "---",
// each with a first line "# name"; a "|" in the text stands where one
// sentence ends and the next begins.
func sentenceCases(tb testing.TB) map[string]string {
	tb.Helper()
	data, err := os.ReadFile("testdata/sentences.txt")
	if err != nil {
		tb.Fatal(err)
	}
	cases := map[string]string{}
	for block := range strings.SplitSeq(string(data), "\n---\n") {
		name, text, ok := strings.Cut(block, "\n")
		if !ok || !strings.HasPrefix(name, "# ") || cases[name] != "" {
			tb.Fatalf("bad case %q", block)
		}
		cases[name[2:]] = strings.TrimSuffix(text, "\n")
	}
	return cases
}

func TestSplitSentencesFixtures(t *testing.T) {
	cases := sentenceCases(t)
	if len(cases) < 80 {
		t.Fatalf("only %d cases", len(cases))
	}
	for name, marked := range cases {
		t.Run(name, func(t *testing.T) {
			var want, got []string
			for part := range strings.SplitSeq(marked, "|") {
				if s := strings.TrimSpace(part); s != "" {
					want = append(want, s)
				}
			}
			text := strings.ReplaceAll(marked, "|", "")
			for _, s := range htmlprune.SplitSentences(text) {
				got = append(got, text[s.Start:s.End])
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSplitSentencesLong(t *testing.T) {
	tests := map[string]string{
		"words":          strings.Repeat("word ", 2000),
		"clauses":        strings.Repeat("a clause of some words; ", 500),
		"no space":       strings.Repeat("x", 10_000),
		"no space, wide": strings.Repeat("漢", 10_000),
		"emoji":          strings.Repeat("👍", 5_000),
		"invalid":        strings.Repeat("\xff\xf0\x9f", 5_000),
		"marks":          strings.Repeat(".", 10_000),
		"brackets":       "Go. " + strings.Repeat("(", 10_000),
		"spaces":         "Go." + strings.Repeat(" ", 10_000) + "Stop.",
		"initials":       strings.Repeat("A. ", 5_000),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) { checkSentences(t, text) })
	}
}

// TestSplitSentencesScales reads a megabyte of what would take hours if a
// look around an end mark had no bound.
func TestSplitSentencesScales(t *testing.T) {
	for name, unit := range map[string]string{
		"letters": "A! ", "open": "(", "close": "x.)", "refs": "x.[1]", "digits": ". (1", "marks": "?!", "feeds": "a\n",
		"combining": ".(\u0301",
	} {
		t.Run(name, func(t *testing.T) {
			checkSentences(t, strings.Repeat(unit, 1<<20/len(unit)))
		})
	}
}

// checkSentences checks what holds for all texts: the ranges ascend, are
// trimmed and bounded, cut no character, and cover what is not white space.
func checkSentences(t *testing.T, text string) {
	t.Helper()
	at, valid := 0, utf8.ValidString(text)
	for _, s := range htmlprune.SplitSentences(text) {
		if s.Start < at || s.End <= s.Start || s.End > len(text) {
			t.Fatalf("range %v after %d", s, at)
		}
		if gap := text[at:s.Start]; strings.TrimSpace(gap) != "" {
			t.Fatalf("lost %q before %d", gap, s.Start)
		}
		sentence := text[s.Start:s.End]
		if sentence != strings.TrimFunc(sentence, unicode.IsSpace) {
			t.Fatalf("not trimmed: %q", sentence)
		}
		if len(sentence) > 1200 {
			t.Fatalf("%d bytes in one sentence", len(sentence))
		}
		if valid && !utf8.ValidString(sentence) {
			t.Fatalf("cut a character at %v", s)
		}
		at = s.End
	}
	if rest := text[at:]; strings.TrimSpace(rest) != "" {
		t.Fatalf("lost %q at the end", rest[:min(len(rest), 40)])
	}
}

// TestSplitSentencesShort checks that the short way for most texts is only
// short.
func TestSplitSentencesShort(t *testing.T) {
	for name, marked := range sentenceCases(t) {
		text := strings.ReplaceAll(marked, "|", "")
		if diff := cmp.Diff(htmlprune.SplitUnicode(text), htmlprune.SplitSentences(text)); diff != "" {
			t.Errorf("%s (-unicode +short):\n%s", name, diff)
		}
	}
}

func FuzzSplitSentences(f *testing.F) {
	for _, marked := range sentenceCases(f) {
		f.Add(marked)
	}
	f.Fuzz(func(t *testing.T, text string) { checkSentences(t, text) })
}
