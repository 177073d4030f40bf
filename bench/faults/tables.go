package main

import (
	"strconv"
	"time"

	"github.com/ragprune/ragprune/bench/internal/report"
	"github.com/ragprune/ragprune/cache/redis/faults"
)

// The aims.
const (
	aimAdded    = 100 * time.Millisecond
	aimWorst    = 250 * time.Millisecond
	aimRecovery = 5 * time.Second
)

func tables(page *report.Report, rows []faults.Row, failed []error) {
	page.Text("Failed: an error, or an answer that is degraded. Wrong: another answer than before the fault, compared byte for byte. " +
		"Waited: the time of a request in which it waited for Redis, its own round trips and those of leases, and nothing else ran. " +
		"p99 with and without: the whole request, and the same requests side by side without any cache; the difference is what a caller sees, " +
		"the lookup saving what it found and costing what it waited. " +
		"From Redis: documents whose scores were found there during the fault. Recovery: from the end of the fault until a request is answered from Redis again. " +
		"Late: how much later than asked a sleeper woke up meanwhile, which is the part of a busy machine in what was waited. " +
		"Dials: connections begun per second. Log: lines from the start to the recovery. Milliseconds where nothing else is said; of fewer than 100 requests the 99th percentile is the slowest.")
	page.Text("Aims: failed 0, wrong 0, waited at p99 at most %d ms and at most %d ms in the worst case, recovery in at most %d s.",
		aimAdded.Milliseconds(), aimWorst.Milliseconds(), int(aimRecovery.Seconds()))
	var table [][]string
	kept := 0
	for _, r := range rows {
		if keeps(r) {
			kept++
		}
		table = append(table, []string{
			r.Fault, strconv.Itoa(r.Requests), strconv.Itoa(r.Failed), strconv.Itoa(r.Wrong),
			ms(r.Waited.P50), ms(r.Waited.P99), ms(r.Waited.Worst), ms(r.Late.P99), ms(r.Late.Worst), ms(r.With.P99), ms(r.Without.P99),
			strconv.Itoa(r.Cached), ms(r.Recovery), report.Number(r.Dials, 1), strconv.Itoa(r.Lines),
		})
	}
	page.Table([]string{
		"fault", "requests", "failed", "wrong", "waited p50", "waited p99", "waited max", "late p99", "late max", "p99 with", "p99 without",
		"from Redis", "recovery", "dials/s", "log",
	}, table)
	page.Text("%d of %d keep all aims.", kept, len(rows))
	for _, err := range failed {
		if err != nil {
			page.Text("Not measured: %v.", err)
		}
	}
}

func keeps(r faults.Row) bool {
	return r.Failed == 0 && r.Wrong == 0 && r.Waited.P99 <= aimAdded && r.Waited.Worst <= aimWorst && r.Recovery <= aimRecovery
}

func ms(d time.Duration) string { return report.Number(report.Milliseconds(d), 1) }
