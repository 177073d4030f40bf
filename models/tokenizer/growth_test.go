package tokenizer_test

import (
	"strings"
	"testing"

	"github.com/ragprune/ragprune/models/tokenizer"
)

// The models do no more than their share of work for a text of a megabyte
// without a space: steps are counted, so that no clock decides.
func TestGrowthIsLinear(t *testing.T) {
	for _, name := range families() {
		config, _, _ := familyOf(t, name)
		tok := parse(t, config)
		for _, piece := range []string{"a", "ab", "=", "é", "中", "🤖", "1", "the", "\u0301"} {
			small := tokenizer.Steps(tok, strings.Repeat(piece, 1<<15/len(piece)))
			large := tokenizer.Steps(tok, strings.Repeat(piece, 1<<20/len(piece)))
			if small == 0 || large > 40*small {
				t.Errorf("%s: %q takes %d steps for 32 KiB and %d for 1 MiB", name, piece, small, large)
			}
		}
	}
}
