package eval

import (
	"fmt"

	"github.com/ragprune/ragprune/bench/internal/report"
)

// oneThreshold compares systems that are given the same threshold for all
// sets, as a service is that does not know where a document comes from: scores
// must mean the same everywhere. Systems without absolute scores are left out.
func (p page) oneThreshold() {
	var rows [][]string
	for _, s := range p.report.Systems {
		sweep := s.Mean.Sweep
		if len(sweep) == 0 {
			continue
		}
		shares := []float64{1, 0.5, 0.2}
		if sweep[len(sweep)-1].NegativesRemoved == 0 {
			shares = shares[:1] // nobody measured negatives
		}
		for _, share := range shares {
			from := "positives"
			if share < 1 {
				from = fmt.Sprintf("%.0f %% positives, %.0f %% negatives", 100*share, 100*(1-share))
			}
			row := []string{s.Name, from}
			for _, k := range keptAt {
				row = append(row, report.Percent(keptOf(sweep, share, k.removed)))
			}
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return
	}
	p.Part("Answers kept with one threshold for all sets")
	p.Text("Means over the sets at the threshold where the mean of the removed characters is as given: of positive passages, or of a mixture with negative ones.")
	p.Table(removedHeader("system", "removed from"), rows)
}

// keptOf reads a sweep where so much is removed of a mixture with that share of
// positives.
func keptOf(sweep []SweepPoint, positives, removed float64) float64 {
	low := SweepPoint{AnswerKept: 1}
	for _, high := range append(sweep[:len(sweep):len(sweep)], SweepPoint{Removed: 1, NegativesRemoved: 1}) {
		from, to := low.of(positives), high.of(positives)
		if to >= removed {
			share := 0.0
			if to > from {
				share = (removed - from) / (to - from)
			}
			return low.AnswerKept + share*(high.AnswerKept-low.AnswerKept)
		}
		low = high
	}
	return low.AnswerKept
}

// of is what a threshold removes of a mixture.
func (p SweepPoint) of(positives float64) float64 {
	return positives*p.Removed + (1-positives)*p.NegativesRemoved
}
