package prune_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/prune"
)

func TestLabelsComeBackAsStored(t *testing.T) {
	scores := []float32{0, 0.25, 1, math.SmallestNonzeroFloat32}
	got, logit, tokens, ok := prune.DecodeLabels(prune.EncodeLabels(scores, -3.5, 1234), len(scores))
	if !ok || logit != -3.5 || tokens != 1234 {
		t.Fatalf("got logit %v, tokens %d, ok %v", logit, tokens, ok)
	}
	if diff := cmp.Diff(scores, got); diff != "" {
		t.Error(diff)
	}
}

func TestDamagedLabelsAreRefused(t *testing.T) {
	scores := []float32{0.1, 0.9}
	good := prune.EncodeLabels(scores, 1, 300)
	for i := range good {
		for bit := range 8 {
			bad := append([]byte(nil), good...)
			bad[i] ^= 1 << bit
			if _, _, _, ok := prune.DecodeLabels(bad, len(scores)); ok {
				t.Errorf("a flip of bit %d of byte %d was not seen", bit, i)
			}
		}
	}
	for n := range good {
		if _, _, _, ok := prune.DecodeLabels(good[:n], len(scores)); ok {
			t.Errorf("a value cut to %d bytes was not seen", n)
		}
	}
	if _, _, _, ok := prune.DecodeLabels(good, 3); ok {
		t.Error("labels of 2 units were taken for 3")
	}
	for name, b := range map[string][]byte{
		"NaN":           prune.EncodeLabels([]float32{float32(math.NaN())}, 0, 1),
		"above 1":       prune.EncodeLabels([]float32{1.5}, 0, 1),
		"infinite rank": prune.EncodeLabels([]float32{1}, float32(math.Inf(1)), 1),
	} {
		if _, _, _, ok := prune.DecodeLabels(b, 1); ok {
			t.Errorf("%s was taken", name)
		}
	}
}

func FuzzDecodeLabels(f *testing.F) {
	f.Add(prune.EncodeLabels([]float32{0.5, 1}, 2, 77), 2)
	f.Add(prune.EncodeLabels(nil, 0, 0), 0)
	f.Add([]byte{1, 0xff, 0xff, 0xff}, 1)
	f.Fuzz(func(t *testing.T, b []byte, units int) {
		scores, logit, tokens, ok := prune.DecodeLabels(b, units)
		if !ok {
			return
		}
		if len(scores) != units {
			t.Fatalf("%d scores for %d units", len(scores), units)
		}
		again, _, _, ok := prune.DecodeLabels(prune.EncodeLabels(scores, logit, tokens), units)
		if !ok || !cmp.Equal(scores, again) {
			t.Fatal("what was read is not what is written")
		}
	})
}

func TestKeysDifferByEveryField(t *testing.T) {
	type fields struct {
		namespace, model, digest, query, title string
		units                                  []string
	}
	all := []fields{
		{"a", "m@1", "d", "q", "t", []string{"x", "y"}},
		{"b", "m@1", "d", "q", "t", []string{"x", "y"}},
		{"a", "m@2", "d", "q", "t", []string{"x", "y"}},
		{"a", "m@1", "e", "q", "t", []string{"x", "y"}},
		{"a", "m@1d", "", "q", "t", []string{"x", "y"}},
		{"a", "m@1", "d", "Q", "t", []string{"x", "y"}},
		{"a", "m@1", "d", "q", "T", []string{"x", "y"}},
		{"a", "m@1", "d", "q", "t", []string{"y", "x"}},
		{"a", "m@1", "d", "q", "t", []string{"xy"}},
		{"a", "m@1", "d", "q", "t", []string{"x", "y", ""}},
		{"a", "m@1", "d", "q", "tx", []string{"", "y"}},
		{"a", "m@1", "d", "qt", "", []string{"x", "y"}},
		{"am@1", "", "d", "q", "t", []string{"x", "y"}},
		{"a", "m@1", "d", "q\x00", "t", []string{"x", "y"}},
	}
	seen := make(map[prune.Key]int)
	for i, f := range all {
		key := prune.LabelKey(f.namespace, f.model, f.digest, f.query, f.title, f.units)
		if other, ok := seen[key]; ok {
			t.Errorf("%+v and %+v share a key", all[other], f)
		}
		seen[key] = i
		if key != prune.LabelKey(f.namespace, f.model, f.digest, f.query, f.title, f.units) {
			t.Error("the same fields gave another key")
		}
	}
}
