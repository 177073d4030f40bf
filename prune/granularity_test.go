package prune_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/prune"
)

func TestGranularityOnTheWire(t *testing.T) {
	type body struct {
		G prune.Granularity `json:"g,omitzero"`
	}
	for wire, want := range map[string]prune.Granularity{`{"g":128}`: 128, `{"g":"auto"}`: prune.GranularityAuto, `{}`: 0} {
		var got body
		if err := json.Unmarshal([]byte(wire), &got); err != nil || got.G != want {
			t.Errorf("%s is %d, %v; want %d", wire, got.G, err, want)
		}
		if again, err := json.Marshal(got); err != nil || string(again) != wire {
			t.Errorf("%s becomes %s, %v", wire, again, err)
		}
	}
	for _, wire := range []string{`{"g":"128"}`, `{"g":"Auto"}`, `{"g":1.5}`, `{"g":true}`, `{"g":[]}`, `{"g":1e99}`} {
		if err := json.Unmarshal([]byte(wire), new(body)); err == nil {
			t.Errorf("%s is taken", wire)
		}
	}
	// -1 is not another way to write auto.
	var negative body
	if err := json.Unmarshal([]byte(`{"g":-1}`), &negative); err != nil {
		t.Fatal(err)
	}
	r := prune.Request{Query: query, Granularity: negative.G, Documents: []prune.Document{text(france)}}
	if err := r.Validate(prune.Limits{}); err == nil || !strings.Contains(err.Error(), "/granularity") {
		t.Errorf("error %v", err)
	}
}

// The rule of GranularityAuto: a 24th of the words that may be kept, or of those
// that are there, from 16 to 128.
func TestGranularityAuto(t *testing.T) {
	words := func(n int) prune.Document { return text(strings.Repeat("Paris is big. ", n/3)) }
	p := newPruner(t, options(&overlap{}))
	for name, test := range map[string]struct {
		documents []prune.Document
		maxTokens int
		want      prune.Granularity
	}{
		"small page":        {[]prune.Document{words(90)}, 0, 16},
		"large page":        {[]prune.Document{words(1800)}, 0, 75},
		"two pages":         {[]prune.Document{words(900), words(900)}, 0, 75},
		"huge page":         {[]prune.Document{words(9000)}, 0, 128},
		"budget":            {[]prune.Document{words(9000)}, 1024, 32},
		"small budget":      {[]prune.Document{words(9000)}, 100, 16},
		"budget over words": {[]prune.Document{words(1800)}, 100_000, 75},
	} {
		t.Run(name, func(t *testing.T) {
			r := prune.Request{Query: query, Explain: true, Documents: test.documents, MaxTokens: test.maxTokens, Granularity: test.want}
			want := answer(t, p, r)
			r.Granularity = prune.GranularityAuto
			if diff := cmp.Diff(want.Results, answer(t, p, r).Results); diff != "" {
				t.Errorf("not the same as %d words: %s", test.want, diff)
			}
		})
	}
}

// With blocks of any size every word can be pruned, and is in one block: at
// threshold 1 nothing stays, and with everything pinned all of it does.
func TestGranularityAutoHoldsEveryWord(t *testing.T) {
	p := newPruner(t, options(&overlap{}))
	for seed := range uint64(rounds) {
		random := rand.New(rand.NewPCG(seed, 17))
		r := randomRequest(random)
		r.Granularity, r.Scorer, r.Keep, r.OnEmpty = prune.GranularityAuto, prune.ScorerLabel, prune.Keep{}, prune.OnEmptyEmpty
		r.Coarse, r.Boilerplate = prune.Coarse{}, prune.BoilerplateKeep
		r.Threshold = new(1.0)
		for _, res := range answer(t, p, r).Results {
			if res.Text != "" {
				t.Errorf("seed %d: %q is in no block", seed, res.Text)
			}
		}
		r.Keep.Patterns = []string{"."}
		for _, res := range answer(t, p, r).Results {
			for _, u := range res.Units {
				if !u.Kept {
					t.Errorf("seed %d: %q is in no block", seed, u.Text)
				}
			}
		}
	}
}
