package openprovence_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/labeler/openprovence"
	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/tokenizer"
	"github.com/ragprune/ragprune/models/workers"
)

// countRunner keeps every token of the text and none of the question, and
// remembers what it read.
type countRunner struct {
	mu      sync.Mutex
	longest int
	text    int
	err     error
}

func (r *countRunner) Run(ids, types []int64) ([][]float32, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.longest = max(r.longest, len(ids))
	keep := make([]float32, len(ids))
	for i, t := range types {
		keep[i] = float32(10*t) - 5
		r.text += int(t)
	}
	r.text-- // the last marker
	return [][]float32{keep, {float32(len(ids))}}, r.err
}

func fakeModel(t testing.TB, r *countRunner, change func(*openprovence.Options)) (*openprovence.Model, *tokenizer.Tokenizer) {
	t.Helper()
	b, err := models.Open("../../models/ragprune-small")
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Load(b.TokenizerPath())
	if err != nil {
		t.Fatal(err)
	}
	pool, err := workers.New(2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	o := openprovence.Options{Runner: r, Tokenizer: tok, Manifest: b.Manifest, Pool: pool}
	if change != nil {
		change(&o)
	}
	m, err := openprovence.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return m, tok
}

// Without the defects, the model reads every token of a text once, in blocks
// that it can hold, however long question and sentences are.
func TestReadsEverything(t *testing.T) {
	texts := []string{
		"A short text. It has two sentences.",
		strings.Repeat("word ", 3000),
		strings.Repeat("One sentence of some words. ", 400),
	}
	for _, question := range []string{"short?", strings.Repeat("long ", 300), strings.Repeat("endless ", 2000)} {
		for _, whole := range []bool{false, true} {
			r := &countRunner{}
			m, tok := fakeModel(t, r, nil)
			got, err := m.Process(t.Context(), &openprovence.Request{
				Question: openprovence.Text(question), Context: openprovence.Strings(texts...), RespectSentenceBoundaries: whole,
			})
			if err != nil {
				t.Fatal(err)
			}
			want := 0
			for i, text := range texts {
				want += tok.Count(text)
				if kept := got.Documents[0][i].PrunedContext; kept != text {
					t.Errorf("%d bytes of %d are kept of text %d", len(kept), len(text), i)
				}
			}
			if r.longest > 512 || r.text != want {
				t.Errorf("question of %d bytes: the longest block has %d tokens, %d tokens of %d are read", len(question), r.longest, r.text, want)
			}
		}
	}
}

// Sentences that are given are judged as they are.
func TestGivenSentences(t *testing.T) {
	m, _ := fakeModel(t, &countRunner{}, nil)
	threshold := 0.5
	got, err := m.Process(t.Context(), &openprovence.Request{
		Question:  openprovence.Text("Who was it?"),
		Context:   openprovence.List(openprovence.Strings("It was she. ", " ", "It was in May. And June.")),
		Threshold: &threshold,
	})
	if err != nil {
		t.Fatal(err)
	}
	d := got.Documents[0][0]
	if diff := cmp.Diff([]string{"It was she. ", "It was in May. And June."}, d.KeptSentences); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	if d.PrunedContext != "It was she. It was in May. And June." || d.CompressionRate != 0 {
		t.Errorf("%q, %v %% gone", d.PrunedContext, d.CompressionRate)
	}
}

func TestProcessErrors(t *testing.T) {
	request := &openprovence.Request{Question: openprovence.Text("q"), Context: openprovence.Text("A text.")}
	broken := errors.New("broken graph")
	m, _ := fakeModel(t, &countRunner{err: broken}, nil)
	if _, err := m.Process(t.Context(), request); !errors.Is(err, broken) {
		t.Errorf("broken graph: error is %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Process(ctx, request); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: error is %v", err)
	}
	m, _ = fakeModel(t, &countRunner{}, func(o *openprovence.Options) { o.Manifest.Activation = models.Softmax })
	if _, err := m.Process(t.Context(), request); err == nil {
		t.Error("one keep logit per token is accepted for a softmax")
	}
}

func TestBounds(t *testing.T) {
	two := &openprovence.Request{Question: openprovence.Text("q"), Context: openprovence.Strings("One. Two!", "a\n")}
	for name, c := range map[string]struct {
		bound openprovence.Options
		want  string // of the error; empty: none
	}{
		"none":      {openprovence.Options{}, ""},
		"just so":   {openprovence.Options{Texts: 2, Bytes: 11, Sentences: 3}, ""},
		"texts":     {openprovence.Options{Texts: 1}, "has 2 texts"},
		"bytes":     {openprovence.Options{Bytes: 10}, "has 11 bytes"},
		"sentences": {openprovence.Options{Sentences: 2}, "has 3 ends"},
	} {
		m, _ := fakeModel(t, &countRunner{}, func(o *openprovence.Options) {
			o.Texts, o.Bytes, o.Sentences = c.bound.Texts, c.bound.Bytes, c.bound.Sentences
		})
		_, err := m.Process(t.Context(), two)
		var invalid *openprovence.InvalidError
		if ok := errors.As(err, &invalid) && invalid.Field == "context" && strings.Contains(err.Error(), c.want); (c.want != "") != ok {
			t.Errorf("%s: error is %v, want %q", name, err, c.want)
		}
	}
	m, _ := fakeModel(t, &countRunner{}, func(o *openprovence.Options) { o.Sentences = 1 })
	if _, err := m.Process(t.Context(), &openprovence.Request{Question: openprovence.Text("q"), Context: openprovence.Text("यह है॥ یہ ہے۔")}); err == nil || !strings.Contains(err.Error(), "has 2 ends") {
		t.Errorf("marks of other scripts: error is %v", err)
	}
	m, _ = fakeModel(t, &countRunner{}, func(o *openprovence.Options) { o.Bytes = 10 })
	if _, err := m.ProcessJSON(t.Context(), []byte(`{"question":"q","context":"`+strings.Repeat("a", 100)+`"}`)); err == nil {
		t.Error("arguments far longer than texts may be are read")
	}
}

func TestOptionsValidate(t *testing.T) {
	b, err := models.Open("../../models/ragprune-embed")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openprovence.New(openprovence.Options{}); err == nil {
		t.Error("New accepts nothing")
	}
	pool, err := workers.New(1)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	o := openprovence.Options{Runner: &countRunner{}, Tokenizer: new(tokenizer.Tokenizer), Manifest: b.Manifest, Pool: pool}
	if _, err := openprovence.New(o); err == nil || !strings.Contains(err.Error(), `kind "embedder"`) {
		t.Errorf("an embedder: error is %v", err)
	}
}

// Texts of other scripts go to their own splitter.
func TestOther(t *testing.T) {
	m, _ := fakeModel(t, &countRunner{}, nil)
	for text, want := range map[string][]string{
		"これは文です。次の文です！":   {"これは文です。", "次の文です！"},
		"他来了。她走了。":        {"他来了。", "她走了。"},
		"वह आया। वह गया।": {"वह आया।", " वह गया।"},
		"One. Two.": {"One. ", "Two."},
	} {
		got, err := m.Process(t.Context(), &openprovence.Request{Question: openprovence.Text("q"), Context: openprovence.Text(text)})
		if err != nil {
			t.Fatal(err)
		}
		d := got.Documents[0][0]
		if diff := cmp.Diff(want, append(d.KeptSentences, d.RemovedSentences...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}
