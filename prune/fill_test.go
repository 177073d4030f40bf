package prune_test

import (
	"math/rand/v2"
	"testing"

	"github.com/ragprune/ragprune/prune"
)

// worth is the sum of the scores of what is kept for its score.
func worth(resp *prune.Response) float64 {
	sum := 0.0
	for _, res := range resp.Results {
		for _, u := range res.Units {
			if u.Kept && u.Why == "threshold" {
				sum += u.Score
			}
		}
	}
	return sum
}

// TestKnapsackIsNeverWorse: its scores sum up to at least those of greedy, and
// sometimes to more, within the same budget.
func TestKnapsackIsNeverWorse(t *testing.T) {
	better := 0
	p := newPruner(t, options(&overlap{}))
	for seed := range uint64(2 * rounds) {
		random := rand.New(rand.NewPCG(seed, 19))
		r := randomRequest(random)
		r.Scorer, r.Granularity, r.Coarse, r.Keep.Patterns, r.Keep.Selectors = prune.ScorerLabel, 0, prune.Coarse{}, nil, nil
		r.Boilerplate, r.OnEmpty, r.Threshold = prune.BoilerplateKeep, "", new(0.05)
		r.MaxTokens = 5 + random.IntN(80)
		r.Fill = prune.FillGreedy
		greedy := answer(t, p, r)
		r.Fill = prune.FillKnapsack
		knapsack := answer(t, p, r)
		if n := knapsack.Usage.TokensAfter; n > r.MaxTokens {
			t.Errorf("seed %d: %d tokens of %d", seed, n, r.MaxTokens)
		}
		was, is := worth(greedy), worth(knapsack)
		if is < was-1e-6 {
			t.Errorf("seed %d: %v is worse than %v", seed, is, was)
		}
		if is > was+1e-6 {
			better++
		}
	}
	if better < rounds/8 {
		t.Errorf("only %d of %d are better", better, 2*rounds)
	}
}

// Many short sentences beat a long one that scores higher, but not one that is
// worth more than all of them.
func TestKnapsackPrefersScoreForEachToken(t *testing.T) {
	// Shares of the query's words: 3/3 in 14 tokens; 2/3 in 4 each.
	const long = "Paris is the capital of France and has been so for a thousand years."
	const short = "France loves Paris. Paris, capital. "
	p := newPruner(t, options(&overlap{}))
	for fill, want := range map[prune.Fill]string{prune.FillGreedy: long, prune.FillKnapsack: "France loves Paris. Paris, capital."} {
		got := answer(t, p, prune.Request{Query: query, MaxTokens: 15, Fill: fill, Documents: []prune.Document{text(short + long)}})
		if got.Results[0].Text != want {
			t.Errorf("%s: %q", fill, got.Results[0].Text)
		}
	}
	one := answer(t, p, prune.Request{Query: query, MaxTokens: 15, Fill: prune.FillKnapsack, Documents: []prune.Document{text("France loves cheese. " + long)}})
	if one.Results[0].Text != long {
		t.Errorf("text %q", one.Results[0].Text)
	}
}
