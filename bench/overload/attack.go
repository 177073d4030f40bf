package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
	"golang.org/x/sync/errgroup"

	"github.com/ragprune/ragprune/bench/internal/remote"
	"github.com/ragprune/ragprune/bench/internal/report"
	"github.com/ragprune/ragprune/bench/internal/texts"
	"github.com/ragprune/ragprune/prune"
)

type bench struct {
	options
	service *remote.Service
	texts   *texts.Maker
}

// level is what came of requests at one rate.
type level struct {
	factor float64
	rate   float64
	// sent requests: answered in full, answered by a cheaper scorer, refused
	// with 429, and anything else.
	sent, full, degraded, refused, failed int
	// wall is the time from the first request to the last answer.
	wall time.Duration
	// milliseconds of the answers in full, and of the refusals.
	milliseconds, refusals []float64
	retryAfter             []float64 // seconds
	resident               int64
}

// goodput is the answers in full per second.
func (l level) goodput() float64 { return float64(l.full) / l.wall.Seconds() }

// capacity is the requests per second that callers get who wait for each
// answer.
func (b *bench) capacity(ctx context.Context) (float64, error) {
	client := remote.NewClient(b.service.URL, b.callers, time.Minute)
	start, counts := time.Now(), make([]int, b.callers)
	group, ctx := errgroup.WithContext(ctx)
	for i := range b.callers {
		group.Go(func() error {
			for time.Since(start) < b.time {
				_, body, err := b.texts.Request()
				if err != nil {
					return err
				}
				if _, err := client.Send(ctx, body); err != nil {
					return err
				}
				counts[i]++
			}
			return nil
		})
	}
	err := group.Wait()
	total := 0
	for _, n := range counts {
		total += n
	}
	return float64(total) / time.Since(start).Seconds(), err
}

// attack sends at factor times the capacity.
func (b *bench) attack(ctx context.Context, factor, capacity float64) (level, error) {
	l := level{factor: factor, rate: factor * capacity}
	watched, stop := context.WithCancel(ctx)
	memory := remote.Watch(watched, b.service.PID, 200*time.Millisecond)
	// Requests are made beforehand: making them must not slow the sending.
	bodies, err := b.texts.Requests(int(math.Ceil(l.rate * b.time.Seconds())))
	if err != nil {
		stop()
		return l, err
	}
	next := 0
	target := func(t *vegeta.Target) error {
		if next == len(bodies) {
			return vegeta.ErrNoTargets
		}
		*t = vegeta.Target{
			Method: http.MethodPost, URL: b.service.URL + "/prune", Body: bodies[next],
			Header: http.Header{"Content-Type": {"application/json"}},
		}
		next++
		return nil
	}
	attacker := vegeta.NewAttacker(vegeta.Timeout(2*time.Minute), vegeta.MaxWorkers(uint64(len(bodies))))
	start := time.Now()
	for result := range attacker.Attack(target, vegeta.Rate{Freq: int(math.Round(l.rate * 60)), Per: time.Minute}, b.time, "overload") {
		if ctx.Err() != nil {
			attacker.Stop()
		}
		l.add(result)
	}
	l.wall = time.Since(start)
	stop()
	l.resident = <-memory
	if err := ctx.Err(); err != nil {
		return l, fmt.Errorf("at %g times the capacity: %w", factor, err)
	}
	return l, nil
}

// add counts one answer.
func (l *level) add(r *vegeta.Result) {
	l.sent++
	switch r.Code {
	case http.StatusOK:
		var answer prune.Response
		if json.Unmarshal(r.Body, &answer) != nil {
			l.failed++
			return
		}
		for _, document := range answer.Results {
			if document.Degraded != nil {
				l.degraded++
				return
			}
		}
		l.full++
		l.milliseconds = append(l.milliseconds, report.Milliseconds(r.Latency))
	case http.StatusTooManyRequests:
		l.refused++
		l.refusals = append(l.refusals, report.Milliseconds(r.Latency))
		if after, err := time.ParseDuration(r.Headers.Get("Retry-After") + "s"); err == nil {
			l.retryAfter = append(l.retryAfter, after.Seconds())
		}
	default:
		l.failed++
	}
}
