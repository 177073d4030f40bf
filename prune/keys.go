package prune

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/ragprune/ragprune/htmlprune"
)

// keysFormat is the version of keys. It changes whenever the scores or vectors
// of the same units, query and model do.
const keysFormat = 2

// The kinds of what is stored and the version of its form, part of its key: a
// store that outlives the program, or is shared with another version of it, has
// no value under a key that this one cannot read.
var (
	kindLabels  = fmt.Sprintf("label %d", labelsFormat)
	kindVectors = fmt.Sprintf("embed %d", vectorsFormat)
	kindQuery   = fmt.Sprintf("embed query %d", vectorsFormat)
	kindPaths   = fmt.Sprintf("generate %d", generatedFormat)
)

// modelKey names a model in keys: what it is called, and what it is.
type modelKey struct{ name, digest string }

// labelKey names the labels of a document. Everything that the labeler reads
// is part of it. The units stand for the document and for how it was read:
// markup that the model never sees is not part of the key, and a reading that
// gives other units gives another key.
func labelKey(namespace string, model modelKey, query, title string, units []string) Key {
	return newKey([]string{namespace, model.name, model.digest, kindLabels, query, title}, units)
}

// vectorKey names the vectors of a document. They depend on no query.
func vectorKey(namespace string, model modelKey, units []string) Key {
	return newKey([]string{namespace, model.name, model.digest, kindVectors}, units)
}

// queryKey names the vectors of a query.
func queryKey(namespace string, model modelKey, query string) Key {
	return newKey([]string{namespace, model.name, model.digest, kindQuery}, []string{query})
}

// generatedKey names the scores of the blocks of a document. The model reads
// the markup and the paths, so the size of blocks is in them.
func generatedKey(namespace string, model modelKey, query string, o *htmlprune.Outline) Key {
	paths := make([]string, len(o.Blocks))
	for i, b := range o.Blocks {
		paths[i] = b.Path
	}
	return newKey([]string{namespace, model.name, model.digest, kindPaths, query, o.Markup}, paths)
}

// newKey hashes fields, each after its length, so that no two values share a
// key by moving a boundary. The fourth of fields is the kind, which says how
// many there are.
func newKey(fields, units []string) Key {
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
	for _, s := range fields {
		field(s)
	}
	for _, s := range units {
		field(s)
	}
	return Key(h.Sum(nil))
}
