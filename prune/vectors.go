package prune

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/ragprune/ragprune/rerank"
)

// vectorsFormat is the version of stored vectors.
const vectorsFormat = 1

// maxDimensions bounds what is believed of a stored value.
const maxDimensions = 1 << 14

// vectors are the embeddings of the units of one document, or of a query, at 8
// bits a number. They are always used at 8 bits, so that an answer is the same
// whether they come from the store or not.
type vectors struct {
	dimensions int
	// ends has for each unit the end of its vectors.
	ends []int
	// scales has a factor for each vector; numbers has the vectors in a row.
	scales  []float32
	numbers []int8
	// tokens is what the model read.
	tokens int
}

// newVectors holds an embedder to its contract and rounds its vectors.
func newVectors(e rerank.Embeddings, units int) (vectors, error) {
	if len(e.Ends) != units || e.Tokens < 0 {
		return vectors{}, fmt.Errorf("the embedder gave vectors of %d texts for %d", len(e.Ends), units)
	}
	v := vectors{ends: e.Ends, tokens: e.Tokens, scales: make([]float32, len(e.Vectors))}
	if len(e.Vectors) > 0 {
		v.dimensions = len(e.Vectors[0])
	}
	v.numbers = make([]int8, 0, len(e.Vectors)*v.dimensions)
	for i, x := range e.Vectors {
		if len(x) != v.dimensions {
			return vectors{}, fmt.Errorf("the embedder gave vectors of %d and of %d numbers", v.dimensions, len(x))
		}
		largest := float32(0)
		for _, n := range x {
			largest = max(largest, n, -n)
		}
		v.scales[i] = largest / math.MaxInt8
		for _, n := range x {
			v.numbers = append(v.numbers, int8(math.Round(float64(n/max(v.scales[i], math.SmallestNonzeroFloat32)))))
		}
	}
	if !v.valid(units) {
		return vectors{}, fmt.Errorf("the embedder gave %d vectors that are not those of %d texts", len(e.Vectors), units)
	}
	return v, nil
}

// valid reports whether the parts fit each other and a document of so many units.
func (v vectors) valid(units int) bool {
	if len(v.ends) != units || v.dimensions > maxDimensions || len(v.numbers) != len(v.scales)*v.dimensions {
		return false
	}
	last := 0
	for _, end := range v.ends {
		if end < last {
			return false
		}
		last = end
	}
	for _, s := range v.scales {
		if !isFinite(float64(s)) || s < 0 {
			return false
		}
	}
	return last == len(v.scales)
}

// cosines returns for each unit how near it is to query, -1 to 1: the nearest of
// their vectors counts. A unit without a vector is at 0.
func (v vectors) cosines(query vectors) ([]float64, error) {
	if len(v.scales) > 0 && len(query.scales) > 0 && v.dimensions != query.dimensions {
		return nil, fmt.Errorf("the query has %d dimensions, the document %d", query.dimensions, v.dimensions)
	}
	out := make([]float64, len(v.ends))
	first := 0
	for u, end := range v.ends {
		for i := first; i < end; i++ {
			for q := range query.scales {
				c := min(max(v.dot(i, query, q), -1), 1)
				if i == first && q == 0 || c > out[u] {
					out[u] = c
				}
			}
		}
		first = end
	}
	return out, nil
}

// dot is the product of vector i of v and vector j of o.
func (v vectors) dot(i int, o vectors, j int) float64 {
	a := v.numbers[i*v.dimensions : (i+1)*v.dimensions]
	b := o.numbers[j*v.dimensions:][:len(a)]
	sum := int32(0) // at most maxDimensions * 2^14 = 2^28
	for k, x := range a {
		sum += int32(x) * int32(b[k])
	}
	return float64(sum) * float64(v.scales[i]) * float64(o.scales[j])
}

// encode returns v as bytes: version, tokens, dimensions, the number of vectors
// of each unit, scales, numbers, CRC-32C.
func (v vectors) encode() []byte {
	b := make([]byte, 0, 32+2*len(v.ends)+4*len(v.scales)+len(v.numbers))
	b = append(b, vectorsFormat)
	b = binary.AppendUvarint(b, uint64(v.tokens))
	b = binary.AppendUvarint(b, uint64(v.dimensions))
	first := 0
	for _, end := range v.ends {
		b = binary.AppendUvarint(b, uint64(end-first))
		first = end
	}
	for _, s := range v.scales {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(s))
	}
	for _, n := range v.numbers {
		b = append(b, byte(n))
	}
	return seal(b)
}

// decodeVectors reads what encode wrote for a document of so many units.
// Anything else is reported as not ok.
func decodeVectors(b []byte, units int) (v vectors, ok bool) {
	body, ok := unseal(b, vectorsFormat)
	if !ok || units < 0 {
		return vectors{}, false
	}
	r := reader{body, true}
	v.tokens, v.dimensions = r.number(), r.number()
	// Each unit takes a byte at least, each vector four.
	if v.dimensions > maxDimensions || units > len(r.left) {
		return vectors{}, false
	}
	v.ends = make([]int, units)
	count := 0
	for u := range v.ends {
		count += min(r.number(), len(b))
		v.ends[u] = count
	}
	if !r.ok || len(r.left)/(4+v.dimensions) != count || len(r.left) != count*(4+v.dimensions) {
		return vectors{}, false
	}
	v.scales = make([]float32, count)
	for i := range v.scales {
		v.scales[i] = float32At(r.left, i)
	}
	v.numbers = make([]int8, count*v.dimensions)
	for i, x := range r.left[4*count:] {
		v.numbers[i] = int8(x)
	}
	return v, v.valid(units)
}

// reader takes numbers from bytes until one is not there.
type reader struct {
	left []byte
	ok   bool
}

func (r *reader) number() int {
	x, n := binary.Uvarint(r.left)
	if n <= 0 || x > math.MaxInt32 {
		r.ok = false
		return 0
	}
	r.left = r.left[n:]
	return int(x)
}
