package main

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"

	"github.com/ragprune/ragprune/labeler/openprovence"
	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/ort"
	"github.com/ragprune/ragprune/models/tokenizer"
	"github.com/ragprune/ragprune/models/workers"
)

// pair is a sequence of tokens with what PyTorch says of it.
type pair struct {
	IDs, Types []int64
	Keep       []float64
	Logit      float64
}

func readPairs(path string) ([]pair, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct{ Cases []pair }
	return file.Cases, json.Unmarshal(data, &file)
}

// differences are the largest ones, and how many tokens are decided alike.
type differences struct {
	keep, rank              float64
	tokens, decisions, same int
}

func (d *differences) add(p pair, outputs [][]float32) {
	d.tokens += len(p.IDs)
	rank := logistic(float64(outputs[len(outputs)-1][0]))
	d.rank = max(d.rank, math.Abs(rank-logistic(p.Logit)))
	for i, want := range p.Keep {
		got := logistic(float64(outputs[0][i]))
		d.keep = max(d.keep, math.Abs(got-want))
		for _, t := range []float64{0.1, 0.3, 0.5} {
			d.decisions++
			if (got > t) == (want > t) {
				d.same++
			}
		}
	}
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// call is a call of process() and its answer.
type call struct {
	Arguments json.RawMessage
	Result    map[string]any
	Error     string
}

func readCalls(path string) (calls []call, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	var file struct{ Cases []call }
	return file.Cases, json.NewDecoder(z).Decode(&file)
}

// scoreTolerance is what scores may differ by.
const scoreTolerance = 1e-4

func compareAnswers(ctx context.Context, runtime *ort.Runtime, dir, path string) (row []string, err error) {
	calls, err := readCalls(path)
	if err != nil {
		return nil, err
	}
	m, done, err := reference(runtime, dir)
	if err != nil {
		return nil, err
	}
	defer done()
	alike := make(map[bool]int) // by defects
	sentences, largest := 0, 0.0
	for _, c := range calls {
		for _, defects := range []bool{true, false} {
			same, n, d, err := compareCall(ctx, m, &c, defects)
			if err != nil {
				return nil, err
			}
			if same {
				alike[defects]++
			}
			if defects {
				sentences, largest = sentences+n, max(largest, d)
			}
		}
	}
	return []string{
		filepath.Base(dir), strconv.Itoa(len(calls)), strconv.Itoa(alike[true]), strconv.Itoa(alike[false]),
		strconv.Itoa(sentences), small(largest),
	}, nil
}

// compareCall makes one call. It reports whether both answer or refuse alike,
// how many sentences have scores, and how far the scores are apart.
func compareCall(ctx context.Context, m *openprovence.Model, c *call, defects bool) (same bool, sentences int, largest float64, err error) {
	var r openprovence.Request
	if err := json.Unmarshal(c.Arguments, &r); err != nil {
		return false, 0, 0, err
	}
	r.Defects, r.ReturnSentenceMetrics, r.ReturnSentenceTexts = defects, true, true
	got, refused := answer(ctx, m, &r)
	if refused != nil || c.Error != "" {
		return (refused != nil) == (c.Error != ""), 0, 0, nil
	}
	same = reflect.DeepEqual(c.Result["kept_sentences"], got["kept_sentences"]) && reflect.DeepEqual(c.Result["removed_sentences"], got["removed_sentences"])
	largest, sentences = apart(c.Result["sentence_probabilities"], got["sentence_probabilities"])
	scores, _ := apart(c.Result["reranking_score"], got["reranking_score"])
	largest = max(largest, scores)
	return same && largest <= scoreTolerance, sentences, largest, nil
}

// reference runs the bundle in dir by OpenProvence's rules.
func reference(runtime *ort.Runtime, dir string) (m *openprovence.Model, done func(), err error) {
	b, err := models.Open(dir)
	if err != nil {
		return nil, nil, err
	}
	tok, err := tokenizer.Load(b.TokenizerPath())
	if err != nil {
		return nil, nil, err
	}
	session, err := open(runtime, b)
	if err != nil {
		return nil, nil, err
	}
	pool, err := workers.New(0)
	if err != nil {
		return nil, nil, err
	}
	if b.Name == "ragprune-small" {
		b.Thresholds.Presets[b.Thresholds.Default] = 0.1 // that of the original
	}
	m, err = openprovence.New(openprovence.Options{Runner: session, Tokenizer: tok, Manifest: b.Manifest, Pool: pool})
	return m, func() {
		pool.Close()
		if err := session.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "published:", err)
		}
	}, err
}

func answer(ctx context.Context, m *openprovence.Model, r *openprovence.Request) (got map[string]any, err error) {
	response, err := m.Process(ctx, r)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(response)
	if err != nil {
		return nil, err
	}
	return got, json.Unmarshal(data, &got)
}

// apart is the largest difference of two nested lists of numbers, and how many
// there are; lists of different forms are infinitely apart.
func apart(a, b any) (largest float64, numbers int) {
	switch a := a.(type) {
	case float64:
		if b, ok := b.(float64); ok {
			return math.Abs(a - b), 1
		}
	case []any:
		if b, ok := b.([]any); ok && len(a) == len(b) {
			for i := range a {
				d, n := apart(a[i], b[i])
				largest, numbers = max(largest, d), numbers+n
			}
			return largest, numbers
		}
	}
	return math.Inf(1), 0
}
