package faults

import (
	"context"
	"time"

	"github.com/ragprune/ragprune/cache/redis/redistest"
)

// serverScenarios are faults of a server.
func serverScenarios() []Scenario {
	return []Scenario{
		{Name: "killed", Start: oneServer, Break: kill, Heal: restart},
		{Name: "restart loop", Start: oneServer, Break: kill, Again: restartAndKill, Heal: restart},
		{Name: "absent at start", Start: absent, Absent: true, Heal: restart},
		{Name: "hangs (SIGSTOP)", Start: oneServer, Break: pause, Heal: resume},
		{Name: "password set", Start: oneServer, Break: setPassword, Heal: dropPassword},
		{Name: "becomes a read-only replica", Start: oneServer, Break: command("REPLICAOF", "127.0.0.1", "1"), Again: flush, Heal: command("REPLICAOF", "NO", "ONE")},
		{Name: "full (noeviction)", Start: oneServer, Break: fill, Again: flush, Heal: configure("maxmemory", "0")},
		{Name: "evicts with every write", Start: oneServer, Break: evict, Heal: configure("maxmemory", "0")},
		{Name: "maxclients", Start: oneServer, Break: crowd, Heal: configure("maxclients", "10000")},
		{Name: "all values expired at once", Start: oneServer, Again: flush},
		{Name: "its clock jumps a day ahead and back", Start: ownClock, Again: jump, Heal: right},
	}
}

// networkScenarios are faults between a server and its clients.
func networkScenarios() []Scenario {
	fault := func(name string, f redistest.Fault) Scenario {
		return Scenario{
			Name: name, Start: behindProxy,
			Break: func(_ context.Context, b *bed) error { b.proxy.Set(f); return nil },
			Heal:  func(_ context.Context, b *bed) error { b.proxy.Set(redistest.Fault{}); return nil },
		}
	}
	return []Scenario{
		fault("black hole", redistest.Fault{Silent: true}),
		fault("hangs up", redistest.Fault{Refuse: true}),
		fault("20 ms late", redistest.Fault{Delay: 20 * time.Millisecond}),
		fault("500 ms late", redistest.Fault{Delay: 500 * time.Millisecond}),
		fault("5 s late", redistest.Fault{Delay: 5 * time.Second}),
		fault("drips, a byte in 5 ms", redistest.Fault{Drip: true, Delay: 5 * time.Millisecond}),
		fault("garbles a byte in 50", redistest.Fault{Garble: 50}),
		fault("garbles a byte in 500", redistest.Fault{Garble: 500}),
		fault("cuts after 300 bytes", redistest.Fault{Cut: 300}),
		fault("loses 7 bytes", redistest.Fault{Shift: 7}),
	}
}

func ownClock(b *bed) (err error) {
	if b.clock, err = redistest.NewClock(); err != nil {
		return err
	}
	b.closes(b.clock.Close)
	return serverWithClock(b, b.clock)
}

// jump moves the clock by a day, ahead and behind in turn.
func jump(_ context.Context, b *bed) error {
	days := []time.Duration{1, -1, 0}
	return b.clock.Move(24 * time.Hour * days[time.Now().UnixMilli()/again.Milliseconds()%3])
}

func right(_ context.Context, b *bed) error { return b.clock.Move(0) }

func kill(_ context.Context, b *bed) error {
	b.server.Kill()
	return nil
}

func restart(_ context.Context, b *bed) error { return b.server.Restart() }

func restartAndKill(ctx context.Context, b *bed) error {
	if err := b.server.Restart(); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-time.After(200 * time.Millisecond):
	}
	b.server.Kill()
	return nil
}

func absent(b *bed) error {
	if err := oneServer(b); err != nil {
		return err
	}
	b.server.Kill()
	return nil
}

func pause(_ context.Context, b *bed) error { return b.server.Pause() }

func resume(_ context.Context, b *bed) error { return b.server.Resume() }

// command sends one command.
func command(args ...any) func(context.Context, *bed) error {
	return func(ctx context.Context, b *bed) error { return b.admin.Do(ctx, args...).Err() }
}

func configure(name, value string) func(context.Context, *bed) error {
	return command("CONFIG", "SET", name, value)
}

// flush empties the server also where it takes no writes.
func flush(ctx context.Context, b *bed) error {
	err := b.admin.FlushAll(ctx).Err()
	if err != nil && isReadOnly(err) {
		return nil
	}
	return err
}

// setPassword ends open connections, which need none.
func setPassword(ctx context.Context, b *bed) error {
	if err := b.admin.ConfigSet(ctx, "requirepass", "another").Err(); err != nil {
		return err
	}
	return b.admin.Do(ctx, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes").Err()
}

func dropPassword(ctx context.Context, b *bed) error {
	if err := b.admin.Do(ctx, "AUTH", "another").Err(); err != nil {
		return err
	}
	return b.admin.ConfigSet(ctx, "requirepass", "").Err()
}

// fill leaves no room for writes.
func fill(ctx context.Context, b *bed) error {
	if err := b.admin.ConfigSet(ctx, "maxmemory-policy", "noeviction").Err(); err != nil {
		return err
	}
	return b.admin.ConfigSet(ctx, "maxmemory", "1").Err()
}

// evict leaves no more room than is taken, so that every write costs others
// their place.
func evict(ctx context.Context, b *bed) error {
	if err := b.admin.ConfigSet(ctx, "maxmemory-policy", "allkeys-random").Err(); err != nil {
		return err
	}
	info, err := b.admin.InfoMap(ctx, "memory").Result()
	if err != nil {
		return err
	}
	return b.admin.ConfigSet(ctx, "maxmemory", info["Memory"]["used_memory"]).Err()
}

// crowd leaves room for one client, which is the one that says so.
func crowd(ctx context.Context, b *bed) error {
	if err := b.admin.ConfigSet(ctx, "maxclients", "1").Err(); err != nil {
		return err
	}
	return b.admin.Do(ctx, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes").Err()
}
