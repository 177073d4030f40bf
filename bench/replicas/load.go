package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ragprune/ragprune/bench/internal/remote"
	"github.com/ragprune/ragprune/bench/internal/report"
	"github.com/ragprune/ragprune/bench/internal/texts"
)

// result is one run. failed and degraded count the whole of it, warm-up
// included; generator and processes are the cores that this program and the
// services used.
type result struct {
	requests, tokens float64 // per second
	milliseconds     float64 // median of a request
	failed, degraded int
	generator        float64
	processes        float64
	cause            error // of a failed request
}

// used is time on cores.
type used struct{ generator, processes time.Duration }

// sent is a request that was answered.
type sent struct {
	begin, end time.Time
	tokens     int
}

// load is callers that send new requests to the clients in turn.
type load struct {
	clients []*remote.Client
	maker   *texts.Maker
	next    atomic.Int64

	mu       sync.Mutex
	sent     []sent
	failed   int
	degraded int
	cause    error
}

// drive loads the services and measures the time after the warm-up.
func drive(ctx context.Context, o options, maker *texts.Maker, g group) (result, error) {
	callers := o.callers * len(g)
	l := &load{maker: maker}
	for _, m := range g {
		l.clients = append(l.clients, remote.NewClient(m.URL, callers, time.Minute))
	}
	from := time.Now().Add(o.warmup)
	to := from.Add(o.time)
	all, ctx := errgroup.WithContext(ctx)
	for range callers {
		all.Go(func() error { return l.call(ctx, to) })
	}
	var u used
	all.Go(func() (err error) {
		u, err = g.usedBetween(ctx, from, to)
		return err
	})
	if err := all.Wait(); err != nil {
		return result{}, err
	}
	return l.between(from, to, u), nil
}

// call sends a request after the answer to the last, until the time is over.
func (l *load) call(ctx context.Context, to time.Time) error {
	for time.Now().Before(to) {
		_, body, err := l.maker.Request()
		if err != nil {
			return err
		}
		client := l.clients[int(l.next.Add(1)-1)%len(l.clients)]
		begin := time.Now()
		answer, err := client.Send(ctx, body)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !l.add(sent{begin, begin.Add(answer.Elapsed), answer.Usage.ModelTokens}, answer, err) {
			time.Sleep(100 * time.Millisecond) // a process that has died must not be called without end
		}
	}
	return nil
}

// add is false if the request failed. One that the model did not read counts as
// failed too, for it would be faster than the others.
func (l *load) add(s sent, answer remote.Answer, err error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil && s.tokens == 0 {
		err = errors.New("the model read nothing")
	}
	if err != nil {
		l.failed++
		l.cause = err
		return false
	}
	for _, r := range answer.Results {
		if r.Degraded != nil {
			l.degraded++
			break
		}
	}
	l.sent = append(l.sent, s)
	return true
}

// between sums up the requests of a time. One that lies in it in part counts
// with this part.
func (l *load) between(from, to time.Time, u used) result {
	var requests, tokens float64
	var milliseconds []float64
	for _, s := range l.sent {
		part := s.within(from, to)
		requests += part
		tokens += part * float64(s.tokens)
		if part > 0 {
			milliseconds = append(milliseconds, report.Milliseconds(s.end.Sub(s.begin)))
		}
	}
	seconds := to.Sub(from).Seconds()
	return result{
		requests: requests / seconds, tokens: tokens / seconds, milliseconds: report.Median(milliseconds),
		failed: l.failed, degraded: l.degraded, cause: l.cause,
		generator: u.generator.Seconds() / seconds, processes: u.processes.Seconds() / seconds,
	}
}

// within is the part of the request's time between two times, 0 to 1.
func (s sent) within(from, to time.Time) float64 {
	begin, end := s.begin, s.end
	if begin.Before(from) {
		begin = from
	}
	if end.After(to) {
		end = to
	}
	if !end.After(begin) {
		return 0
	}
	return end.Sub(begin).Seconds() / s.end.Sub(s.begin).Seconds()
}

// usedBetween waits for both times and returns what was computed between them.
func (g group) usedBetween(ctx context.Context, from, to time.Time) (used, error) {
	var at [2]used
	for i, t := range []time.Time{from, to} {
		select {
		case <-ctx.Done():
			return used{}, ctx.Err()
		case <-time.After(time.Until(t)):
		}
		var err error
		if at[i], err = g.used(); err != nil {
			return used{}, err
		}
	}
	return used{at[1].generator - at[0].generator, at[1].processes - at[0].processes}, nil
}
