package tokenizer_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/models/tokenizer"
)

// pieces returns the parts of text that its tokens cover.
func pieces(text string, e tokenizer.Encoding) []string {
	var out []string
	for _, s := range e.Spans {
		out = append(out, text[s.Start:s.End])
	}
	return out
}

func TestEncodeSpans(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"words", "Hello, World", []string{"Hello", ",", "World"}},
		{"continuations", "pruning", []string{"pr", "uni", "ng"}},
		{"composed accent", "Über", []string{"Über"}},
		{"decomposed accent", "caf\u0065\u0301 x", []string{"cafe", "x"}},
		{"special token is text", "a [SEP] b", []string{"a", "[", "SEP", "]", "b"}},
		{"control characters vanish", "th\x00e\u200b cat", []string{"th\x00e", "cat"}},
		{"spaces of all kinds", "a\u00a0b\u3000c\td", []string{"a", "b", "c", "d"}},
		{"ideographs stand alone", "x中国y", []string{"x", "中", "国", "y"}},
		{"syllable of three tokens", "한", []string{"한", "한", "한"}},
		{"invalid bytes", "a\xff\xc3 b\xed\xa0\x80c", []string{"a", "b\xed\xa0\x80c"}},
		{"nothing", "", nil},
		{"only spaces", " \n\t", nil},
	}
	tok := load(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, pieces(tt.text, tok.Encode(tt.text))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A word of more than 100 code points is one unknown token, and neither it nor
// a run of marks takes more than linear time: quadratic time would not end
// before the test is stopped.
func TestEncodeMegabytesWithoutSpace(t *testing.T) {
	tok := load(t)
	unknown, _ := tok.Special("[UNK]")
	for _, unit := range []string{"a", "é", "e\u0301", "\u302e\u0323", "\u0323\u302e\ua953", "\U0001d160", "a\u200b", "한"} {
		text := strings.Repeat(unit, 1<<20/len(unit))
		got := tok.Encode(text)
		// Marks and removed characters at the end belong to no span.
		if len(got.IDs) != 1 || got.IDs[0] != unknown || got.Spans[0].End < len(text)-8 {
			t.Errorf("%+q repeated: %v, want one unknown token up to %d", unit, got, len(text))
		}
	}
	text := strings.Repeat("中", 1<<20)
	if got := tok.Count(text); got != 1<<20 {
		t.Errorf("Count of 2^20 ideographs = %d", got)
	}
}

func TestLongestWord(t *testing.T) {
	tok := load(t)
	unknown, _ := tok.Special("[UNK]")
	for _, letter := range []string{"a", "é", "щ"} {
		if got := tok.Encode(strings.Repeat(letter, 100)).IDs; len(got) < 2 || slices.Contains(got, unknown) {
			t.Errorf("100 times %s: ids %v, want known ones", letter, got)
		}
		if got := tok.Encode(strings.Repeat(letter, 101)).IDs; !slices.Equal(got, []int32{unknown}) {
			t.Errorf("101 times %s: ids %v, want [%d]", letter, got, unknown)
		}
	}
}

func TestSpecial(t *testing.T) {
	tok := load(t)
	for name, want := range map[string]int32{"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "[MASK]": 103} {
		if got, ok := tok.Special(name); got != want || !ok {
			t.Errorf("Special(%q) = %d, %t, want %d", name, got, ok, want)
		}
	}
	if id, ok := tok.Special("the"); ok {
		t.Errorf("Special of a plain word = %d, want none", id)
	}
	if got := tok.VocabSize(); got != 30522 {
		t.Errorf("VocabSize() = %d, want 30522", got)
	}
}

func TestAppendIDsKeepsPrefix(t *testing.T) {
	tok := load(t)
	got := tok.AppendIDs([]int32{101}, "the qqqqqqqq\U0001f9ff end")
	want := append([]int32{101}, tok.Encode("the qqqqqqqq\U0001f9ff end").IDs...)
	if !slices.Equal(got, want) || len(got) != 4 {
		t.Errorf("AppendIDs = %v, want %v", got, want)
	}
}

func TestNoAllocations(t *testing.T) {
	tok := load(t)
	text := strings.Repeat("Größe und Maß: 中文 e\u0301 \u302e\u0323 unaffordable [SEP] "+strings.Repeat("x", 120), 20)
	ids := tok.AppendIDs(nil, text)
	if n := testing.AllocsPerRun(20, func() { tok.Count(text) }); n != 0 {
		t.Errorf("Count allocates %v times, want 0", n)
	}
	if n := testing.AllocsPerRun(20, func() { ids = tok.AppendIDs(ids[:0], text) }); n != 0 {
		t.Errorf("AppendIDs allocates %v times, want 0", n)
	}
}

func TestConcurrentUse(t *testing.T) {
	tok := load(t)
	text := "Concurrent naïve requests share one tokenizer."
	want := tok.Encode(text)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				if diff := cmp.Diff(want, tok.Encode(text)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
					return
				}
			}
		})
	}
	wg.Wait()
}
