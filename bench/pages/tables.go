package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ragprune/ragprune/bench/internal/report"
	"github.com/ragprune/ragprune/prune"
)

// totals writes one line per setting and format over all pages.
func totals(r *report.Report, settings []setting, results []pageResult) {
	r.Section("All pages")
	var visible, before []float64
	for _, p := range results {
		visible, before = append(visible, float64(p.visible)), append(before, float64(p.before))
	}
	r.Text("A page has %.0f tokens in the mean with its markup and %.0f as text. Answer kept: an answer string is in the output, "+
		"of the questions that the page answers. Tokens: mean per question. Removed: of the text's tokens. "+
		"Nothing left: share of the questions without an answer that get an empty text. "+
		"Read by the model: tokens, mean of the requests whose scores were not in the cache. "+
		"Invented: words of the output, over all its requests, that are not in the page after the words before them.",
		report.Mean(before), report.Mean(visible))
	header := []string{"setting", "format", "answer kept", "tokens kept", "removed", "tokens, no answer", "nothing left", "read by the model", "invented", "degraded"}
	var rows [][]string
	for _, s := range settings {
		for _, f := range []prune.Format{prune.FormatText, prune.FormatHTML} {
			rows = append(rows, totalRow(s, f, results))
		}
	}
	r.Table(header, rows)
	var all []outcome
	for _, p := range results {
		all = append(all, p.outcomes...)
	}
	cold, cached := times(all, true), times(all, false)
	r.Text("Wall time at the caller, milliseconds: p50 %s and p95 %s when the model ran (%d requests, the first of each question); "+
		"p50 %s and p95 %s from the cache (%d requests, other settings and formats of a question).",
		report.Number(report.Median(cold), 0), report.Number(report.Quantile(cold, 0.95), 0), len(cold),
		report.Number(report.Median(cached), 1), report.Number(report.Quantile(cached, 0.95), 1), len(cached))
}

func totalRow(s setting, f prune.Format, results []pageResult) []string {
	var all []outcome
	visible := 0
	for _, p := range results {
		got := p.where(s.name, f)
		all = append(all, got...)
		visible += p.visible * len(got)
	}
	removed := "-"
	if f == prune.FormatText {
		removed = report.Percent(1 - report.Ratio(sum(values(all, tokensAfter)), visible))
	}
	answered, unanswered := split(all)
	empty := 0
	for _, o := range unanswered {
		if o.tokens == 0 {
			empty++
		}
	}
	return []string{
		s.name, string(f),
		fmt.Sprintf("%d of %d (%s)", kept(all), len(answered), report.Percent(report.Ratio(kept(all), len(answered)))),
		report.Number(report.Mean(values(answered, tokensAfter)), 0), removed,
		report.Number(report.Mean(values(unanswered, tokensAfter)), 0), report.Percent(report.Ratio(empty, len(unanswered))),
		modelTokens(all),
		strconv.Itoa(int(sum(values(all, func(o outcome) float64 { return float64(o.invented) })))),
		strconv.Itoa(int(sum(values(all, func(o outcome) float64 { return oneIf(o.degraded) })))),
	}
}

// modelTokens is the mean of what the model read when it ran.
func modelTokens(all []outcome) string {
	var read []float64
	for _, o := range all {
		if o.cold {
			read = append(read, float64(o.read))
		}
	}
	if len(read) == 0 {
		return "-"
	}
	return report.Number(report.Mean(read), 0)
}

// perPage writes, for the text output, one line per page and setting pair.
func perPage(r *report.Report, settings []setting, results []pageResult) {
	r.Section("Page by page (text)")
	r.Text("Per setting: answers kept of three, mean tokens kept. Cold: median of the questions' first requests.")
	header := []string{"page", "tokens with markup", "tokens of text", "cold ms"}
	for _, s := range settings {
		header = append(header, s.name)
	}
	var rows [][]string
	for _, p := range results {
		cold := report.Median(times(p.outcomes, true))
		row := []string{p.Name, strconv.Itoa(p.before), strconv.Itoa(p.visible), report.Number(cold, 0)}
		for _, s := range settings {
			got := p.where(s.name, prune.FormatText)
			row = append(row, fmt.Sprintf("%d, %.0f", kept(got), report.Mean(values(got, tokensAfter))))
		}
		rows = append(rows, row)
	}
	r.Table(header, rows)
}

// missed lists the questions whose answer did not survive, with the settings
// that lost it.
func missed(r *report.Report, settings []setting, results []pageResult) {
	r.Section("Answers lost (text)")
	var items []string
	for _, p := range results {
		for _, q := range p.Questions {
			var lost strings.Builder
			for _, s := range settings {
				for _, o := range p.where(s.name, prune.FormatText) {
					if o.Query == q.Query && o.Answerable && !o.kept {
						lost.WriteString(" " + s.name)
					}
				}
			}
			if lost.String() != "" {
				items = append(items, fmt.Sprintf("%s: %s Lost at%s.", p.Name, q.Query, lost.String()))
			}
		}
	}
	r.List(items)
}

func split(all []outcome) (answered, unanswered []outcome) {
	for _, o := range all {
		if o.Answerable {
			answered = append(answered, o)
		} else {
			unanswered = append(unanswered, o)
		}
	}
	return answered, unanswered
}

func kept(all []outcome) int {
	n := 0
	for _, o := range all {
		if o.Answerable && o.kept {
			n++
		}
	}
	return n
}

func answerable(all []outcome) int {
	answered, _ := split(all)
	return len(answered)
}

func values(all []outcome, of func(outcome) float64) []float64 {
	var out []float64
	for _, o := range all {
		out = append(out, of(o))
	}
	return out
}

func tokensAfter(o outcome) float64 { return float64(o.tokens) }

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func sum(values []float64) float64 {
	var s float64
	for _, v := range values {
		s += v
	}
	return s
}

// times are the milliseconds of the answers for which the model ran, or of the
// others.
func times(all []outcome, cold bool) []float64 {
	var out []float64
	for _, o := range all {
		if o.cold == cold {
			out = append(out, o.milliseconds)
		}
	}
	return out
}
