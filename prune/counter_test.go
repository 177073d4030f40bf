package prune_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ragprune/ragprune/models/estimate"
	"github.com/ragprune/ragprune/prune"
)

// letters counts characters: many more than there are words.
type letters struct{}

func (letters) Count(text string) int { return len([]rune(text)) }

func countingOptions(t *testing.T) prune.Options {
	t.Helper()
	e, err := estimate.New("gpt-4o")
	if err != nil {
		t.Fatal(err)
	}
	o := options(&overlap{})
	o.Counters = map[string]prune.Counter{"letters": letters{}, "estimate": e}
	return o
}

// The budget is never exceeded in what was asked to count it with.
func TestBudgetInOtherTokens(t *testing.T) {
	o := countingOptions(t)
	p := newPruner(t, o)
	formats := []prune.Format{prune.FormatSame, prune.FormatText, prune.FormatMarkdown, prune.FormatHTML}
	for seed := range uint64(rounds / 2) {
		random := rand.New(rand.NewPCG(seed, 13))
		r := randomRequest(random)
		r.Format, r.MaxTokens = formats[random.IntN(len(formats))], 1+random.IntN(300)
		for name, counter := range o.Counters {
			r.Tokenizer = name
			resp := answer(t, p, r)
			before, after := 0, 0
			for i, res := range resp.Results {
				source := r.Documents[i].Text
				if source == nil {
					source = r.Documents[i].HTML
				}
				before += counter.Count(*source)
				after += counter.Count(res.Text)
			}
			if after > r.MaxTokens || resp.Usage.TokensAfter != after || resp.Usage.TokensBefore != before {
				t.Errorf("seed %d, %s: %d tokens of %d, usage %+v", seed, name, after, r.MaxTokens, resp.Usage)
			}
		}
	}
}

func TestTokenizerNames(t *testing.T) {
	p := newPruner(t, countingOptions(t))
	if got := p.Tokenizers(); !slices.Equal(got, []string{"model", "estimate", "letters"}) {
		t.Errorf("tokenizers %v", got)
	}
	r := prune.Request{Query: query, Tokenizer: "model", Documents: []prune.Document{text(france)}}
	if got := answer(t, p, r).Usage.TokensBefore; got != (words{}).Count(france) {
		t.Errorf("%d tokens by the model", got)
	}
	r.Tokenizer = "gpt-9"
	_, err := p.Prune(t.Context(), r)
	var invalid *prune.InvalidError
	if !errors.As(err, &invalid) || invalid.Fields[0].Pointer != "/tokenizer" || !strings.Contains(invalid.Fields[0].Message, "model, estimate, letters") {
		t.Errorf("error %v", err)
	}
	for _, name := range []string{"", prune.DefaultTokenizer} {
		o := options(&overlap{})
		o.Counters = map[string]prune.Counter{name: letters{}}
		if _, err := prune.New(o); err == nil || !strings.Contains(err.Error(), "Counters") {
			t.Errorf("a counter called %q: %v", name, err)
		}
	}
}
