package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ragprune/ragprune/bench/internal/report"
	"github.com/ragprune/ragprune/prune"
)

func tables(r *report.Report, a *asker, groups []*group) {
	r.Text("Model: %s, embedder: %s. Tokens are those of the model. Budgets are filled at threshold 0, so that they alone decide, in HTML with the original tags. "+
		"Speed and memory of cleaning alone, beside htmlrag: [html](html.md).", a.engine.Bundle.ID(), a.embedder.Bundle.ID())
	for _, g := range groups {
		r.Section(g.name)
		r.Text("%s", g.about)
		sizeTable(r, g)
		keptTable(r, a, g)
		timeTable(r, a, g)
	}
}

// sizeTable says what each step leaves.
func sizeTable(r *report.Report, g *group) {
	r.Part("Tokens of a page, mean")
	mean := func(of func(sizes) int) float64 {
		sum := 0
		for _, s := range g.sizes {
			sum += of(s)
		}
		return report.Ratio(sum, len(g.sizes))
	}
	raw := mean(func(s sizes) int { return s.raw })
	row := func(name string, tokens float64) []string {
		return []string{name, report.Number(tokens, 0), report.Percent(1 - tokens/raw)}
	}
	rows := [][]string{
		row("raw", raw),
		row("cleaned, HTML", mean(func(s sizes) int { return s.html })),
		row("cleaned, text", mean(func(s sizes) int { return s.text })),
	}
	if n := mean(func(s sizes) int { return s.afterCoarse }); n > 0 {
		rows = append(rows, row("after the coarse step by words, text", n))
	}
	if n := mean(func(s sizes) int { return s.peers }); n > 0 {
		rows = append(rows, row("clean_html of htmlrag", n))
	}
	r.Table([]string{"step", "tokens", "removed"}, rows)
	words, kept := 0, 0
	for _, s := range g.sizes {
		words, kept = words+s.words, kept+s.wordsKept
	}
	r.Text("Visible words of all pages: %d; in the cleaned HTML, read by another parser: %d.", words, kept)
}

// keptTable says how many answers are in what is left.
func keptTable(r *report.Report, a *asker, g *group) {
	r.Part("Answers kept in a budget")
	header := []string{"system"}
	for _, b := range a.budgets {
		header = append(header, fmt.Sprintf("%d", b))
	}
	header = append(header, "tokens used of "+strconv.Itoa(a.budgets[len(a.budgets)-1]))
	var rows [][]string
	for _, name := range namesOf(g.outcomes) {
		row := []string{name}
		used := 0
		for _, b := range a.budgets {
			kept, all := 0, 0
			used = 0
			for _, o := range g.outcomes {
				if o.system == name && o.budget == b {
					all++
					used += o.tokens
					if o.kept {
						kept++
					}
				}
			}
			row = append(row, fmt.Sprintf("%d of %d (%s)", kept, all, report.Percent(report.Ratio(kept, all))))
			used /= max(all, 1)
		}
		rows = append(rows, append(row, strconv.Itoa(used)))
	}
	r.Table(header, rows)
	if len(g.failures) > 0 {
		var list []string
		for _, f := range slices.Sorted(maps.Keys(g.failures)) {
			list = append(list, fmt.Sprintf("%s (%d)", f, g.failures[f]))
		}
		r.Text("What htmlrag could not do, and has lost the answer of:")
		r.List(list)
	}
}

// timeTable has the time of the first request of a question.
func timeTable(r *report.Report, a *asker, g *group) {
	r.Part("Time of the steps")
	r.Text("Milliseconds, median of the first request of each question, when nothing was known, on a machine that others use, too: compare the columns of one table. For htmlrag score is the embedding and decide its pruning of one budget.")
	var rows [][]string
	for _, name := range namesOf(g.outcomes) {
		var parse, coarse, score, decide, total, read []float64
		for _, o := range g.outcomes {
			if o.system == name && o.cold && (o.read > 0 || !isModel(name)) {
				parse, coarse, score = append(parse, o.timing.Parse), append(coarse, o.timing.Coarse), append(score, o.timing.Score)
				decide, total = append(decide, o.timing.Decide+o.timing.Render), append(total, o.timing.Total)
				read = append(read, float64(o.read))
			}
		}
		if len(total) == 0 {
			continue
		}
		row := []string{name}
		for _, v := range [][]float64{parse, coarse, score, decide, total} {
			row = append(row, report.Number(report.Median(v), 1))
		}
		rows = append(rows, append(row, report.Number(report.Mean(read), 0)))
	}
	r.Table([]string{"system", "parse", "coarse", "score", "decide", "total", "tokens read"}, rows)
}

// isModel reports whether a system needs a model. What it read for a system
// that was asked before costs nothing more and has no time.
func isModel(name string) bool {
	return name != string(prune.ScorerBM25) && !strings.HasPrefix(name, "htmlrag")
}

// namesOf lists the systems in the order of their first answer.
func namesOf(outcomes []outcome) []string {
	var names []string
	for _, o := range outcomes {
		if !slices.Contains(names, o.system) {
			names = append(names, o.system)
		}
	}
	return names
}
