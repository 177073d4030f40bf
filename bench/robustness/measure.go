package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ragprune/ragprune/bench/internal/pruning"
	"github.com/ragprune/ragprune/models/tokenizer"
	"github.com/ragprune/ragprune/prune"
)

// measurer prunes items with every setting, one after another.
type measurer struct {
	pruner    *pruning.Pruner
	tokenizer *tokenizer.Tokenizer
	settings  []string
}

// setResult is what came of a set.
type setResult struct {
	set
	items []itemResult
}

// itemResult is what came of an item.
type itemResult struct {
	item
	// averagePrecision of the relevant sentences; NaN for a page and where
	// nothing is relevant.
	averagePrecision float64
	// tokens of the text, and those of them that the vocabulary does not have.
	tokens, unknown int
	// settings has one entry for each setting.
	settings []outcome
}

// outcome of an item with one setting.
type outcome struct {
	pruning.Outcome
	// allKept: every relevant sentence is kept, of a page its answer.
	allKept bool
	// forbiddenKept counts planted sentences of which at least half was kept.
	forbiddenKept int
	// headerKept: a line of the output holds all cells of the row of headers.
	headerKept bool
}

func (m *measurer) set(ctx context.Context, s set) (setResult, error) {
	result := setResult{set: s}
	for _, it := range s.items {
		r, err := m.item(ctx, it)
		if err != nil {
			return result, fmt.Errorf("%s: %w", it.ID, err)
		}
		result.items = append(result.items, r)
	}
	return result, nil
}

func (m *measurer) item(ctx context.Context, it item) (itemResult, error) {
	// At threshold 0 everything stays: what a page has as text, and all scores.
	whole, err := m.pruner.Prune(ctx, it.request(), "0")
	if err != nil {
		return itemResult{}, err
	}
	out := itemResult{item: it, averagePrecision: math.NaN()}
	out.tokens, out.unknown = m.count(it.Text)
	if it.HTML == "" {
		out.averagePrecision = pruning.RankSentences(it.Row, whole.Units)
	}
	for _, setting := range m.settings {
		got, err := m.pruner.Prune(ctx, it.request(), setting)
		if err != nil {
			return out, err
		}
		out.settings = append(out.settings, it.judge(got, whole))
	}
	return out, nil
}

// count returns the tokens of text, and how many of them are the unknown one.
func (m *measurer) count(text string) (tokens, unknown int) {
	id, known := m.tokenizer.Special("[UNK]")
	for _, t := range m.tokenizer.AppendIDs(nil, text) {
		tokens++
		unknown += one(known && t == id)
	}
	return tokens, unknown
}

func (it item) request() prune.Request {
	d := prune.Document{ID: it.ID, Title: it.Title, Text: &it.Text}
	if it.HTML != "" {
		d.Text, d.HTML = nil, &it.HTML
	}
	return prune.Request{Query: it.Query, Documents: []prune.Document{d}, Format: prune.FormatText, Explain: true}
}

// judge compares a result with the labels, and with the whole text.
func (it item) judge(got, whole prune.Result) outcome {
	if it.HTML != "" {
		return it.judgePage(got, whole)
	}
	o := outcome{Outcome: pruning.Judge(it.Row, got)}
	o.allKept = o.GoldKept == len(it.Relevant)
	spans := pruning.Kept(got)
	for _, i := range it.Forbidden {
		if s := it.Sentences[i]; (pruning.Span{Start: s[0], End: s[1]}).Covered(spans) {
			o.forbiddenKept++
		}
	}
	return o
}

func (it item) judgePage(got, whole prune.Result) outcome {
	o := outcome{Outcome: pruning.Outcome{
		Survived: pruning.HoldsAny(got.Text, it.Answers),
		Chars:    utf8.RuneCountInString(whole.Text), CharsKept: utf8.RuneCountInString(got.Text),
	}}
	o.allKept = o.Survived
	for line := range strings.Lines(got.Text) {
		missing := func(cell string) bool { return !strings.Contains(line, cell) }
		o.headerKept = o.headerKept || !slices.ContainsFunc(it.Header, missing)
	}
	return o
}
