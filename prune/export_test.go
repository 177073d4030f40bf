package prune

import (
	"encoding/binary"

	"github.com/ragprune/ragprune/rerank"
)

// The keys and stored forms of scores and vectors, for their tests.

func LabelKey(namespace, model, digest, query, title string, units []string) Key {
	return newKey(namespace, modelKey{model, digest}, kindLabels, []string{query, title}, units)
}

func VectorKey(namespace, model, digest string, units []string) Key {
	return newKey(namespace, modelKey{model, digest}, kindVectors, nil, units)
}

func QueryKey(namespace, model, digest, query string) Key {
	return newKey(namespace, modelKey{model, digest}, kindQuery, nil, []string{query})
}

func GeneratedKey(namespace, model, digest, query, markup string, paths []string) Key {
	return newKey(namespace, modelKey{model, digest}, kindPaths, []string{query, markup}, paths)
}

func EncodeLabels(scores []float32, logit float32, tokens int) []byte {
	return labels{scores: scores, logit: logit, tokens: tokens}.encode()
}

func DecodeLabels(b []byte, units int) (scores []float32, logit float32, tokens int, ok bool) {
	l, ok := decodeLabels(b, units)
	return l.scores, l.logit, l.tokens, ok
}

func EncodeVectors(e rerank.Embeddings, units int) ([]byte, error) {
	v, err := newVectors(e, units)
	return v.encode(), err
}

func ReencodeVectors(b []byte, units int) ([]byte, bool) {
	v, ok := decodeVectors(b, units)
	return v.encode(), ok
}

func Cosines(b []byte, units int, query rerank.Embeddings) ([]float64, error) {
	v, _ := decodeVectors(b, units)
	q, err := newVectors(query, 1)
	if err != nil {
		return nil, err
	}
	return v.cosines(q)
}

// WithCRC appends the checksum, so that a fuzzer gets past it.
func WithCRC(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(append([]byte(nil), b...), crc(b))
}

func ReencodeGenerated(b []byte, blocks int) ([]byte, bool) {
	g, ok := decodeGenerated(b, blocks)
	return g.encode(), ok
}
