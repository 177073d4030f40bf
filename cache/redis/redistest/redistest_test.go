package redistest_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/ragprune/ragprune/cache/redis/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func needRedis(t *testing.T) {
	t.Helper()
	if err := redistest.Available(); err != nil {
		if os.Getenv("RAGPRUNE_TEST_REQUIRE") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// The clock of a server moves, and so do its times to live.
func TestClock(t *testing.T) {
	needRedis(t)
	clock, err := redistest.NewClock()
	fatal(t, err)
	defer clock.Close()
	s, err := redistest.StartWithClock(clock)
	fatal(t, err)
	defer s.Close()
	c := s.Client()
	defer c.Close()
	before, err := c.Time(t.Context()).Result()
	fatal(t, err)
	fatal(t, c.Set(t.Context(), "k", "v", time.Hour).Err())
	fatal(t, clock.Move(48*time.Hour))
	after, err := c.Time(t.Context()).Result()
	if moved := after.Sub(before); err != nil || moved < 47*time.Hour || moved > 49*time.Hour {
		t.Errorf("the clock moved by %v, %v", moved, err)
	}
	if err := c.Get(t.Context(), "k").Err(); err != goredis.Nil { //nolint:errorlint // go-redis returns it as it is
		t.Errorf("a value whose time is over: %v", err)
	}
}

// What a proxy does shows at the client; without a fault it does nothing.
func TestProxy(t *testing.T) {
	needRedis(t)
	s, err := redistest.Start()
	fatal(t, err)
	defer s.Close()
	long := strings.Repeat("value ", 100)
	fatal(t, s.Do(t.Context(), "SET", "k", long))
	for name, fault := range map[string]redistest.Fault{
		"silent": {Silent: true}, "refuse": {Refuse: true}, "late": {Delay: time.Second},
		"drip": {Drip: true, Delay: 10 * time.Millisecond}, "garble": {Garble: 20}, "cut": {Cut: 100}, "shift": {Shift: 3},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := redistest.NewProxy(s.Address)
			fatal(t, err)
			defer p.Close()
			c := goredis.NewClient(&goredis.Options{
				Addr: p.Address, Protocol: 2, DisableIdentity: true, MaxRetries: -1, DialerRetries: 1, ReadTimeout: 200 * time.Millisecond,
			})
			defer c.Close()
			p.Set(fault)
			if got, err := c.Get(t.Context(), "k").Result(); err == nil && got == long {
				t.Error("the fault is not felt")
			}
			p.Set(redistest.Fault{})
			fatal(t, redistest.Await(10*time.Second, func(ctx context.Context) error { return c.Get(ctx, "k").Err() }))
		})
	}
}

func TestServerThatCannotStart(t *testing.T) {
	needRedis(t)
	if s, err := redistest.Start("--maxmemory", "nonsense"); err == nil {
		t.Error("it started")
		fatal(t, s.Close())
	}
}
