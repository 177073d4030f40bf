package tokenizer

import (
	"fmt"
	"math/bits"
	"strings"
	"unicode/utf8"
)

// bpe merges neighbouring symbols, those of the lowest rank first (Sennrich et
// al., arXiv 1508.07909). Symbols are bytes (byte-level) or characters.
type bpe struct {
	merges   *mergeTable
	words    *wordTable // tokens that merging makes of their own text, or all tokens with ignore_merges
	byteIDs  [256]int32 // byte-level: tokens of one byte; else the tokens that stand for bytes
	chars    map[rune]int32
	bytes    bool // byte-level
	fallback bool // characters without a token become bytes
	unknown  int32
	fuse     bool // neighbouring unknown characters are one token

	// boundary is the mark of spaces when no merge joins it to what stands
	// before it: parts that begin with a mark are then words of their own.
	boundary string
}

// mergeTable finds the rank and the result of a pair of tokens: open addressing,
// a power of two, at most half full.
type mergeTable struct {
	keys  []uint64 // left<<32 | right, plus one; 0 is free
	to    []merged
	shift uint
}

type merged struct {
	rank uint32
	id   int32
}

const noRank = ^uint32(0)

func newMergeTable(n int) *mergeTable {
	size := 1 << bits.Len(uint(2*n+2))
	return &mergeTable{keys: make([]uint64, size), to: make([]merged, size), shift: uint(65 - bits.Len(uint(size)))}
}

func mergeKey(left, right int32) uint64 { return uint64(uint32(left))<<32 | uint64(uint32(right)) + 1 }

func (t *mergeTable) slot(key uint64) int {
	i, mask := int(key*hashFactor>>t.shift), len(t.keys)-1
	for t.keys[i] != 0 && t.keys[i] != key {
		i = (i + 1) & mask
	}
	return i
}

func (t *mergeTable) put(left, right int32, m merged) {
	key := mergeKey(left, right)
	i := t.slot(key)
	t.keys[i], t.to[i] = key, m
}

func (t *mergeTable) find(left, right int32) merged {
	i := t.slot(mergeKey(left, right))
	if t.keys[i] == 0 {
		return merged{rank: noRank}
	}
	return t.to[i]
}

// symbol is a part of a word during merging.
type symbol struct {
	id   int32
	size int32 // bytes; 0 once it is merged into the one before
	prev int32
	next int32
}

// bpeMemory is what merging needs, kept from word to word.
type bpeMemory struct {
	symbols []symbol
	ranks   []merged // of symbol k and the next one, for short words
	queue   []uint64 // rank<<32 | position, a binary heap, for long words
}

func (m *bpe) tokenize(w *work, word cut) {
	from, to := int(word.from), int(word.to)
	if m.boundary == "" {
		m.word(w, from, to)
		return
	}
	for from < to {
		end := m.wordEnd(w.text, from, to)
		m.word(w, from, end)
		from = end
	}
}

// wordEnd returns where the next mark follows something else than a mark.
func (m *bpe) wordEnd(text string, from, to int) int {
	i := from
	for strings.HasPrefix(text[i:to], m.boundary) {
		i += len(m.boundary)
	}
	if n := strings.Index(text[i:to], m.boundary); n >= 0 {
		return i + n
	}
	return to
}

func (m *bpe) word(w *work, from, to int) {
	w.steps++
	if id := m.words.find(w.text, from, to); id != noID {
		w.out.token(id, &w.stretch, from, to)
		return
	}
	w.bpe.symbols = w.bpe.symbols[:0]
	if m.bytes {
		for i := from; i < to; i++ {
			w.bpe.symbols = append(w.bpe.symbols, symbol{id: m.byteIDs[w.text[i]], size: 1})
		}
	} else {
		m.split(w, w.text[from:to])
	}
	if len(w.bpe.symbols) <= shortWord {
		m.mergeShort(w)
	} else {
		m.mergeLong(w)
	}
	for _, s := range w.bpe.symbols {
		if s.size > 0 {
			w.out.token(s.id, &w.stretch, from, from+int(s.size))
			from += int(s.size)
		}
	}
}

// split makes symbols of characters.
func (m *bpe) split(w *work, text string) {
	b := &w.bpe
	unknown := int32(0) // bytes of unknown characters not yet written
	flush := func() {
		if unknown > 0 {
			b.symbols = append(b.symbols, symbol{id: m.unknown, size: unknown})
			unknown = 0
		}
	}
	for i, r := range text {
		id, ok := m.chars[r]
		if ok {
			flush()
			b.symbols = append(b.symbols, symbol{id: id, size: int32(utf8.RuneLen(r))})
			continue
		}
		if m.fallback && m.split1(b, text[i:i+utf8.RuneLen(r)]) {
			continue
		}
		if !m.fuse {
			flush()
		}
		unknown += int32(utf8.RuneLen(r))
	}
	flush()
}

// split1 makes symbols of the bytes of a character, if there are tokens for
// all of them.
func (m *bpe) split1(b *bpeMemory, char string) bool {
	for i := range len(char) {
		if m.byteIDs[char[i]] == noID {
			return false
		}
	}
	for i := range len(char) {
		b.symbols = append(b.symbols, symbol{id: m.byteIDs[char[i]], size: 1})
	}
	return true
}

// Words of up to shortWord symbols are merged by looking through all pairs for
// every merge.
const shortWord = 24

func (m *bpe) mergeShort(w *work) {
	b := &w.bpe
	s := b.symbols
	b.ranks = b.ranks[:0]
	for i := range len(s) - 1 {
		b.ranks = append(b.ranks, m.merges.find(s[i].id, s[i+1].id))
	}
	for {
		best, rank := -1, uint32(noRank)
		for i, r := range b.ranks {
			if r.rank < rank {
				best, rank = i, r.rank
			}
		}
		if best < 0 {
			break
		}
		w.steps++
		s[best].id = b.ranks[best].id
		s[best].size += s[best+1].size
		s = append(s[:best+1], s[best+2:]...)
		b.ranks = append(b.ranks[:best], b.ranks[best+1:]...)
		if best > 0 {
			b.ranks[best-1] = m.merges.find(s[best-1].id, s[best].id)
		}
		if best < len(b.ranks) {
			b.ranks[best] = m.merges.find(s[best].id, s[best+1].id)
		}
	}
	b.symbols = s
}

// mergeLong keeps the pairs in a heap: n log n for n symbols.
func (m *bpe) mergeLong(w *work) {
	b := &w.bpe
	s := b.symbols
	b.queue = b.queue[:0]
	for i := range s {
		s[i].prev, s[i].next = int32(i-1), int32(i+1)
	}
	for i := range len(s) - 1 {
		m.enqueue(w, int32(i))
	}
	for len(b.queue) > 0 {
		w.steps++
		top := b.pop()
		at := int32(uint32(top))
		if s[at].size == 0 || int(s[at].next) == len(s) {
			continue
		}
		right := s[at].next
		to := m.merges.find(s[at].id, s[right].id)
		if uint64(to.rank) != top>>32 {
			continue // the pair has changed since
		}
		s[at].id = to.id
		s[at].size += s[right].size
		s[at].next = s[right].next
		s[right].size = 0
		if next := s[at].next; int(next) < len(s) {
			s[next].prev = at
			m.enqueue(w, at)
		}
		if s[at].prev >= 0 {
			m.enqueue(w, s[at].prev)
		}
	}
}

// enqueue adds the pair of a symbol and the next one, if it can be merged.
func (m *bpe) enqueue(w *work, at int32) {
	s := w.bpe.symbols
	w.steps++
	if to := m.merges.find(s[at].id, s[s[at].next].id); to.rank != noRank {
		w.bpe.push(uint64(to.rank)<<32 | uint64(uint32(at)))
	}
}

func (b *bpeMemory) push(x uint64) {
	b.queue = append(b.queue, x)
	q := b.queue
	i := len(q) - 1
	for i > 0 && q[(i-1)/2] > x {
		q[i] = q[(i-1)/2]
		i = (i - 1) / 2
	}
	q[i] = x
}

func (b *bpeMemory) pop() uint64 {
	q := b.queue
	top, x := q[0], q[len(q)-1]
	q = q[:len(q)-1]
	b.queue = q
	i := 0
	for {
		child := 2*i + 1
		if child >= len(q) {
			break
		}
		if child+1 < len(q) && q[child+1] < q[child] {
			child++
		}
		if q[child] >= x {
			break
		}
		q[i] = q[child]
		i = child
	}
	if len(q) > 0 {
		q[i] = x
	}
	return top
}

// wordTable finds tokens by their whole text: short ones with one probe, others
// in a map.
type wordTable struct {
	short *shortTokens
	long  map[string]int32
}

func newWordTable(words map[string]int32) *wordTable {
	t := &wordTable{short: newShortTokens(words, "\xff"), long: map[string]int32{}}
	for token, id := range words {
		if len(token) > maxShort {
			t.long[token] = id
		}
	}
	return t
}

func (t *wordTable) find(text string, from, to int) int32 {
	n := to - from
	if n > maxShort {
		if id, ok := t.long[text[from:to]]; ok {
			return id
		}
		return noID
	}
	key := uint64(n) << 56
	if from+8 <= len(text) {
		s := text[from : from+8]
		key |= (uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56) & (1<<(8*n) - 1)
	} else {
		for i := range n {
			key |= uint64(text[from+i]) << (8 * i)
		}
	}
	return t.short.find(key)
}

// findOwn sets words: the tokens that merging makes of their own text.
func (m *bpe) findOwn(vocab map[string]int32) {
	m.words = newWordTable(nil)
	own := make(map[string]int32, len(vocab))
	var w work
	for token, id := range vocab {
		if token == "" {
			continue
		}
		w.stretch = stretch{text: token}
		w.out = output{ids: w.out.ids[:0], want: wantIDs}
		m.word(&w, 0, len(token))
		if len(w.out.ids) == 1 && w.out.ids[0] == id && (m.unknown != id || id == noID) {
			own[token] = id
		}
	}
	m.words = newWordTable(own)
}

// findBoundary sets boundary if no merge joins a mark to something before it
// that is not a mark.
func (m *bpe) findBoundary(vocab map[string]int32, results []string) {
	const mark = "\u2581"
	if _, ok := vocab[mark]; !ok {
		return
	}
	for _, token := range results {
		if strings.Contains(strings.TrimLeft(token, mark), mark) {
			return
		}
	}
	m.boundary = mark
}

// addMerges enters the merges in order of rank. Of equal pairs the last counts.
func (m *bpe) addMerges(pairs [][2]string, vocab map[string]int32) (results []string, err error) {
	m.merges = newMergeTable(len(pairs))
	for rank, p := range pairs {
		left, okLeft := vocab[p[0]]
		right, okRight := vocab[p[1]]
		id, ok := vocab[p[0]+p[1]]
		for token, known := range map[string]bool{p[0]: okLeft, p[1]: okRight, p[0] + p[1]: ok} {
			if !known {
				return nil, fmt.Errorf("merges[%d]: token %q is not in the vocabulary", rank, token)
			}
		}
		m.merges.put(left, right, merged{uint32(rank), id})
		results = append(results, p[0]+p[1])
	}
	return results, nil
}
