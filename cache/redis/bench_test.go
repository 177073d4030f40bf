package redis_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/ragprune/ragprune/cache"
	"github.com/ragprune/ragprune/cache/redis"
	"github.com/ragprune/ragprune/cache/redis/redistest"
)

// BenchmarkGet compares a lookup with one MGET of the same values, neither
// checked nor bounded.
func BenchmarkGet(b *testing.B) {
	if err := redistest.Available(); err != nil {
		b.Skip(err)
	}
	server, err := redistest.Start()
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	s, err := redis.New(b.Context(), redis.Options{URL: server.Address, Timeout: patient})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for _, size := range []int{200, 40_000} {
		for _, n := range []int{1, 10, 64} {
			keys, names := make([]cache.Key, n), make([]string, n)
			for i := range keys {
				keys[i] = key(1000*size + i)
				names[i] = s.Name(keys[i])
				if _, _, err := s.Compute(b.Context(), keys[i], func(context.Context) ([]byte, error) { return noise(size), nil }); err != nil {
					b.Fatal(err)
				}
			}
			for s.Get(b.Context(), keys)[n-1] == nil { // the writes are behind
			}
			b.Run(fmt.Sprintf("%d values of %d bytes/Get", n, size), func(b *testing.B) {
				for b.Loop() {
					s.Get(b.Context(), keys)
				}
			})
			client := server.Client()
			b.Run(fmt.Sprintf("%d values of %d bytes/MGET", n, size), func(b *testing.B) {
				for b.Loop() {
					if err := client.MGet(b.Context(), names...).Err(); err != nil {
						b.Fatal(err)
					}
				}
			})
			if err := client.Close(); err != nil {
				b.Fatal(err)
			}
		}
	}
}
