package generate

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/tokenizer"
	"github.com/ragprune/ragprune/models/workers"
)

// Cache is what a decoder has computed of the tokens that it has read. It is
// immutable: several passes may go on from it.
type Cache = interface {
	// Tokens is the number of tokens read.
	Tokens() int
	// Close frees the memory.
	Close() error
}

// Decoder runs the graph of a generator; see ort.Decoder. It is safe for
// concurrent use.
type Decoder interface {
	// Decode reads ids behind the tokens of past, nil for none, and returns the
	// logits of the token to come and a cache of all tokens read. When ctx
	// ends, it stops soon and returns its error.
	Decode(ctx context.Context, past Cache, ids []int64) (logits []float32, present Cache, err error)
}

// What the zero values of Options stand for.
const (
	DefaultChunkTokens = 512
	DefaultCacheBytes  = 2 << 30
)

// Options of a Generator.
type Options struct {
	// Decoder holds the graph. Mandatory.
	Decoder Decoder
	// Tokenizer belongs to the graph. Mandatory.
	Tokenizer *tokenizer.Tokenizer
	// Manifest is that of the bundle, of kind generator. Mandatory, valid.
	Manifest models.Manifest
	// Pool runs the passes, beside those of other models. Mandatory; who made
	// it closes it, after the last call.
	Pool *workers.Pool
	// ChunkTokens is the most that one pass reads; attention takes memory by
	// its product with all tokens before. 0 means DefaultChunkTokens.
	ChunkTokens int
	// CacheBytes bounds the memory of the caches of all documents at once;
	// documents wait for it. One that needs more than all of it goes alone. 0
	// means DefaultCacheBytes.
	CacheBytes int64
	// Registry receives the metrics. Nil means none.
	Registry prometheus.Registerer
}

// Validate reports what is missing or out of range.
func (o Options) Validate() error {
	switch {
	case o.Decoder == nil:
		return errors.New("generator: Decoder is mandatory")
	case o.Tokenizer == nil:
		return errors.New("generator: Tokenizer is mandatory")
	case o.Pool == nil:
		return errors.New("generator: Pool is mandatory")
	case o.ChunkTokens < 0:
		return fmt.Errorf("generator: ChunkTokens is %d, want 0 or more", o.ChunkTokens)
	case o.CacheBytes < 0:
		return fmt.Errorf("generator: CacheBytes is %d, want 0 or more", o.CacheBytes)
	}
	if o.Manifest.Kind != models.KindGenerator {
		return fmt.Errorf("generator: the bundle is of kind %q, want %q", o.Manifest.Kind, models.KindGenerator)
	}
	if err := o.Manifest.Validate(); err != nil {
		return fmt.Errorf("generator: manifest: %w", err)
	}
	return nil
}

// Generator scores the blocks of documents. It is safe for concurrent use.
type Generator struct {
	options  Options
	manifest models.Manifest
	prompt   []promptPart
	end      int32
	memory   *semaphore.Weighted
	metrics  *metrics
}

// New returns a Generator. A special token of the manifest's prompt that the
// tokenizer does not have is an error that names it.
func New(o Options) (*Generator, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.ChunkTokens == 0 {
		o.ChunkTokens = DefaultChunkTokens
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = DefaultCacheBytes
	}
	g := &Generator{options: o, manifest: o.Manifest, memory: semaphore.NewWeighted(o.CacheBytes)}
	var err error
	if g.prompt, err = newPrompt(o.Manifest.Generation.Prompt, o.Tokenizer); err != nil {
		return nil, fmt.Errorf("generator: %w", err)
	}
	var ok bool
	if g.end, ok = o.Tokenizer.Special(o.Manifest.Generation.End); !ok {
		return nil, fmt.Errorf("generator: manifest: generation: end: the tokenizer has no special token %q", o.Manifest.Generation.End)
	}
	if g.metrics, err = newMetrics(o.Registry); err != nil {
		return nil, fmt.Errorf("generator: metrics: %w", err)
	}
	return g, nil
}

// Document is a document as the model reads it.
type Document struct {
	// Markup is the page with the tags that paths name.
	Markup string
	// Blocks are in document order.
	Blocks []Block
}

// Block is what gets a score.
type Block struct {
	// Path names it, "<html><body><div2>".
	Path string
	// Text is the beginning of what it says.
	Text string
	// End is the byte offset in Document.Markup where it ends.
	End int
}

// Scores are what the model says of one document.
type Scores struct {
	// Logs has the natural logarithm of the probability of each block, negative
	// infinity for those that were not read. The probabilities of those that
	// were read add up to 1.
	Logs []float64
	// Read is the number of blocks that were read. The others, at the end of
	// the document, did not fit into the window.
	Read  int
	Stats Stats
}

// Stats says what scoring took.
type Stats struct {
	// Passes is the number of forward passes, Tokens what they read together.
	Passes, Tokens int
	// Nodes is the number of tokens in the tree of paths; Skipped those of them
	// that stood alone and needed no pass.
	Nodes, Skipped int
}

// Add adds o to s.
func (s *Stats) Add(o Stats) {
	s.Passes += o.Passes
	s.Tokens += o.Tokens
	s.Nodes += o.Nodes
	s.Skipped += o.Skipped
}

// Shares turns the probabilities into scores from 0 to 1. With n blocks read, a
// block of probability p has the score n*p/(n*p + 1): 0.5 where it is as
// probable as by chance, the higher the more it stands out. Blocks keep their
// order, and blocks of documents of different length can be compared. A block
// that was not read has 0, and the only block of a document 0.5: there the
// model has nothing to choose from.
func (s Scores) Shares() []float32 {
	shares := make([]float32, len(s.Logs))
	chance := math.Log(float64(max(s.Read, 1)))
	for i, l := range s.Logs {
		shares[i] = float32(1 / (1 + math.Exp(-(l + chance))))
	}
	return shares
}

// Fit returns the part of query that the model reads, and whether anything was
// cut.
func (g *Generator) Fit(query string) (fitted string, cut bool) {
	return g.options.Tokenizer.Cut(query, g.manifest.QueryTokens)
}

// Score scores the blocks of one document for a query. A query longer than Fit
// allows is cut; blocks that do not fit into the window are not read.
//
// The context is looked at before and in each pass; when it ends, Score returns
// its error.
func (g *Generator) Score(ctx context.Context, query string, d Document) (Scores, error) {
	if len(d.Blocks) == 0 {
		return Scores{}, errors.New("generator: the document has no blocks")
	}
	query, _ = g.Fit(query)
	input, err := g.input(query, d)
	if err != nil {
		return Scores{}, err
	}
	w := newWalk(g, input)
	if err := w.run(ctx); err != nil {
		return Scores{}, err
	}
	s := Scores{Logs: w.logs, Read: input.read, Stats: w.stats}
	g.metrics.count(s, len(d.Blocks))
	return s, nil
}
