package main

import (
	"math"
	"strconv"

	"github.com/ragprune/ragprune/bench/internal/report"
)

// figures of one set, or the mean of several, with one setting.
type figures struct {
	survived, removed, precision, recall, f2 float64
}

func (s setResult) figures(setting int) figures {
	var survived, chars, charsKept, kept, gold, goldKept int
	for _, r := range s.rows {
		o := r.settings[setting]
		if o.Survived {
			survived++
		}
		chars, charsKept = chars+o.Chars, charsKept+o.CharsKept
		kept, goldKept, gold = kept+o.Kept, goldKept+o.GoldKept, gold+r.gold
	}
	f := figures{
		survived: report.Ratio(survived, len(s.rows)), removed: 1 - report.Ratio(charsKept, chars),
		recall: report.Ratio(goldKept, gold),
	}
	if kept > 0 {
		f.precision = report.Ratio(goldKept, kept)
	}
	f.f2 = f2(f.precision, f.recall)
	return f
}

// mean is the unweighted mean over sets.
func mean(results []setResult, setting int) figures {
	var m figures
	n := float64(len(results))
	for _, s := range results {
		f := s.figures(setting)
		m.survived += f.survived / n
		m.removed += f.removed / n
		m.precision += f.precision / n
		m.recall += f.recall / n
		m.f2 += f.f2 / n
	}
	return m
}

func (f figures) cells() []string {
	return []string{
		report.Percent(f.survived), report.Percent(f.removed),
		report.Number(f.precision, 3), report.Number(f.recall, 3), report.Number(f.f2, 3),
	}
}

const legend = "Answer survives: an answer string that is in the text is in the output, or, for rows without one, a gold sentence was kept. " +
	"Removed: of the characters of the passages. Precision, recall and F2 count sentences of a whole set; a sentence is kept if at least half of it is " +
	"in the kept ranges, so recall is the share of gold sentences kept."

func summary(r *report.Report, settings []string, results []setResult) {
	r.Section("Mean over the sets")
	r.Text(legend)
	var rows [][]string
	for i, s := range settings {
		rows = append(rows, append([]string{s}, mean(results, i).cells()...))
	}
	r.Table([]string{"setting", "answer survives", "removed", "precision", "recall", "F2"}, rows)
}

func (s setResult) averagePrecision() float64 {
	var all []float64
	for _, r := range s.rows {
		if !math.IsNaN(r.averagePrecision) {
			all = append(all, r.averagePrecision)
		}
	}
	return report.Mean(all)
}

func (s setResult) auc() float64 {
	var positives []float64
	for _, r := range s.rows {
		positives = append(positives, r.score)
	}
	return auc(positives, s.negatives)
}

func ranking(r *report.Report, results []setResult) {
	r.Section("Ranking")
	r.Text("Average precision: of the gold sentences among those of a passage, mean over rows. AUC: the probability that the document score of a positive " +
		"exceeds that of a negative: the passage of another query that BM25 finds nearest, and rows that the set labels as not answering.")
	var rows [][]string
	var precisions, aucs []float64
	for _, s := range results {
		precisions, aucs = append(precisions, s.averagePrecision()), append(aucs, s.auc())
		rows = append(rows, []string{
			s.name, strconv.Itoa(len(s.rows)), strconv.Itoa(len(s.negatives)),
			report.Number(s.averagePrecision(), 3), report.Number(s.auc(), 3), report.Number(s.seconds, 1),
		})
	}
	rows = append(rows, []string{"mean", "", "", report.Number(report.Mean(precisions), 3), report.Number(report.Mean(aucs), 3), ""})
	r.Table([]string{"set", "positives", "negatives", "average precision", "AUC", "seconds"}, rows)
}

func perSet(r *report.Report, setting int, name string, results []setResult) {
	r.Section("At " + name)
	var rows [][]string
	for _, s := range results {
		rows = append(rows, append([]string{s.name}, s.figures(setting).cells()...))
	}
	rows = append(rows, append([]string{"mean"}, mean(results, setting).cells()...))
	r.Table([]string{"set", "answer survives", "removed", "precision", "recall", "F2"}, rows)
}
