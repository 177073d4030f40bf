package prune

import (
	"encoding/binary"
	"math"

	"github.com/ragprune/ragprune/rerank/generate"
)

// generatedFormat is the version of stored scores of a generator.
const generatedFormat = 1

// generated is what the generator says of one document.
type generated struct {
	// scores has one score per block.
	scores []float32
	// read is the number of blocks that the model read.
	read  int
	stats generate.Stats
}

// encode returns g as bytes: version, blocks read, stats, scores, CRC-32C.
func (g generated) encode() []byte {
	b := make([]byte, 0, 32+4*len(g.scores))
	b = append(b, generatedFormat)
	for _, n := range []int{g.read, g.stats.Passes, g.stats.Tokens, g.stats.Nodes, g.stats.Skipped} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	for _, s := range g.scores {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(s))
	}
	return seal(b)
}

// decodeGenerated reads what encode wrote for a document of so many blocks.
// Anything else is reported as not ok.
func decodeGenerated(b []byte, blocks int) (g generated, ok bool) {
	body, ok := unseal(b, generatedFormat)
	if !ok {
		return generated{}, false
	}
	r := reader{body, true}
	g.read = r.number()
	g.stats = generate.Stats{Passes: r.number(), Tokens: r.number(), Nodes: r.number(), Skipped: r.number()}
	if !r.ok || len(r.left)%4 != 0 || len(r.left)/4 != blocks {
		return generated{}, false
	}
	g.scores = make([]float32, blocks)
	for i := range g.scores {
		g.scores[i] = float32At(r.left, i)
	}
	return g, g.valid(blocks)
}

// valid reports whether there is one score from 0 to 1 per block.
func (g generated) valid(blocks int) bool {
	if len(g.scores) != blocks || g.read < 0 || g.read > blocks {
		return false
	}
	for _, s := range g.scores {
		if !isShare(float64(s)) {
			return false
		}
	}
	return true
}
