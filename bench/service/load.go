package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ragprune/ragprune/bench/internal/remote"
	"github.com/ragprune/ragprune/bench/internal/report"
)

// load is what callers saw.
type load struct {
	// milliseconds of each answer with status 200.
	milliseconds []float64
	// refused counts answers with status 429, degraded those where a document
	// was answered a cheaper way, misplaced those that came from the cache but
	// should not have, or the other way round.
	refused, degraded, misplaced int
	// tokens the model read, and the time from the first request to the last
	// answer.
	tokens int
	wall   time.Duration
}

// warm is the number of requests whose scores are put into the cache and then
// asked for again and again.
const warm = 16

// level measures cold requests and then requests from the cache.
func (b *bench) level(ctx context.Context, callers int) (level, error) {
	client := remote.NewClient(b.service.URL, callers, 5*time.Minute)
	bodies, err := b.texts.Requests(b.cold.requests)
	if err != nil {
		return level{}, err
	}
	l := level{callers: callers}
	if l.cold, err = drive(ctx, client, callers, b.cold, bodies, true); err != nil {
		return l, err
	}
	known, err := b.texts.Requests(warm)
	if err != nil {
		return l, err
	}
	if _, err := drive(ctx, client, 1, bounds{warm, b.timeout}, known, true); err != nil {
		return l, err
	}
	if l.cached, err = drive(ctx, client, callers, b.cached, known, false); err != nil {
		return l, err
	}
	fmt.Fprintf(os.Stderr, "%2d callers: cold p50 %.1f ms (%d), cached p50 %.2f ms (%d)\n", callers,
		report.Median(l.cold.milliseconds), len(l.cold.milliseconds), report.Median(l.cached.milliseconds), len(l.cached.milliseconds))
	return l, nil
}

// drive sends the bodies in turn from so many callers until a bound is
// reached. cold says whether the model is expected to run.
func drive(ctx context.Context, client *remote.Client, callers int, until bounds, bodies [][]byte, cold bool) (load, error) {
	var l load
	var mu sync.Mutex
	var next atomic.Int64
	start := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for range callers {
		group.Go(func() error {
			for time.Since(start) < until.time {
				i := int(next.Add(1)) - 1
				if i >= until.requests {
					return nil
				}
				answer, err := client.Send(ctx, bodies[i%len(bodies)])
				mu.Lock()
				err = l.add(answer, err, cold)
				mu.Unlock()
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := group.Wait()
	l.wall = time.Since(start)
	return l, err
}

func (l *load) add(answer remote.Answer, err error, cold bool) error {
	var status *remote.StatusError
	if errors.As(err, &status) && status.Status == http.StatusTooManyRequests {
		l.refused++
		return nil
	}
	if err != nil {
		return err
	}
	l.milliseconds = append(l.milliseconds, report.Milliseconds(answer.Elapsed))
	l.tokens += answer.Usage.ModelTokens
	if (answer.Usage.ModelTokens > 0) != cold {
		l.misplaced++
	}
	for _, r := range answer.Results {
		if r.Degraded != nil {
			l.degraded++
			break
		}
	}
	return nil
}
