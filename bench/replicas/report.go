package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ragprune/ragprune/bench/internal/report"
)

// setting is what all runs share.
type setting struct {
	model  string
	tokens float64 // of a document
	cores  []int
}

func fill(page *report.Report, o options, s setting, runs [][]result) {
	page.Text("Processes of the service, each with one worker (`RAGPRUNE_WORKERS=1`), no embedder and no cache, so that every request is computed. "+
		"Requests: %d documents of %s tokens that were never sent before. Model: %s.", o.documents, report.Number(s.tokens, 0), s.model)
	page.Text("Each process may use one core only, from its start; all its threads were checked before and after the load. %s "+
		"Where processes are more than the cores (%d), some share a core.", placement(s.cores, o.processes), len(s.cores))
	page.Text("%d callers for each process; each sends its next request after the last answer, and the requests go to the processes in turn. "+
		"So the processes of the fullest core bound the rest: *at most* is the ratio if nothing but cores mattered.", o.callers)
	page.Text("The callers are on the same machine, on any of the cores, and take their part: *generator* is what they used, in percent of one core, " +
		"the making of the texts included. With one process they find another core free, if there is one; with a process on each core they do not. " +
		"*On cores* is what the processes together used, in cores: much less than the cores that they are on means that something else ran there, or that they waited.")
	medians(page, s, runs)
	page.Text("Medians of %d rounds, each %v after %v under load; every round begins its processes anew, and every other round goes from many to one. "+
		"A request that lies in this time in part counts with this part. *Ratio*: tokens per second over those of one process in the same round. "+
		"*Failed*: requests without an answer of the model, of all rounds, warm-up included; *degraded*: those with a document scored a cheaper way. Both must be 0.",
		o.rounds, o.time, o.warmup)
	page.Section("Rounds")
	rounds(page, runs)
}

// placement says which process is on which core.
func placement(cores []int, processes int) string {
	var parts []string
	for i := range processes {
		parts = append(parts, fmt.Sprintf("process %d on core %d", i+1, cores[i%len(cores)]))
	}
	return "Here: " + strings.Join(parts, ", ") + "."
}

// most is the ratio of n processes on so many cores that get equally many
// requests, if nothing but the fullest core bounds them.
func most(n, cores int) float64 { return float64(n) / float64((n+cores-1)/cores) }

func medians(page *report.Report, s setting, runs [][]result) {
	header := []string{"processes", "requests/s", "tokens/s", "ratio", "at most", "median ms", "on cores", "generator", "failed", "degraded"}
	var rows [][]string
	for i, all := range runs {
		var requests, tokens, ratio, milliseconds, processes, generator []float64
		failed, degraded := 0, 0
		for round, r := range all {
			requests, tokens = append(requests, r.requests), append(tokens, r.tokens)
			ratio = append(ratio, report.Ratio(r.tokens, runs[0][round].tokens))
			milliseconds, generator = append(milliseconds, r.milliseconds), append(generator, r.generator)
			processes = append(processes, r.processes)
			failed, degraded = failed+r.failed, degraded+r.degraded
		}
		rows = append(rows, []string{
			strconv.Itoa(i + 1), report.Number(report.Median(requests), 2), report.Number(report.Median(tokens), 0),
			report.Number(report.Median(ratio), 2), report.Number(most(i+1, len(s.cores)), 2), report.Number(report.Median(milliseconds), 0),
			report.Number(report.Median(processes), 2), report.Percent(report.Median(generator)), strconv.Itoa(failed), strconv.Itoa(degraded),
		})
	}
	page.Table(header, rows)
}

func rounds(page *report.Report, runs [][]result) {
	var rows [][]string
	for round := range runs[0] {
		for i, all := range runs {
			r := all[round]
			rows = append(rows, []string{
				strconv.Itoa(round + 1), strconv.Itoa(i + 1), report.Number(r.requests, 2), report.Number(r.tokens, 0),
				report.Number(report.Ratio(r.tokens, runs[0][round].tokens), 2), report.Number(r.processes, 2), report.Percent(r.generator),
			})
		}
	}
	page.Table([]string{"round", "processes", "requests/s", "tokens/s", "ratio", "on cores", "generator"}, rows)
}

// failures is an error if a request failed or was degraded.
func failures(runs [][]result) error {
	failed, degraded := 0, 0
	var cause error
	for _, all := range runs {
		for _, r := range all {
			failed, degraded = failed+r.failed, degraded+r.degraded
			if r.cause != nil {
				cause = r.cause
			}
		}
	}
	switch {
	case failed > 0:
		return fmt.Errorf("%d requests failed, %d were degraded; a failure: %w", failed, degraded, cause)
	case degraded > 0:
		return fmt.Errorf("%d requests were degraded", degraded)
	}
	return nil
}
