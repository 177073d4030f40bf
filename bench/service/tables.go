package main

import (
	"slices"
	"strconv"

	"github.com/ragprune/ragprune/bench/internal/report"
)

func latency(r *report.Report, levels []level) {
	r.Section("Time of a request")
	r.Text("Milliseconds at the caller over loopback, answer read, not decoded. Every caller sends its next request after the last answer. " +
		"Cold: documents that were never sent before. Cached: documents whose scores are in the cache. " +
		"Refused: status 429; degraded: answers with a document scored a cheaper way.")
	header := []string{"callers", "", "requests", "p50 ms", "p95 ms", "max ms", "requests/s", "refused", "degraded"}
	var rows [][]string
	misplaced := 0
	for _, l := range levels {
		rows = append(rows, l.cold.row(l.callers, "cold"), l.cached.row(l.callers, "cached"))
		misplaced += l.cold.misplaced + l.cached.misplaced
	}
	r.Table(header, rows)
	if misplaced > 0 {
		r.Text("%d answers were not of the kind they are counted as (a cold request answered from the cache or the reverse).", misplaced)
	}
}

func (l load) row(callers int, kind string) []string {
	slowest := 0.0
	if len(l.milliseconds) > 0 {
		slowest = slices.Max(l.milliseconds)
	}
	return []string{
		strconv.Itoa(callers), kind, strconv.Itoa(len(l.milliseconds)),
		report.Number(report.Median(l.milliseconds), 2), report.Number(report.Quantile(l.milliseconds, 0.95), 2), report.Number(slowest, 2),
		report.Number(float64(len(l.milliseconds))/l.wall.Seconds(), 1), strconv.Itoa(l.refused), strconv.Itoa(l.degraded),
	}
}

func throughput(r *report.Report, o options, result results) {
	r.Section("Against the bare session")
	var tokens []float64
	for _, n := range result.windows {
		tokens = append(tokens, float64(n))
	}
	r.Text("Tokens per second of model input. A round sends %d requests from %d callers to the service and then runs the same %d windows "+
		"(median %.0f tokens, question and special tokens included) on the ONNX session alone, with one worker of one thread for each core in both. Aim: a ratio of at least 0.9.",
		o.round, comparers, len(result.windows), report.Median(tokens))
	var rows [][]string
	var service, bare, ratio []float64
	for i, p := range result.rounds {
		service, bare, ratio = append(service, p.service), append(bare, p.bare), append(ratio, p.service/p.bare)
		rows = append(rows, []string{strconv.Itoa(i + 1), report.Number(p.service, 0), report.Number(p.bare, 0), report.Number(p.service/p.bare, 3)})
	}
	rows = append(rows, []string{"median", report.Number(report.Median(service), 0), report.Number(report.Median(bare), 0), report.Number(report.Median(ratio), 3)})
	r.Table([]string{"round", "service", "bare session", "ratio"}, rows)
}

func memoryTable(r *report.Report, m memory) {
	r.Section("Resident memory of the service")
	if m.idle == 0 {
		r.Text("Not measured: the process is not known (`-serve` or `-pid`).")
		return
	}
	mib := func(bytes int64) string { return report.Number(float64(bytes)/(1<<20), 0) }
	r.Text("MiB. Idle: after the start. Load: the largest of samples every 50 ms over the whole run. After: 10 seconds after the last answer, with the cache filled by the run.")
	r.Table([]string{"idle", "load", "after"}, [][]string{{mib(m.idle), mib(m.load), mib(m.after)}})
}
