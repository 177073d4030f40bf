package labeler_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/labeler"
)

func TestSplit(t *testing.T) {
	tests := map[string]struct {
		ends          []int
		size, overlap int
		want          []labeler.Window
	}{
		"fits":            {[]int{4, 10}, 10, 2, []labeler.Window{{0, 0, 10, 10}}},
		"empty":           {[]int{0}, 10, 2, []labeler.Window{{}}},
		"at unit ends":    {[]int{5, 10, 15, 20}, 14, 2, []labeler.Window{{0, 0, 10, 12}, {8, 10, 20, 20}}},
		"long unit cut":   {[]int{25}, 14, 2, []labeler.Window{{0, 0, 10, 12}, {8, 10, 20, 22}, {18, 20, 25, 25}}},
		"before target":   {[]int{7, 22}, 14, 2, []labeler.Window{{0, 0, 7, 9}, {5, 7, 17, 19}, {15, 17, 22, 22}}},
		"without overlap": {[]int{8, 16}, 10, 0, []labeler.Window{{0, 0, 8, 8}, {8, 8, 16, 16}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, labeler.Split(tt.ends, tt.size, tt.overlap)); diff != "" {
				t.Errorf("windows (-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever the units: every token is decided once, in order, by a window that
// fits and that shows it its neighbours.
func TestSplitInvariants(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		ends := make([]int, 1+rng.IntN(60))
		n := 0
		for i := range ends {
			n += rng.IntN(1 << rng.IntN(8))
			ends[i] = n
		}
		overlap := rng.IntN(20)
		size := 2*overlap + 16 + rng.IntN(100)
		windows := labeler.Split(ends, size, overlap)
		next := 0
		for _, w := range windows {
			switch {
			case w.Core != next || w.CoreEnd < w.Core:
				t.Fatalf("core [%d,%d) after %d", w.Core, w.CoreEnd, next)
			case w.To-w.From > size:
				t.Fatalf("window of %d tokens, at most %d fit", w.To-w.From, size)
			case w.From > max(0, w.Core-overlap) || w.To < min(n, w.CoreEnd+overlap):
				t.Fatalf("window %+v lacks context of %d tokens in a text of %d", w, overlap, n)
			case n > size && w.CoreEnd == w.Core:
				t.Fatalf("window %+v decides nothing", w)
			}
			next = w.CoreEnd
		}
		if next != n {
			t.Fatalf("decided %d of %d tokens", next, n)
		}
		if !slices.IsSortedFunc(windows, func(a, b labeler.Window) int { return a.Core - b.Core }) {
			t.Fatalf("windows out of order: %v", windows)
		}
	}
}
