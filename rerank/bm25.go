package rerank

import "math"

// The constants of BM25, as in most search engines.
const (
	saturation = 1.2  // k1: how fast repeated words stop to count
	lengthNorm = 0.75 // b: how much long units are held back
)

// BM25Presets are the thresholds of BM25, measured with `ragprune eval`
// (bench/results/bm25.md).
func BM25Presets() map[string]float64 {
	return map[string]float64{"safe": 0.02, "balanced": 0.05, "aggressive": 0.15}
}

// BM25 scores the units of documents by the words that they share with a
// query (Robertson and Zaragoza 2009, with the idf of Lucene, which is never
// negative). It is read-only once built.
//
// Word statistics are those of all units of all documents together, so a score
// depends on the documents beside. Scores are divided by what a unit would
// reach that repeats every word of the query without end: they are 0 to 1, and
// 0 means that no word is shared.
type BM25 struct {
	documents [][]unitWords
	idf       []float64
	mean      float64
	best      float64
}

// unitWords is what BM25 has to know of a unit.
type unitWords struct {
	words int32
	hits  []hit
}

// hit is how often a term of the query occurs in a unit.
type hit struct{ term, count int32 }

// NewBM25 reads the query and the units of every document.
func NewBM25(query string, documents [][]string) *BM25 {
	terms := queryTerms(query)
	b := &BM25{documents: make([][]unitWords, len(documents)), idf: make([]float64, len(terms))}
	units, words := 0, 0
	found := make([]int, len(terms))
	counter := wordCounter{terms: terms}
	for d, texts := range documents {
		b.documents[d] = make([]unitWords, len(texts))
		for u, text := range texts {
			unit := counter.count(text)
			b.documents[d][u] = unit
			words += int(unit.words)
			for _, h := range unit.hits {
				found[h.term]++
			}
		}
		units += len(texts)
	}
	for t, n := range found {
		b.idf[t] = math.Log(1 + (float64(units-n)+0.5)/(float64(n)+0.5))
		b.best += b.idf[t] * (saturation + 1)
	}
	b.mean = float64(max(words, 1)) / float64(max(units, 1))
	return b
}

// Units returns the score of every unit of document d, and the score of the
// document as if it were one unit, all 0 to 1.
func (b *BM25) Units(d int) (units []float32, document float64) {
	units = make([]float32, len(b.documents[d]))
	for u, unit := range b.documents[d] {
		units[u] = float32(b.score(unit))
		document = max(document, float64(units[u]))
	}
	return units, document
}

func (b *BM25) score(u unitWords) float64 {
	if b.best == 0 {
		return 0
	}
	norm := saturation * (1 - lengthNorm + lengthNorm*float64(u.words)/b.mean)
	sum := 0.0
	for _, h := range u.hits {
		f := float64(h.count)
		sum += b.idf[h.term] * f * (saturation + 1) / (f + norm)
	}
	return min(sum/b.best, 1)
}
