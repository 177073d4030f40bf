// Command memory measures how much more memory a service takes for one request
// than it has when idle: bodies of several sizes in shapes that are hard to
// hold, each sent to a service that was just started. It ends with an error
// when one takes more than ten times its body and 64 MiB, and writes
// bench/results/memory.md.
//
//	main.go    flags, and the way of a run
//	shapes.go  the bodies
//
// Usage, with a binary that `make build` made; it is started for each body:
//
//	go run ./bench/memory -serve bin/ragprune
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ragprune/ragprune/bench/internal/program"
	"github.com/ragprune/ragprune/bench/internal/remote"
	"github.com/ragprune/ragprune/bench/internal/report"
)

// What a request may take over the memory of an idle service.
const (
	factor    = 10
	allowance = 64 // MiB
	mib       = 1 << 20
)

type options struct {
	service remote.Options
	sizes   string
	shapes  string
	request time.Duration
	out     string
	timeout time.Duration
}

func parseFlags() options {
	var o options
	flag.StringVar(&o.service.Binary, "serve", "bin/ragprune", "ragprune binary to start for each body")
	flag.StringVar(&o.sizes, "sizes", "1,5,20,32", "sizes of the bodies in MiB")
	flag.StringVar(&o.shapes, "shapes", "", "only shapes whose names contain one of these, after commas")
	flag.DurationVar(&o.request, "request", 5*time.Second, "RAGPRUNE_TIMEOUT of the services: how long models may work on a body")
	flag.StringVar(&o.out, "out", "bench/results/memory.md", "report to write")
	flag.DurationVar(&o.timeout, "timeout", time.Hour, "time for the whole run")
	flag.Parse()
	o.service.Settings = []string{"RAGPRUNE_TIMEOUT=" + o.request.String(), "RAGPRUNE_LOG_LEVEL=error"}
	return o
}

func main() {
	o := parseFlags()
	program.Run("memory", o.timeout, func(ctx context.Context) error { return run(ctx, o) })
}

// result is what one body took.
type result struct {
	body, idle, peak float64 // MiB
	status           int
	seconds          float64
}

func (r result) over() float64  { return r.peak - r.idle }
func (r result) bound() float64 { return factor*r.body + allowance }

func run(ctx context.Context, o options) error {
	sizes, err := parseSizes(o.sizes)
	if err != nil {
		return err
	}
	page := report.New("Memory of a request", report.Command("memory"))
	page.Text("Each body is the first request of a service that was just started, with default settings but for a timeout of %v. Over: the largest resident memory while it was answered, less that of the idle service, in MiB. "+
		"Bound: %d times the body and %d MiB.", o.request, factor, allowance)
	var rows [][]string
	var errs []error
	for _, s := range allShapes() {
		if !slices.ContainsFunc(strings.Split(o.shapes, ","), func(part string) bool { return strings.Contains(s.name, part) }) {
			continue
		}
		for _, size := range sizes {
			r, err := measure(ctx, o, s, size)
			if err != nil {
				return fmt.Errorf("%s, %d MiB: %w", s.name, size, err)
			}
			verdict := "held"
			if r.over() > r.bound() || r.status >= http.StatusInternalServerError {
				verdict = "broken"
				errs = append(errs, fmt.Errorf("%s, %d MiB: %.0f MiB over idle, want at most %.0f; status %d", s.name, size, r.over(), r.bound(), r.status))
			}
			fmt.Fprintf(os.Stderr, "%s, %d MiB: %.0f over %.0f MiB, bound %.0f, status %d in %.1f s\n", s.name, size, r.over(), r.idle, r.bound(), r.status, r.seconds)
			rows = append(rows, []string{
				s.name, report.Number(r.body, 1), report.Number(r.idle, 0), report.Number(r.over(), 0), report.Number(r.bound(), 0),
				report.Number(r.over()/r.body, 1), verdict, strconv.Itoa(r.status), report.Number(r.seconds, 1),
			})
		}
	}
	page.Table([]string{"shape", "body", "idle", "over", "bound", "over / body", "", "status", "s"}, rows)
	page.Text("%d of %d held.", len(rows)-len(errs), len(rows))
	return errors.Join(append(errs, page.Write(o.out))...)
}

func parseSizes(list string) ([]int, error) {
	var out []int
	for part := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("sizes: %q is no number of MiB", part)
		}
		out = append(out, n)
	}
	return out, nil
}

// measure sends one body of a shape to a service of its own.
func measure(ctx context.Context, o options, s shape, size int) (result, error) {
	body, err := s.body(size * mib)
	if err != nil {
		return result{}, err
	}
	service, err := remote.Open(ctx, o.service)
	if err != nil {
		return result{}, err
	}
	r, err := send(ctx, service, s.path, body)
	return r, errors.Join(err, service.Close())
}

func send(ctx context.Context, service *remote.Service, path string, body []byte) (r result, err error) {
	time.Sleep(300 * time.Millisecond) // the start is over
	idle, err := remote.Resident(service.PID)
	if err != nil {
		return r, err
	}
	if err := remote.ResetPeak(service.PID); err != nil {
		return r, err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, service.URL+path, bytes.NewReader(body))
	if err != nil {
		return r, err
	}
	q.Header.Set("Content-Type", "application/json")
	start := time.Now()
	r.status = exchange(q)
	r.seconds = time.Since(start).Seconds()
	peak, err := remote.Peak(service.PID)
	r.body, r.idle, r.peak = float64(len(body))/mib, float64(idle)/mib, float64(peak)/mib
	return r, err
}

// exchange is the status of the answer, 599 if there is none to be had.
func exchange(q *http.Request) int {
	const none = 599
	response, err := http.DefaultClient.Do(q)
	if err != nil {
		return none
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return none
	}
	return response.StatusCode
}
