package estimate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ragprune/ragprune/models/estimate"
)

// counts are pieces of text with what their true tokenizers count: o200k_base,
// cl100k_base, Llama 3 and Claude 2.
var counts = []struct {
	name, text string
	true       map[string]int
}{
	{"English", english, map[string]int{"gpt-4o": 58, "gpt-4": 59, "llama-3": 59, "claude-2": 56}},
	{"HTML", page, map[string]int{"gpt-4o": 102, "gpt-4": 101, "llama-3": 101, "claude-2": 103}},
	{"code", code, map[string]int{"gpt-4o": 42, "gpt-4": 42, "llama-3": 42, "claude-2": 56}},
	{"German", german, map[string]int{"gpt-4o": 44, "gpt-4": 67, "llama-3": 66, "claude-2": 67}},
	{"Russian", russian, map[string]int{"gpt-4o": 28, "gpt-4": 57, "llama-3": 33, "claude-2": 62}},
	{"Chinese", chinese, map[string]int{"gpt-4o": 34, "gpt-4": 50, "llama-3": 36, "claude-2": 49}},
}

const (
	english = "The tower was the main exhibit of the world's fair of 1889, which celebrated the centennial of the French Revolution. It is 330 metres tall, about the same height as an 81-storey building, and it was the tallest structure in the world for 41 years."
	page    = `<h2>Opening hours</h2><table><tr><th>Day</th><th>From</th><th>To</th></tr><tr><td>Monday</td><td>9:30</td><td>18:00</td></tr><tr><td>Sunday</td><td colspan="2">closed</td></tr></table><p>Groups of more than <b>twelve</b> people book a week ahead.</p>`
	code    = "func (p *Pool) Submit(ctx context.Context, run func()) error {\n\tselect {\n\tcase p.runs <- run:\n\t\treturn nil\n\tcase <-ctx.Done():\n\t\treturn ctx.Err()\n\t}\n}\n"
	german  = "Die Öffnungszeiten der städtischen Bücherei haben sich geändert: Während der Sommerferien schließt sie bereits um siebzehn Uhr, und über Rückgaben außerhalb der Öffnungszeiten informiert das Merkblatt am Eingang."
	russian = "Высота башни составляет триста тридцать метров, и в течение сорока одного года она была самым высоким сооружением в мире."
	chinese = "铁塔高三百三十米，在建成后的四十一年里一直是世界上最高的建筑物，每年接待约七百万名游客。"
)

// An estimate is at least the true count, and of the same size.
func TestEstimatesBesideTrueCounts(t *testing.T) {
	for _, c := range counts {
		for name, want := range c.true {
			got := newEstimate(t, name).Count(c.text)
			if float64(got) < 0.95*float64(want) || float64(got) > 2.3*float64(want) {
				t.Errorf("%s, %s: %d tokens, the true count is %d", c.name, name, got, want)
			}
			if name == "claude-2" {
				if more := newEstimate(t, "claude").Count(c.text); more < got {
					t.Errorf("%s: claude has %d tokens, claude-2 %d", c.name, more, got)
				}
			}
		}
	}
}

func newEstimate(t testing.TB, name string) *estimate.Estimate {
	t.Helper()
	e, err := estimate.New(name)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestNames(t *testing.T) {
	want := []string{"chars", "claude", "claude-2", "gpt-4", "gpt-4o", "llama-3"}
	if got := estimate.Names(); !slices.Equal(got, want) {
		t.Errorf("names %v, want %v", got, want)
	}
	for _, name := range want {
		newEstimate(t, name)
	}
	_, err := estimate.New("gpt-9")
	if err == nil || !strings.Contains(err.Error(), "gpt-9") || !strings.Contains(err.Error(), "llama-3") {
		t.Errorf("error %v names neither what is wrong nor what there is", err)
	}
}

func TestChars(t *testing.T) {
	e := newEstimate(t, "chars")
	for text, want := range map[string]int{"": 0, "a": 1, "abc": 1, "abcd": 2, "日本": 2, "añb": 2, "\xff": 1} {
		if got := e.Count(text); got != want {
			t.Errorf("%q has %d tokens, want %d", text, got, want)
		}
	}
}

// More text never has fewer tokens: a budget that holds for the whole holds
// for its beginning.
func FuzzCount(f *testing.F) {
	for _, c := range counts {
		f.Add(c.text)
	}
	f.Add("\xff\xfe a\u0301 \U0001F3F4 مرحبا नमस्ते สวัสดี 안녕 こんにちは")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 300 {
			return
		}
		for _, name := range estimate.Names() {
			e, before := newEstimate(t, name), 0
			for i := range len(text) + 1 {
				if i < len(text) && text[i]&0xC0 == 0x80 {
					continue // within a character
				}
				n := e.Count(text[:i])
				if n < before || i > 0 && n < 1 {
					t.Fatalf("%s: %q has %d tokens, its beginning %d", name, text[:i], n, before)
				}
				before = n
			}
		}
	})
}
