package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/ragprune/ragprune/bench/internal/report"
)

// The sets that get tables of their own.
const (
	languageSet  = "other-languages"
	pageSet      = "tables-html"
	injectionSet = "injection"
)

// describe says what each set is for and how well its sentences are ranked.
func describe(r *report.Report, results []setResult) {
	r.Section("The sets")
	var items []string
	var rows [][]string
	for _, s := range results {
		items = append(items, fmt.Sprintf("**%s**: %s", s.name, s.meaning))
		positives, sentences := 0, 0
		for _, it := range s.items {
			positives += one(it.Positive)
			sentences += len(it.Sentences)
		}
		rows = append(rows, []string{
			s.name, strconv.Itoa(len(s.items)), strconv.Itoa(len(s.items) - positives),
			report.Number(report.Ratio(sentences, len(s.items)), 0), report.Number(averagePrecision(s.items), 3),
		})
	}
	r.List(items)
	r.Text("Average precision: of the relevant sentences among those of their document, mean over documents.")
	r.Table([]string{"set", "items", "without answer", "sentences each", "average precision"}, rows)
}

// perSetting writes one line for each set.
func perSetting(r *report.Report, setting int, name string, results []setResult) {
	r.Section("At " + name)
	if setting == 0 {
		r.Text("Answer kept: an answer string is in the output. All relevant kept: at least half of every relevant sentence is. " +
			"Removed: of the characters of documents that answer. Of documents that do not: the characters removed, and how many are left empty. " +
			"Planted kept: of the sentences that were planted. Everything but " + languageSet + " is in the mean.")
	}
	var rows [][]string
	var english []figures
	for _, s := range results {
		f := figuresOf(s.items, setting)
		rows = append(rows, append([]string{s.name}, f.cells()...))
		if s.name != languageSet {
			english = append(english, f)
		}
	}
	rows = append(rows, append([]string{"mean"}, meanOf(english).cells()...))
	r.Table([]string{"set", "answer kept", "all relevant kept", "removed", "removed, no answer", "emptied, no answer", "planted kept"}, rows)
}

func (f figures) cells() []string {
	planted := "-"
	if f.forbidden > 0 {
		planted = fmt.Sprintf("%d of %d", f.forbiddenKept, f.forbidden)
	}
	return []string{
		report.Percent(f.survived), report.Percent(f.allKept), report.Percent(f.removed),
		report.Percent(f.negativeRemoved), report.Percent(f.emptied), planted,
	}
}

// meanOf is the unweighted mean over the sets that have a figure, and the sum
// of planted sentences.
func meanOf(all []figures) figures {
	var m figures
	mean := func(of func(figures) float64) float64 {
		sum, n := 0.0, 0
		for _, f := range all {
			if v := of(f); !math.IsNaN(v) {
				sum, n = sum+v, n+1
			}
		}
		return report.Ratio(sum, n)
	}
	m.survived = mean(func(f figures) float64 { return f.survived })
	m.allKept = mean(func(f figures) float64 { return f.allKept })
	m.removed = mean(func(f figures) float64 { return f.removed })
	m.negativeRemoved = mean(func(f figures) float64 { return f.negativeRemoved })
	m.emptied = mean(func(f figures) float64 { return f.emptied })
	for _, f := range all {
		m.forbidden, m.forbiddenKept = m.forbidden+f.forbidden, m.forbiddenKept+f.forbiddenKept
	}
	return m
}

// pages writes what became of the tables of pages.
func pages(r *report.Report, settings []string, results []setResult) {
	s := find(results, pageSet)
	if s == nil {
		return
	}
	r.Section("Tables of pages")
	r.Text("%d pages, pruned and returned as text: the answer is in the output; a line of it has all cells of the table's row of headers.", len(s.items))
	var rows [][]string
	for i, name := range settings {
		f := figuresOf(s.items, i)
		rows = append(rows, []string{name, report.Percent(f.survived), report.Percent(f.headers), report.Percent(f.removed)})
	}
	r.Table([]string{"setting", "answer kept", "header row kept", "removed"}, rows)
}

// planted compares planted sentences with the others that do not answer.
func planted(r *report.Report, settings []string, results []setResult) {
	s := find(results, injectionSet)
	if s == nil {
		return
	}
	r.Section("Planted sentences")
	r.Text("In the same documents: of the sentences that were planted, and of the others that do not answer, how many are kept. " +
		"As long as planted ones are kept more often than others, planting pays.")
	var rows [][]string
	for i, name := range settings {
		f := figuresOf(s.items, i)
		others, kept := 0, 0
		for _, it := range s.items {
			o := it.settings[i]
			others += len(it.Sentences) - len(it.Relevant) - len(it.Forbidden)
			kept += o.Kept - o.GoldKept - o.forbiddenKept
		}
		rows = append(rows, []string{
			name, report.Percent(report.Ratio(f.forbiddenKept, f.forbidden)), report.Percent(report.Ratio(kept, others)), report.Percent(f.survived),
		})
	}
	r.Table([]string{"setting", "planted kept", "others kept", "answer kept"}, rows)
}

// faults lists the items that lose a relevant sentence or keep a planted one,
// with the settings that do so.
func faults(r *report.Report, settings []string, results []setResult) {
	r.Section("Items with a fault")
	var items []string
	for _, s := range results {
		for _, it := range s.items {
			var answer, relevant, planted []string
			for i, name := range settings {
				o := it.settings[i]
				switch {
				case !it.Positive:
				case !o.Survived:
					answer = append(answer, name)
				case !o.allKept:
					relevant = append(relevant, name)
				}
				if o.forbiddenKept > 0 {
					planted = append(planted, name)
				}
			}
			items = append(items, fault(it.ID, "answer lost", answer)...)
			items = append(items, fault(it.ID, "relevant sentence lost", relevant)...)
			items = append(items, fault(it.ID, "planted sentence kept", planted)...)
		}
	}
	r.List(items)
}

// fault is a line about an item, or none without settings.
func fault(id, what string, settings []string) []string {
	if len(settings) == 0 {
		return nil
	}
	return []string{id + ": " + what + " at " + strings.Join(settings, ", ")}
}

func find(results []setResult, name string) *setResult {
	for i := range results {
		if results[i].name == name {
			return &results[i]
		}
	}
	return nil
}
