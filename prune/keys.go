package prune

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// keysFormat is the version of keys. It changes whenever the scores or vectors
// of the same units, query and model do.
const keysFormat = 2

// kind is what is stored under a key.
type kind uint8

const (
	kindLabels kind = iota
	kindVectors
	kindQuery
	kindPaths
)

// String names the kind and the version of its form, for its key: a store that
// outlives the program, or is shared with another version of it, has no value
// under a key that this one cannot read.
func (k kind) String() string {
	switch k {
	case kindLabels:
		return fmt.Sprintf("label %d", labelsFormat)
	case kindVectors:
		return fmt.Sprintf("embed %d", vectorsFormat)
	case kindQuery:
		return fmt.Sprintf("embed query %d", vectorsFormat)
	case kindPaths:
		return fmt.Sprintf("generate %d", generatedFormat)
	}
	return ""
}

// modelKey names a model in keys: what it is called, and what it is.
type modelKey struct{ name, digest string }

// newKey names what a model says of units. Everything that it reads is part of
// the key: fields, of which each kind has its own number, and the units, which
// stand for the document and for how it was read. Markup that the model never
// sees is not part of the key, and a reading that gives other units gives
// another key. The generator reads markup and paths, so the size of blocks is in
// these. Each string is hashed after its length, so that no two values share a
// key by moving a boundary.
func newKey(namespace string, model modelKey, k kind, fields, units []string) Key {
	h := sha256.New()
	buf := make([]byte, 0, 4096)
	field := func(s string) {
		buf = binary.AppendUvarint(buf[:0], uint64(len(s)))
		for len(s) > 0 {
			n := min(len(s), cap(buf)-len(buf))
			buf = append(buf, s[:n]...)
			s = s[n:]
			h.Write(buf)
			buf = buf[:0]
		}
		h.Write(buf)
	}
	buf = binary.AppendUvarint(buf, keysFormat)
	h.Write(buf)
	for _, part := range [][]string{{namespace, model.name, model.digest, k.String()}, fields, units} {
		for _, s := range part {
			field(s)
		}
	}
	return Key(h.Sum(nil))
}
