package htmlprune_test

import (
	"testing"

	"github.com/ragprune/ragprune/htmlprune"
)

// References of every kind become what a browser shows.
func TestCharacterReferences(t *testing.T) {
	for source, want := range map[string]string{
		"a &amp; b":           "a & b",
		"a &lt;b&gt;":         "a <b>",
		"&notit; &not; &copy": "¬it; ¬ ©",
		"&nGt; &nLt;":         "\u226b\u20d2 \u226a\u20d2", // longer in UTF-8 than by name
		"&NotEqualTilde;":     "\u2242\u0338",
		"&#8364; &#x20AC;":    "€ €",
		"&unknown; &":         "&unknown; &",
	} {
		tree := htmlprune.Parse("<p>"+source+"</p>", htmlprune.Options{})
		all := tree.NewSelection(false)
		for u := range tree.Units {
			all.Add(u)
		}
		if got, _ := all.Render(htmlprune.Text); got != want {
			t.Errorf("%s is %+q, want %+q", source, got, want)
		}
	}
}
