package prune_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/prune"
	"github.com/ragprune/ragprune/rerank"
)

// randomEmbeddings are unit vectors: the texts have 1, 0 and 2 of them.
func randomEmbeddings(dimensions int) rerank.Embeddings {
	random := rand.New(rand.NewPCG(1, 2))
	e := rerank.Embeddings{Ends: []int{1, 1, 3}, Tokens: 300}
	for range 3 {
		v, length := make([]float32, dimensions), 0.0
		for i := range v {
			v[i] = float32(random.NormFloat64())
			length += float64(v[i] * v[i])
		}
		for i := range v {
			v[i] /= float32(math.Sqrt(length))
		}
		e.Vectors = append(e.Vectors, v)
	}
	return e
}

// Vectors come back as they were stored, and 8 bits cost little.
func TestVectorsComeBackAsStored(t *testing.T) {
	e := randomEmbeddings(384)
	b, err := prune.EncodeVectors(e, 3)
	if err != nil {
		t.Fatal(err)
	}
	if most := 3*(384+4) + 16; len(b) > most {
		t.Errorf("%d bytes, want at most %d", len(b), most)
	}
	again, ok := prune.ReencodeVectors(b, 3)
	if !ok || !cmp.Equal(b, again) {
		t.Error("what was read is not what is written")
	}
	query := rerank.Embeddings{Vectors: e.Vectors[1:2], Ends: []int{1}}
	got, err := prune.Cosines(b, 3, query)
	if err != nil {
		t.Fatal(err)
	}
	for u := range got {
		if want := rerank.Cosine(e.Of(u), query.Vectors); math.Abs(got[u]-want) > 0.002 {
			t.Errorf("unit %d is at %v, want %v", u, got[u], want)
		}
	}
}

func TestDamagedVectorsAreRefused(t *testing.T) {
	good, err := prune.EncodeVectors(randomEmbeddings(8), 3)
	if err != nil {
		t.Fatal(err)
	}
	for i := range good {
		for bit := range 8 {
			bad := append([]byte(nil), good...)
			bad[i] ^= 1 << bit
			if _, ok := prune.ReencodeVectors(bad, 3); ok {
				t.Errorf("a flip of bit %d of byte %d was not seen", bit, i)
			}
		}
	}
	for n := range good {
		if _, ok := prune.ReencodeVectors(good[:n], 3); ok {
			t.Errorf("a value cut to %d bytes was not seen", n)
		}
	}
	for _, units := range []int{-1, 0, 2, 4, 1 << 30} {
		if _, ok := prune.ReencodeVectors(good, units); ok {
			t.Errorf("vectors of 3 units were taken for %d", units)
		}
	}
}

func FuzzDecodeVectors(f *testing.F) {
	good, err := prune.EncodeVectors(randomEmbeddings(4), 3)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, 3)
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0, 0, 0, 0}, 1)
	f.Fuzz(func(t *testing.T, b []byte, units int) {
		again, ok := prune.ReencodeVectors(prune.WithCRC(b), units)
		if !ok {
			return
		}
		if third, ok := prune.ReencodeVectors(again, units); !ok || !cmp.Equal(again, third) {
			t.Fatal("what was read is not what is written")
		}
	})
}

func TestKeysOfVectors(t *testing.T) {
	keys := map[string]prune.Key{
		"units":         prune.VectorKey("n", "m", "d", []string{"x", "y"}),
		"joined":        prune.VectorKey("n", "m", "d", []string{"xy"}),
		"namespace":     prune.VectorKey("o", "m", "d", []string{"x", "y"}),
		"model":         prune.VectorKey("n", "o", "d", []string{"x", "y"}),
		"digest":        prune.VectorKey("n", "m", "e", []string{"x", "y"}),
		"model, moved":  prune.VectorKey("n", "md", "", []string{"x", "y"}),
		"query":         prune.QueryKey("n", "m", "d", "x"),
		"text":          prune.VectorKey("n", "m", "d", []string{"x"}),
		"other query":   prune.QueryKey("n", "m", "d", "y"),
		"query, other":  prune.QueryKey("o", "m", "d", "x"),
		"query, model":  prune.QueryKey("n", "o", "d", "x"),
		"query, digest": prune.QueryKey("n", "m", "e", "x"),
		"labels":        prune.LabelKey("n", "m", "d", "x", "", []string{"x", "y"}),
		"labels, empty": prune.LabelKey("n", "m", "d", "", "", []string{"x", "y"}),
	}
	seen := make(map[prune.Key]string)
	for name, key := range keys {
		if other, ok := seen[key]; ok {
			t.Errorf("%s and %s share a key", name, other)
		}
		seen[key] = name
	}
}
