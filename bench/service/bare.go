package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ragprune/ragprune/bench/internal/remote"
	"github.com/ragprune/ragprune/models/ort"
	"github.com/ragprune/ragprune/prune"
)

// comparers is the number of callers of the rounds: enough that the service
// always has a window for every core.
const comparers = 4

// round is the same windows through the service and through the session alone,
// in tokens per second.
type round struct {
	service, bare float64
}

// compare lets the service and the bare session take turns on the same
// windows, so that both see the same machine. It returns the rounds and the
// lengths of the windows of the last one.
func (b *bench) compare(ctx context.Context) ([]round, []int, error) {
	client := remote.NewClient(b.service.URL, comparers, 5*time.Minute)
	var rounds []round
	var lengths []int
	for i := range b.rounds + 1 {
		bodies, windows, err := b.roundOf(ctx)
		if err != nil {
			return nil, nil, err
		}
		lengths = lengths[:0]
		for _, w := range windows {
			lengths = append(lengths, len(w.ids))
		}
		r, err := b.playRound(ctx, client, bodies, windows, i%2 == 0)
		if err != nil {
			return nil, nil, fmt.Errorf("round %d: %w", i, err)
		}
		if i == 0 {
			continue // warm-up of both
		}
		rounds = append(rounds, r)
		fmt.Fprintf(os.Stderr, "round %d: service %.0f tokens/s, bare session %.0f\n", i, r.service, r.bare)
	}
	return rounds, lengths, nil
}

// roundOf makes new requests and their windows.
func (b *bench) roundOf(ctx context.Context) ([][]byte, []window, error) {
	var bodies [][]byte
	var requests []prune.Request
	for range b.round {
		request, body, err := b.texts.Request()
		if err != nil {
			return nil, nil, err
		}
		requests, bodies = append(requests, request), append(bodies, body)
	}
	windows, err := windowsOf(ctx, b.engine, requests)
	return bodies, windows, err
}

// playRound measures both. Who comes first changes from round to round, so
// that what the first leaves behind favours neither.
func (b *bench) playRound(ctx context.Context, client *remote.Client, bodies [][]byte, windows []window, bareFirst bool) (r round, err error) {
	if bareFirst {
		if r.bare, err = runBare(ctx, b.engine.Session, windows); err != nil {
			return r, err
		}
	}
	if r.service, err = runService(ctx, client, bodies, countTokens(windows)); err != nil {
		return r, err
	}
	if !bareFirst {
		r.bare, err = runBare(ctx, b.engine.Session, windows)
	}
	return r, err
}

// runService returns the tokens per second of the service, which must have
// read exactly so many tokens.
func runService(ctx context.Context, client *remote.Client, bodies [][]byte, tokens int) (float64, error) {
	got, err := drive(ctx, client, comparers, bounds{len(bodies), time.Hour}, bodies, true)
	if err != nil {
		return 0, err
	}
	if got.tokens != tokens || got.degraded > 0 || got.refused > 0 {
		return 0, fmt.Errorf("the service read %d tokens (%d answers degraded, %d refused), its windows here have %d",
			got.tokens, got.degraded, got.refused, tokens)
	}
	return float64(tokens) / got.wall.Seconds(), nil
}

func countTokens(windows []window) int {
	n := 0
	for _, w := range windows {
		n += len(w.ids)
	}
	return n
}

// runBare returns the tokens per second of the session alone, with one worker
// of one thread for each core, as the service has them.
func runBare(ctx context.Context, s *ort.Session, windows []window) (float64, error) {
	var next atomic.Int64
	start := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for range runtime.NumCPU() {
		group.Go(func() error {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(windows) {
					return nil
				}
				if _, err := s.Run(windows[i].ids, windows[i].types); err != nil {
					return err
				}
			}
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	return float64(countTokens(windows)) / time.Since(start).Seconds(), nil
}
