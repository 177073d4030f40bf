package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ragprune/ragprune/bench/internal/report"
)

// languages writes a line for each language, in the order of the set.
func languages(r *report.Report, settings []string, results []setResult) {
	s := find(results, languageSet)
	if s == nil {
		return
	}
	groups := byLanguage(s.items)
	r.Section("Languages")
	r.Text("Characters a token: how finely the vocabulary of the model cuts the text; English has four to five. " +
		"Unknown: tokens for which the vocabulary has nothing, so that the model cannot tell them apart. " +
		"cross: the query is in another language than the document.")
	r.Text("What this model does with them at %s: %s", settings[0], untouched(groups))
	header := []string{"language", "items", "characters a token", "unknown", "average precision"}
	for _, name := range settings {
		header = append(header, "kept at "+name, "removed")
	}
	var rows [][]string
	for _, group := range groups {
		rows = append(rows, languageRow(group))
	}
	r.Table(header, rows)
}

// untouched tells, for the first setting, which languages are hardly pruned
// and which lose answers.
func untouched(groups [][]itemResult) string {
	var whole, losing []string
	for _, group := range groups {
		f := figuresOf(group, 0)
		if name := language(group[0].ID); f.survived < 1 {
			losing = append(losing, name)
		} else if f.removed < 0.05 {
			whole = append(whole, name)
		}
	}
	return fmt.Sprintf("documents stay (almost) whole, less than 5 %% removed, in %s; answers are lost in %s. "+
		"The other languages are pruned and keep their answers.", orNone(whole), orNone(losing))
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

func languageRow(group []itemResult) []string {
	var chars, tokens, unknown int
	for _, it := range group {
		chars, tokens, unknown = chars+it.settings[0].Chars, tokens+it.tokens, unknown+it.unknown
	}
	row := []string{
		language(group[0].ID), strconv.Itoa(len(group)), report.Number(report.Ratio(chars, tokens), 1),
		report.Percent(report.Ratio(unknown, tokens)), report.Number(averagePrecision(group), 3),
	}
	for i := range group[0].settings {
		kept := 0
		for _, it := range group {
			kept += one(it.settings[i].Survived)
		}
		row = append(row, fmt.Sprintf("%d of %d", kept, len(group)), report.Percent(figuresOf(group, i).removed))
	}
	return row
}

// byLanguage groups neighbouring items of one language.
func byLanguage(items []itemResult) [][]itemResult {
	var groups [][]itemResult
	for i, it := range items {
		if i == 0 || language(it.ID) != language(items[i-1].ID) {
			groups = append(groups, nil)
		}
		last := &groups[len(groups)-1]
		*last = append(*last, it)
	}
	return groups
}

// language is the first word of an item's name.
func language(id string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(id, languageSet+"/"), "-")
	return name
}
