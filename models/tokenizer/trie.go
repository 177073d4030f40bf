package tokenizer

import (
	"fmt"
	"math/bits"
)

// trie holds a vocabulary by bytes. Its edges live in one open-addressed hash
// table keyed by (node, byte): as compact as a double array, and built in one
// pass over the keys.
type trie struct {
	edges []edge  // a power of two, at most half full
	shift uint    // 64 - log2(len(edges))
	ids   []int32 // per node: the id of the entry that ends there, or noID
}

type edge struct {
	key  uint32 // node<<8 | byte, plus one; 0 marks a free slot
	node uint32
}

const (
	noID     = -1
	noNode   = ^uint32(0)
	rootNode = uint32(0)
	maxNodes = 1 << 24 // so that a key fits its 32 bits
)

// newTrie builds the trie of a vocabulary. Ids must not be negative.
func newTrie(vocab map[string]int32) (*trie, error) {
	total := 1
	for token := range vocab {
		total += len(token)
	}
	if total >= maxNodes {
		return nil, fmt.Errorf("vocabulary of %d bytes, at most %d are supported", total, maxNodes)
	}
	// Tokens share prefixes: the table starts at a guess and doubles on demand.
	t := &trie{ids: []int32{noID}}
	t.resize(1 << bits.Len(uint(total)))
	for token, id := range vocab {
		if id < 0 {
			return nil, fmt.Errorf("token %q has id %d", token, id)
		}
		t.insert(token, id)
	}
	return t, nil
}

func (t *trie) insert(token string, id int32) {
	node := rootNode
	for i := range len(token) {
		next := t.step(node, token[i])
		if next == noNode {
			next = uint32(len(t.ids))
			t.ids = append(t.ids, noID)
			t.put(edge{key: edgeKey(node, token[i]), node: next})
		}
		node = next
	}
	t.ids[node] = id
}

func (t *trie) put(e edge) {
	if 2*len(t.ids) > len(t.edges) {
		t.resize(2 * len(t.edges))
	}
	i := t.slot(e.key)
	for t.edges[i].key != 0 {
		i = (i + 1) & (len(t.edges) - 1)
	}
	t.edges[i] = e
}

func (t *trie) resize(size int) {
	old := t.edges
	t.edges = make([]edge, size)
	t.shift = uint(64 - bits.Len(uint(size-1)))
	for _, e := range old {
		if e.key != 0 {
			t.put(e)
		}
	}
}

func edgeKey(node uint32, b byte) uint32 {
	return node<<8 | uint32(b) + 1
}

// hashFactor is 2^64/phi: the high bits of a product with it spread well.
const hashFactor = 0x9E3779B97F4A7C15

func (t *trie) slot(key uint32) int {
	return int(uint64(key) * hashFactor >> t.shift)
}

// step follows the edge b out of node; it returns noNode when there is none.
func (t *trie) step(node uint32, b byte) uint32 {
	key, mask := edgeKey(node, b), len(t.edges)-1
	for i := t.slot(key); ; i++ {
		switch e := t.edges[i&mask]; e.key {
		case key:
			return e.node
		case 0:
			return noNode
		}
	}
}

// walk follows all bytes of s from the root.
func (t *trie) walk(s string) uint32 {
	node := rootNode
	for i := 0; i < len(s) && node != noNode; i++ {
		node = t.step(node, s[i])
	}
	return node
}

// longest returns the id and the length of the longest entry that s begins
// with, counted from node; the length is 0 when there is none.
func (t *trie) longest(node uint32, s []byte) (id int32, length int) {
	id = noID
	for i, b := range s {
		if node = t.step(node, b); node == noNode {
			break
		}
		if t.ids[node] != noID {
			id, length = t.ids[node], i+1
		}
	}
	return id, length
}
