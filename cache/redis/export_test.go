package redis

import "github.com/ragprune/ragprune/cache"

// The form of values in Redis, for its tests.

type Codec struct{ *codec }

func NewCodec() (Codec, error) {
	c, err := newCodec()
	return Codec{c}, err
}

func (c Codec) Encode(key cache.Key, value []byte) ([]byte, error)  { return c.encode(key, value) }
func (c Codec) Decode(key cache.Key, stored []byte) ([]byte, error) { return c.decode(key, stored) }
func (c Codec) Close()                                              { c.close() }

// Name is the name of a key in Redis.
func (s *Store) Name(key cache.Key) string { return s.name(key) }

// LeaseName is that of its lease.
func (s *Store) LeaseName(key cache.Key) string { return s.leaseName(key) }

// Waiting is the number of bytes that wait to be written.
func (s *Store) Waiting() int64 { return s.writer.waiting.Load() }

const (
	MaxValue        = maxValue
	MaxWaitingBytes = maxWaitingBytes
)
