package api

import "sync/atomic"

// budget bounds a sum of bytes held at a time.
type budget struct {
	limit int64
	held  atomic.Int64
}

// take adds n bytes, or refuses.
func (b *budget) take(n int64) bool {
	if b.held.Add(n) > b.limit {
		b.held.Add(-n)
		return false
	}
	return true
}

// give returns n bytes.
func (b *budget) give(n int64) { b.held.Add(-n) }
