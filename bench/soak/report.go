package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/ragprune/ragprune/bench/internal/report"
)

// series is one figure of the samples and how much it may rise in a minute.
type series struct {
	name  string
	unit  string
	of    func(sample) float64
	bound float64 // 0: it is only told
}

func allSeries() []series {
	return []series{
		{"resident memory", "MiB", func(s sample) float64 { return s.resident }, 1},
		{"of it native (ONNX Runtime)", "MiB", func(s sample) float64 { return s.native }, 1},
		{"Go heap", "MiB", func(s sample) float64 { return s.heap }, 0},
		{"goroutines", "", func(s sample) float64 { return s.goroutines }, 0.2},
		{"descriptors", "", func(s sample) float64 { return s.descriptors }, 0.2},
		{"threads", "", func(s sample) float64 { return s.threads }, 0.2},
	}
}

// slope is the rise in a minute of the line of least squares through the
// values; 0 if there are not two times.
func slope(times []time.Duration, values []float64) float64 {
	var meanTime, meanValue float64
	for i := range times {
		meanTime += times[i].Minutes()
		meanValue += values[i]
	}
	meanTime /= float64(len(times))
	meanValue /= float64(len(times))
	var both, square float64
	for i := range times {
		d := times[i].Minutes() - meanTime
		both += d * (values[i] - meanValue)
		square += d * d
	}
	if square == 0 {
		return 0
	}
	return both / square
}

// figures are those of one series after the warm-up.
type figures struct {
	series
	first, smallest, median, largest, last, slope float64
}

func (f figures) holds() bool { return f.bound == 0 || f.slope <= f.bound }

func measure(s series, samples []sample) figures {
	var times []time.Duration
	var values []float64
	for _, x := range samples {
		times, values = append(times, x.at), append(values, s.of(x))
	}
	return figures{
		series: s, first: values[0], smallest: report.Quantile(values, 0), median: report.Median(values),
		largest: report.Quantile(values, 1), last: values[len(values)-1], slope: slope(times, values),
	}
}

// finish writes the page and says whether everything holds.
func finish(o options, r *report.Report, samples []sample, done [kinds]count, skipped int) error {
	var after []sample
	for _, s := range samples {
		if s.at >= o.warmup {
			after = append(after, s)
		}
	}
	if len(after) < 2 {
		return errors.New("fewer than two samples after the warm-up")
	}
	r.Text("Mixed traffic for %v at %g requests a second, a sample every %v. Slopes are of the line of least squares through the %d samples after a warm-up of %v, in a minute.",
		o.time, o.rate, o.every, len(after), o.warmup)
	errs := writeFigures(r, after)
	errs = append(errs, writeCounts(r, done, skipped)...)
	writeTimes(r, o, samples)
	fmt.Fprint(os.Stderr, r.String())
	return errors.Join(append(errs, r.Write(o.out))...)
}

// writeFigures writes what the service held; each bound that is broken is an
// error.
func writeFigures(r *report.Report, after []sample) (errs []error) {
	rows := make([][]string, 0, 6)
	for _, s := range allSeries() {
		f := measure(s, after)
		verdict := "-"
		if f.bound > 0 {
			verdict = fmt.Sprintf("at most %g: held", f.bound)
		}
		if !f.holds() {
			verdict = fmt.Sprintf("at most %g: broken", f.bound)
			errs = append(errs, fmt.Errorf("%s: rises by %.2f %s a minute, want at most %g", f.name, f.slope, f.unit, f.bound))
		}
		cells := []string{f.name}
		for _, v := range []float64{f.first, f.smallest, f.median, f.largest, f.last} {
			cells = append(cells, report.Number(v, 0))
		}
		rows = append(rows, append(cells, fmt.Sprintf("%+.3f", f.slope), verdict))
	}
	r.Section("What it holds after the warm-up")
	r.Text("Memory in MiB.")
	r.Table([]string{"", "first", "least", "median", "most", "last", "slope", "bound"}, rows)
	return errs
}

// writeCounts writes what was sent; a kind with another answer than expected is
// an error.
func writeCounts(r *report.Report, done [kinds]count, skipped int) (errs []error) {
	rows := make([][]string, 0, kinds)
	for k, c := range done {
		rows = append(rows, []string{kind(k).String(), fmt.Sprint(c.sent), fmt.Sprint(c.sent - c.expected)})
		if c.unexpected != "" {
			errs = append(errs, fmt.Errorf("%v: %d answers not as expected, first: %s", kind(k), c.sent-c.expected, c.unexpected))
		}
	}
	r.Section("Traffic")
	r.Text("Expected is 200, 4xx for a bad body, and anything for a caller who leaves after 1 to 120 ms. %d requests were left out because as many as allowed were under way.", skipped)
	r.Table([]string{"kind", "sent", "not as expected"}, rows)
	return errs
}

// writeTimes writes about twenty samples of the whole run.
func writeTimes(r *report.Report, o options, samples []sample) {
	var rows [][]string
	next := time.Duration(0)
	for _, s := range samples {
		if s.at < next {
			continue
		}
		next = s.at + o.time/20
		row := []string{s.at.Round(time.Second).String()}
		for _, x := range allSeries() {
			row = append(row, report.Number(x.of(s), 0))
		}
		rows = append(rows, row)
	}
	header := []string{"time"}
	for _, x := range allSeries() {
		header = append(header, x.name)
	}
	r.Section("Over time")
	r.Table(header, rows)
}
