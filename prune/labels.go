package prune

import (
	"encoding/binary"
	"hash/crc32"
	"math"
)

// labelsFormat is the version of stored labels.
const labelsFormat = 1

// labels are what the labeler says of one document.
type labels struct {
	// scores has one score per unit.
	scores []float32
	// logit is the raw relevance.
	logit float32
	// tokens is what the model read.
	tokens int
}

// encode returns l as bytes: version, tokens, logit, scores, CRC-32C.
func (l labels) encode() []byte {
	b := make([]byte, 0, 24+4*len(l.scores))
	b = append(b, labelsFormat)
	b = binary.AppendUvarint(b, uint64(l.tokens))
	b = binary.LittleEndian.AppendUint32(b, math.Float32bits(l.logit))
	for _, s := range l.scores {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(s))
	}
	return seal(b)
}

// decodeLabels reads what encode wrote for a document of so many units.
// Anything else is reported as not ok.
func decodeLabels(b []byte, units int) (l labels, ok bool) {
	body, ok := unseal(b, labelsFormat)
	if !ok {
		return labels{}, false
	}
	tokens, n := binary.Uvarint(body)
	if n <= 0 || tokens > math.MaxInt32 {
		return labels{}, false
	}
	numbers := body[n:]
	if len(numbers) != 4*(units+1) {
		return labels{}, false
	}
	l = labels{tokens: int(tokens), logit: float32At(numbers, 0), scores: make([]float32, units)}
	for i := range l.scores {
		l.scores[i] = float32At(numbers, i+1)
	}
	return l, l.valid(units)
}

// valid reports whether there is one score from 0 to 1 per unit.
func (l labels) valid(units int) bool {
	if len(l.scores) != units || !isFinite(float64(l.logit)) || l.tokens < 0 {
		return false
	}
	for _, s := range l.scores {
		if !isShare(float64(s)) {
			return false
		}
	}
	return true
}

func float32At(b []byte, i int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
}

// seal appends a checksum of b to it.
func seal(b []byte) []byte { return binary.LittleEndian.AppendUint32(b, crc(b)) }

// unseal returns what is between the version and the checksum of a stored
// value, if both are right.
func unseal(b []byte, format byte) (body []byte, ok bool) {
	if len(b) < 5 || b[0] != format {
		return nil, false
	}
	end := len(b) - 4
	return b[1:end], crc(b[:end]) == binary.LittleEndian.Uint32(b[end:])
}

func crc(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }
