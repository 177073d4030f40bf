package cache_test

import (
	"context"
	"fmt"

	"github.com/ragprune/ragprune/cache"
)

func ExampleMemory_Compute() {
	m, err := cache.NewMemory(cache.Options{Bytes: 1 << 20})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Close()
	key := cache.Key{1}
	for range 2 {
		value, shared, err := m.Compute(context.Background(), key, func(context.Context) ([]byte, error) {
			fmt.Println("computing")
			return []byte("scores"), nil
		})
		fmt.Println(string(value), shared, err)
	}
	// Output:
	// computing
	// scores false <nil>
	// scores true <nil>
}
