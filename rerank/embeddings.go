package rerank

// Embeddings are the vectors of texts.
type Embeddings struct {
	// Vectors have length 1, so that their dot product is their cosine. Those
	// of one text follow each other.
	Vectors [][]float32
	// Ends has for each text the end of its vectors. A text has one vector for
	// each window that it was read in: one as a rule, none if it has no words.
	Ends []int
	// Tokens is what the model read, special tokens included.
	Tokens int
}

// Of returns the vectors of text i.
func (e Embeddings) Of(i int) [][]float32 {
	first := 0
	if i > 0 {
		first = e.Ends[i-1]
	}
	return e.Vectors[first:e.Ends[i]]
}

// Cosine is the nearest that a vector of a comes to one of b, -1 to 1: a text
// is as near to a query as the nearest of its parts. 0 if one of them has none.
func Cosine(a, b [][]float32) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	best := -1.0
	for _, x := range a {
		for _, y := range b {
			best = max(best, dot(x, y))
		}
	}
	return min(best, 1)
}

func dot(a, b []float32) float64 {
	b = b[:len(a)]
	var sum float32
	for i, x := range a {
		sum += x * b[i]
	}
	return float64(sum)
}
