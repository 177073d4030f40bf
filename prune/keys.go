package prune

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/ragprune/ragprune/htmlprune"
)

// keysFormat is the version of keys. It changes whenever the scores or vectors
// of the same units, query and model do.
const keysFormat = 1

// The kinds of what is stored, part of its key.
const (
	kindLabels  = "label"
	kindVectors = "embed"
	kindQuery   = "embed query"
	kindPaths   = "generate"
)

// labelKey names the labels of a document. Everything that the labeler reads
// is part of it. The units stand for the document and for how it was read:
// markup that the model never sees is not part of the key, and a reading that
// gives other units gives another key.
func labelKey(namespace, model, query, title string, units []string) Key {
	return newKey([]string{namespace, model, kindLabels, query, title}, units)
}

// vectorKey names the vectors of a document. They depend on no query.
func vectorKey(namespace, model string, units []string) Key {
	return newKey([]string{namespace, model, kindVectors}, units)
}

// queryKey names the vectors of a query.
func queryKey(namespace, model, query string) Key {
	return newKey([]string{namespace, model, kindQuery}, []string{query})
}

// generatedKey names the scores of the blocks of a document. The model reads
// the markup and the paths, so the size of blocks is in them.
func generatedKey(namespace, model, query string, o *htmlprune.Outline) Key {
	paths := make([]string, len(o.Blocks))
	for i, b := range o.Blocks {
		paths[i] = b.Path
	}
	return newKey([]string{namespace, model, kindPaths, query, o.Markup}, paths)
}

// newKey hashes fields, each after its length, so that no two values share a
// key by moving a boundary. The third of fields is the kind, which says how
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
