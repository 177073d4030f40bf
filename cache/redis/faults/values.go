package faults

import (
	"bytes"
	"context"

	goredis "github.com/redis/go-redis/v9"
)

// valueScenarios are faults of what is stored: the server works and gives back
// something else. What is detected is written again, so the fault is made again
// all the time.
func valueScenarios() []Scenario {
	values := func(name string, change func(keys []string, values [][]byte) [][]byte) Scenario {
		return Scenario{Name: name, Start: oneServer, Again: func(ctx context.Context, b *bed) error {
			return rewrite(ctx, b.admin, change)
		}}
	}
	return []Scenario{
		values("values cut short", each(func(v []byte) []byte { return v[:len(v)*2/3] })),
		values("values with a bit changed", each(func(v []byte) []byte {
			v[len(v)/2] ^= 4
			return v
		})),
		values("values swapped between keys and namespaces", func(_ []string, values [][]byte) [][]byte {
			return append(values[1:len(values):len(values)], values[0])
		}),
		values("another service's values under our keys", each(func([]byte) []byte {
			return []byte(`{"user": 17, "roles": ["admin"], "expires": "2026-11-25T05:00:00Z"}`)
		})),
		values("empty values", each(func([]byte) []byte { return nil })),
		values("values of 2 MB", func(keys []string, values [][]byte) [][]byte {
			for i := range min(len(values), 8) {
				values[i] = make([]byte, 2<<20)
			}
			return values
		}),
		values("values of 20 MB", func(keys []string, values [][]byte) [][]byte {
			values[0] = bytes.Repeat(values[0], 20<<20/max(len(values[0]), 1))
			return values
		}),
		{Name: "values of another type", Start: oneServer, Again: retype},
	}
}

func each(change func([]byte) []byte) func([]string, [][]byte) [][]byte {
	return func(_ []string, values [][]byte) [][]byte {
		for i, v := range values {
			values[i] = change(v)
		}
		return values
	}
}

// stored lists the keys of values, leases left out.
func stored(ctx context.Context, client *goredis.Client) ([]string, error) {
	return client.Keys(ctx, "*}").Result()
}

// rewrite replaces all values by what change makes of them.
func rewrite(ctx context.Context, client *goredis.Client, change func([]string, [][]byte) [][]byte) error {
	keys, err := stored(ctx, client)
	if err != nil || len(keys) == 0 {
		return err
	}
	replies, err := client.MGet(ctx, keys...).Result()
	if err != nil {
		return err
	}
	values := make([][]byte, len(keys))
	for i, r := range replies {
		text, _ := r.(string) // one that has just gone is empty
		values[i] = []byte(text)
	}
	pipe := client.Pipeline()
	for i, v := range change(keys, values) {
		pipe.Set(ctx, keys[i], v, 0)
	}
	_, err = pipe.Exec(ctx)
	return err
}

// retype makes lists and sets of all values.
func retype(ctx context.Context, b *bed) error {
	keys, err := stored(ctx, b.admin)
	if err != nil || len(keys) == 0 {
		return err
	}
	pipe := b.admin.TxPipeline()
	for i, key := range keys {
		pipe.Del(ctx, key)
		if i%2 == 0 {
			pipe.RPush(ctx, key, "a", "b")
		} else {
			pipe.SAdd(ctx, key, "a", "b")
		}
	}
	_, err = pipe.Exec(ctx)
	return err
}

func isReadOnly(err error) bool { return goredis.IsReadOnlyError(err) }
