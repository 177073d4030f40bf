package prune_test

import (
	"encoding/hex"
	"testing"

	"github.com/ragprune/ragprune/prune"
)

// The keys are those of earlier versions, so that their stores stay warm. The
// hashes were computed outside of this program, from the lengths and bytes of
// the fields.
func TestKeysStay(t *testing.T) {
	for want, key := range map[string]prune.Key{
		"c852a67bbd28cdf99f1affd7b9969d5e6cdedab963b25ed9c25fc1a73520e135": prune.LabelKey("n", "m", "d", "q", "t", []string{"x", "yz"}),
		"54a004bad0c7cdc0399bdedf7ca91634cb5c72488ef4a68f95a15c08d858aa3d": prune.VectorKey("n", "m", "d", []string{"x", "yz"}),
		"23ae3880502ea2343af0d7861447939dd2766e62441d29dc90c27772f60b24a9": prune.QueryKey("n", "m", "d", "q"),
		"303ab26b17e0fd338bf4e83f292eb7cf546e8855238490f528753e1d7c99e109": prune.GeneratedKey("n", "m", "d", "q", "<p>x</p>", []string{"html>p", "html>p[2]"}),
	} {
		if got := hex.EncodeToString(key[:]); got != want {
			t.Errorf("key %s, want %s", got, want)
		}
	}
}
