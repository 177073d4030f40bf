package prune_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/prune"
)

const rounds = 80

// forRandomRequests calls check with many requests, the same in every run.
func forRandomRequests(t *testing.T, check func(t *testing.T, p *prune.Pruner, r prune.Request, random *rand.Rand)) {
	t.Helper()
	p := newPruner(t, generateOptions(&overlap{}, &pointer{}))
	for seed := range uint64(rounds) {
		random := rand.New(rand.NewPCG(seed, 7))
		check(t, p, randomRequest(random), random)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func TestOrderAndCountAreKept(t *testing.T) {
	forRandomRequests(t, func(t *testing.T, p *prune.Pruner, r prune.Request, _ *rand.Rand) {
		resp := answer(t, p, r)
		if len(resp.Results) != len(r.Documents) {
			t.Fatalf("%d results for %d documents", len(resp.Results), len(r.Documents))
		}
		for i, res := range resp.Results {
			if res.Index != i {
				t.Errorf("result %d is document %d", i, res.Index)
			}
		}
	})
}

// spoken are the words of s, without signs.
func spoken(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}

// within reports whether part is a subsequence of whole.
func within(part, whole []string) bool {
	for _, w := range whole {
		if len(part) > 0 && part[0] == w {
			part = part[1:]
		}
	}
	return len(part) == 0
}

func TestOutputIsMadeOfInput(t *testing.T) {
	formats := []prune.Format{prune.FormatSame, prune.FormatText, prune.FormatMarkdown, prune.FormatHTML}
	forRandomRequests(t, func(t *testing.T, p *prune.Pruner, r prune.Request, random *rand.Rand) {
		// Where a link leads is in front of it in the source, and behind it here.
		r.Attributes = nil
		r.Format = formats[random.IntN(len(formats))]
		for i, res := range answer(t, p, r).Results {
			source := r.Documents[i].Text
			if source == nil {
				source = r.Documents[i].HTML
			}
			if len(res.Text) > len(*source) {
				t.Errorf("document %d: %d bytes out of %d", i, len(res.Text), len(*source))
			}
			if res.Format != htmlprune.HTML && !within(spoken(res.Text), spoken(*source)) {
				t.Errorf("document %d: %q is not of %q", i, res.Text, *source)
			}
			checkPlaces(t, res, *source)
		}
	})
}

// checkPlaces compares Kept and the explanation with the text.
func checkPlaces(t *testing.T, res prune.Result, source string) {
	t.Helper()
	runes := []rune(source)
	end, places := 0, ""
	for _, k := range res.Kept {
		if k.Start < end || k.End <= k.Start || k.End > len(runes) {
			t.Fatalf("%+v is not behind %d and within %d", k, end, len(runes))
		}
		end = k.End
		places += string(runes[k.Start:k.End]) + " "
	}
	if (len(res.Kept) == 0) != (res.Text == "") {
		t.Errorf("%d places for %q", len(res.Kept), res.Text)
	}
	kept := ""
	for _, u := range res.Units {
		if u.Kept {
			kept += u.Text + " "
		}
	}
	if !within(spoken(kept), spoken(res.Text)) {
		t.Errorf("what is explained as kept is not in the text:\n%q\n%q", kept, res.Text)
	}
	if !within(spoken(kept), spoken(places)) {
		t.Errorf("what is kept is not at its places:\n%q\n%q", kept, places)
	}
}

func TestSameRequestSameAnswer(t *testing.T) {
	forRandomRequests(t, func(t *testing.T, p *prune.Pruner, r prune.Request, random *rand.Rand) {
		r.MaxTokens = random.IntN(2) * random.IntN(60)
		first, second := answer(t, p, r), answer(t, p, r)
		if diff := cmp.Diff(first, second, cmpopts.IgnoreFields(prune.Response{}, "Timing")); diff != "" {
			t.Error(diff)
		}
	})
}

// TestOtherDocumentsChangeNothing holds for the labeler and the generator:
// BM25 takes its statistics from all documents, and a coarse step chooses among all of them.
func TestOtherDocumentsChangeNothing(t *testing.T) {
	forRandomRequests(t, func(t *testing.T, p *prune.Pruner, r prune.Request, random *rand.Rand) {
		r.Scorer, r.Coarse = []prune.Scorer{prune.ScorerLabel, prune.ScorerGenerate}[random.IntN(2)], prune.Coarse{}
		together := answer(t, p, r).Results
		i := random.IntN(len(r.Documents))
		r.Documents = r.Documents[i : i+1]
		alone := answer(t, p, r).Results[0]
		alone.Index = i
		if diff := cmp.Diff(alone, together[i]); diff != "" {
			t.Error(diff)
		}
	})
}

func TestUsageIsTheSumOfTheResults(t *testing.T) {
	forRandomRequests(t, func(t *testing.T, p *prune.Pruner, r prune.Request, _ *rand.Rand) {
		resp := answer(t, p, r)
		before, after := 0, 0
		for _, res := range resp.Results {
			before += res.Tokens.Before
			after += res.Tokens.After
			if got := (words{}).Count(res.Text); got != res.Tokens.After {
				t.Errorf("%d tokens after, counted %d", res.Tokens.After, got)
			}
		}
		if resp.Usage.TokensBefore != before || resp.Usage.TokensAfter != after {
			t.Errorf("usage %+v, want %d before and %d after", resp.Usage, before, after)
		}
	})
}
