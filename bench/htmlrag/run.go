package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/ragprune/ragprune/bench/internal/engine"
	"github.com/ragprune/ragprune/bench/internal/webpage"
	"github.com/ragprune/ragprune/cache"
	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/prune"
	"github.com/ragprune/ragprune/rerank"
)

// asker asks questions and keeps count.
type asker struct {
	engine   *engine.Engine
	embedder *engine.Embedder
	budgets  []int
	coarse   int
	pruner   *prune.Pruner
	store    *cache.Memory
	systems  []system
}

// sizes of a page in tokens, and how many of its words cleaning lost.
type sizes struct {
	raw, html, text    int
	words, wordsKept   int
	afterCoarse, peers int // 0: not measured
}

// outcome is one answer.
type outcome struct {
	system string
	budget int
	kept   bool
	tokens int
	// timing and read are those of the first request of a question, when
	// nothing was known.
	cold   bool
	timing prune.Timing
	read   int
}

func (a *asker) start(o options) (err error) {
	embedding, err := a.embedder.Embedding(a.engine)
	if err != nil {
		return err
	}
	bundle := a.engine.Bundle
	options := prune.Options{
		Labeler: a.engine.Labeler, Counter: a.engine.Tokenizer, Model: bundle.ID(),
		Presets: bundle.Thresholds.Presets, DefaultPreset: bundle.Thresholds.Default,
		Calibration: rerank.Calibration(bundle.Calibration),
		Embedder:    a.embedder.Embedder, Embedding: embedding, Timeout: time.Hour,
	}
	if a.store, err = cache.NewMemory(cache.Options{Bytes: 1 << 30}); err != nil {
		return err
	}
	options.Store = a.store
	if a.pruner, err = prune.New(options); err != nil {
		return err
	}
	a.systems, err = systemsOf(a.pruner, o)
	return err
}

// askAll asks all questions of g.
func (a *asker) askAll(ctx context.Context, g *group) error {
	for i, it := range g.items {
		size := sizesOf(it.html, a.engine.Tokenizer.Count)
		for _, s := range a.systems {
			if err := a.ask(ctx, g, it, s, &size); err != nil {
				return fmt.Errorf("%s, %s: %w", it.name, s.name, err)
			}
		}
		g.sizes = append(g.sizes, size)
		fmt.Fprintf(os.Stderr, "%s %d/%d %s\n", g.name, i+1, len(g.items), it.name)
	}
	return nil
}

// ask fills every budget by s, at threshold 0, so that the budget alone decides.
func (a *asker) ask(ctx context.Context, g *group, it item, s system, size *sizes) error {
	for i, budget := range a.budgets {
		r := s.request
		r.Query, r.Documents = it.query, []prune.Document{{HTML: &it.html}}
		r.Threshold, r.MaxTokens, r.Format = new(0.0), budget, prune.FormatHTML
		r.Explain = i == 0 && r.Coarse.Scorer == prune.CoarseBM25
		answer, err := a.pruner.Prune(ctx, r)
		if err != nil {
			return err
		}
		got := answer.Results[0]
		if got.Degraded != nil {
			return fmt.Errorf("degraded: %s", got.Degraded.Reason)
		}
		if r.Explain {
			size.afterCoarse = a.left(got)
		}
		if got.Tokens.After > budget {
			return fmt.Errorf("%d tokens in a budget of %d", got.Tokens.After, budget)
		}
		g.outcomes = append(g.outcomes, outcome{
			system: s.name, budget: budget, kept: webpage.HoldsAnswer(webpage.Text(got.Text), it.answers),
			tokens: got.Tokens.After, cold: i == 0, timing: answer.Timing, read: answer.Usage.ModelTokens,
		})
	}
	return nil
}

// left is the tokens of the units that a coarse step let pass.
func (a *asker) left(r prune.Result) int {
	n := 0
	for _, u := range r.Units {
		if u.Why != "coarse" {
			n += a.engine.Tokenizer.Count(u.Text)
		}
	}
	return n
}

// sizesOf cleans a page and compares its words with those of the source.
func sizesOf(source string, count func(string) int) sizes {
	tree := htmlprune.Parse(source, htmlprune.Options{Format: htmlprune.HTML})
	all := tree.NewSelection(true)
	for u := range tree.Units {
		all.Add(u)
	}
	html, _ := all.Render(htmlprune.HTML)
	text, _ := all.Render(htmlprune.Text)
	units := 0
	for _, u := range tree.Units {
		units += len(webpage.Words(u.Text))
	}
	return sizes{
		raw: count(source), html: count(html), text: count(text),
		words: units, wordsKept: len(webpage.Words(webpage.Text(html))),
	}
}
