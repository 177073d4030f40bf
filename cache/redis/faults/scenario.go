package faults

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/ragprune/ragprune/cache/redis"
	"github.com/ragprune/ragprune/cache/redis/redistest"
)

// Scenario is one way in which Redis fails.
type Scenario struct {
	// Name says what happens.
	Name string
	// Start starts the servers and says how to reach them.
	Start func(*bed) error
	// Absent says that Redis does not answer from the start.
	Absent bool
	// Break begins the fault. Nil: nothing happens.
	Break func(context.Context, *bed) error
	// Again is called every 50 ms while the fault lasts. Nil: nothing more.
	Again func(context.Context, *bed) error
	// Heal ends the fault. Nil: it ends by itself.
	Heal func(context.Context, *bed) error
}

// again is the time between two calls of Again.
const again = 50 * time.Millisecond

// inflict lets the fault last for a while, and ends it.
func (s Scenario) inflict(ctx context.Context, b *bed, during time.Duration) error {
	step := func(what string, do func(context.Context, *bed) error) error {
		if do == nil {
			return nil
		}
		if err := do(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	}
	if err := step("the fault", s.Break); err != nil {
		return err
	}
	for start := time.Now(); time.Since(start) < during; {
		if err := step("the fault", s.Again); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(again, max(during-time.Since(start), 0))):
		}
	}
	return step("the end of the fault", s.Heal)
}

// bed is what a scenario runs on.
type bed struct {
	options   redis.Options
	server    *redistest.Server
	proxy     *redistest.Proxy
	clock     *redistest.Clock
	cluster   *redistest.Cluster
	sentinels *redistest.Sentinels
	admin     *goredis.Client // of server
	store     *redis.Store
	closers   []func() error
}

// closes registers what ends when the scenario does.
func (b *bed) closes(do func() error) { b.closers = append(b.closers, do) }

func (b *bed) close() error {
	var errs []error
	for _, do := range slices.Backward(b.closers) {
		errs = append(errs, do())
	}
	return errors.Join(errs...)
}

// oneServer starts a server.
func oneServer(b *bed) error { return serverWithClock(b, nil) }

// serverWithClock starts a server with a clock of its own, if there is one.
func serverWithClock(b *bed, clock *redistest.Clock) (err error) {
	if b.server, err = redistest.StartWithClock(clock); err != nil {
		return err
	}
	b.closes(b.server.Close)
	b.admin = b.server.Client()
	b.closes(b.admin.Close)
	b.options.URL = "redis://" + b.server.Address
	return nil
}

// behindProxy starts a server that is reached through a proxy.
func behindProxy(b *bed) (err error) {
	if err := oneServer(b); err != nil {
		return err
	}
	if b.proxy, err = redistest.NewProxy(b.server.Address); err != nil {
		return err
	}
	b.closes(b.proxy.Close)
	b.options.URL = "redis://" + b.proxy.Address
	return nil
}

// Scenarios returns all.
func Scenarios() []Scenario {
	return slices.Concat(
		[]Scenario{{Name: "none", Start: oneServer}},
		serverScenarios(), networkScenarios(), valueScenarios(), topologyScenarios(),
	)
}
