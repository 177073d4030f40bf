package main

import (
	"math"

	"github.com/ragprune/ragprune/bench/internal/report"
)

// figures of items with one setting; NaN where there is nothing to count.
type figures struct {
	// survived, allKept and removed are of the items with an answer.
	survived, allKept, removed float64
	// emptied and negativeRemoved are of the items without one: nothing is
	// left, and the share of their characters that is gone.
	emptied, negativeRemoved float64
	// forbidden and forbiddenKept count planted sentences.
	forbidden, forbiddenKept int
	// headers is the share of pages that keep their row of headers.
	headers float64
}

func figuresOf(items []itemResult, setting int) figures {
	var f figures
	var positives, negatives, pages, survived, allKept, emptied, headers int
	var chars, kept, negativeChars, negativeKept int
	for _, it := range items {
		o := it.settings[setting]
		f.forbidden += len(it.Forbidden)
		f.forbiddenKept += o.forbiddenKept
		if !it.Positive {
			negatives++
			emptied += one(o.CharsKept == 0)
			negativeChars, negativeKept = negativeChars+o.Chars, negativeKept+o.CharsKept
			continue
		}
		positives++
		survived += one(o.Survived)
		allKept += one(o.allKept)
		pages += one(it.HTML != "")
		headers += one(o.headerKept)
		chars, kept = chars+o.Chars, kept+o.CharsKept
	}
	f.survived, f.allKept = report.Ratio(survived, positives), report.Ratio(allKept, positives)
	f.removed = 1 - report.Ratio(kept, chars)
	f.emptied, f.negativeRemoved = report.Ratio(emptied, negatives), 1-report.Ratio(negativeKept, negativeChars)
	f.headers = report.Ratio(headers, pages)
	return f
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// averagePrecision is the mean over items that have one.
func averagePrecision(items []itemResult) float64 {
	var values []float64
	for _, it := range items {
		if !math.IsNaN(it.averagePrecision) {
			values = append(values, it.averagePrecision)
		}
	}
	return report.Mean(values)
}
