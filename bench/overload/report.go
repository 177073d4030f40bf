package main

import (
	"fmt"

	"github.com/ragprune/ragprune/bench/internal/report"
)

func (b *bench) write(capacity float64, levels []level) error {
	r := report.New("Overload", "go run ./bench/overload -serve bin/ragprune")
	r.Text("Requests of %d new documents of %s tokens, sent at a fixed rate whether answers come or not, %v for each level. "+
		"Capacity: what %d callers get who wait for each answer, %s requests a second. Goodput: answers in full a second, "+
		"until the last answer. Times are of answers in full; refused are those with 429.",
		b.documents, report.Number(b.texts.MeanTokens(), 0), b.time, b.callers, report.Number(capacity, 1))
	rows := make([][]string, len(levels))
	for i, l := range levels {
		rows[i] = []string{
			fmt.Sprintf("%g", l.factor), fmt.Sprint(l.sent), fmt.Sprint(l.full), fmt.Sprint(l.degraded), fmt.Sprint(l.refused), fmt.Sprint(l.failed),
			report.Number(l.goodput(), 1), report.Percent(l.goodput() / capacity),
			report.Number(report.Median(l.milliseconds), 0), report.Number(report.Quantile(l.milliseconds, 0.99), 0),
			report.Number(report.Median(l.refusals), 1), report.Number(report.Median(l.retryAfter), 0),
			report.Number(float64(l.resident)/(1<<20), 0),
		}
	}
	r.Table([]string{
		"times the capacity", "sent", "in full", "degraded", "refused", "failed", "goodput/s", "of the capacity",
		"p50 ms", "p99 ms", "refusal p50 ms", "Retry-After p50 s", "RSS MiB",
	}, rows)
	return r.Write(b.out)
}
