package tokenizer

import (
	"encoding/binary"
	"math/bits"
)

// shortTokens finds whole tokens of at most seven bytes, which most words of
// most texts are, with one probe where the trie takes one per byte.
type shortTokens struct {
	keys  []uint64 // open addressing, a power of two, at most half full; 0 is free
	ids   []int32
	shift uint
}

const maxShort = 7

// shortKey packs n bytes, their number, and whether they continue a word. rest
// must have a capacity of eight bytes or more; those after n do not matter.
func shortKey(rest []byte, n int, continued bool) uint64 {
	key := binary.LittleEndian.Uint64(rest[:8])&(1<<(8*n)-1) | uint64(n)<<56
	if continued {
		key |= 1 << 63
	}
	return key
}

// newShortTokens takes the short tokens of a vocabulary. Those that begin with
// prefix are also entered without it, as continuations.
func newShortTokens(vocab map[string]int32, prefix string) *shortTokens {
	size := 1 << bits.Len(uint(4*len(vocab)))
	s := &shortTokens{keys: make([]uint64, size), ids: make([]int32, size), shift: uint(65 - bits.Len(uint(size)))}
	for token, id := range vocab {
		s.put(token, id, false)
		if len(token) > len(prefix) && token[:len(prefix)] == prefix {
			s.put(token[len(prefix):], id, true)
		}
	}
	return s
}

func (s *shortTokens) put(token string, id int32, continued bool) {
	if token == "" || len(token) > maxShort {
		return
	}
	var rest [8]byte
	copy(rest[:], token)
	key := shortKey(rest[:], len(token), continued)
	i := s.slot(key)
	for s.keys[i] != 0 && s.keys[i] != key {
		i = (i + 1) & (len(s.keys) - 1)
	}
	s.keys[i], s.ids[i] = key, id
}

func (s *shortTokens) slot(key uint64) int {
	return int(key * hashFactor >> s.shift)
}

// find returns the id under a key, or noID.
func (s *shortTokens) find(key uint64) int32 {
	for i := s.slot(key); ; i++ {
		i &= len(s.keys) - 1
		switch s.keys[i] {
		case key:
			return s.ids[i]
		case 0:
			return noID
		}
	}
}
