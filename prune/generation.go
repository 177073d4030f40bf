package prune

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/rerank/generate"
)

// Generator scores the blocks of one document by how probable a generative
// model finds their paths. It is safe for concurrent use.
type Generator interface {
	// Fit returns the part of query that the model can read, and whether
	// anything was cut.
	Fit(query string) (fitted string, cut bool)
	// Score scores the blocks of a document, which has at least one. When ctx
	// ends, it returns its error. An error with a method Overloaded() bool that
	// returns true says that the generator is full.
	Score(ctx context.Context, query string, d generate.Document) (generate.Scores, error)
}

// Generation says how a Generator reads documents and what its scores mean.
type Generation struct {
	// Model is "name@version"; it is in responses and in keys. Mandatory.
	Model string
	// ModelDigest says what the model is; see Options.ModelDigest.
	ModelDigest string
	// Presets are the thresholds of ScorerGenerate by name, 0 to 1. Mandatory,
	// with one called as DefaultPreset.
	Presets map[string]float64
	// FirstIndex is the number of the first of several siblings of one tag, as
	// the model was trained.
	FirstIndex int
	// BlockWords is the size of a block where a request has no Granularity.
	// Mandatory.
	BlockWords int
}

// validate reports what is missing or out of range.
func (g Generation) validate() error {
	var errs []error
	if g.Model == "" {
		errs = append(errs, errors.New("Generation.Model is mandatory with a Generator"))
	}
	if g.FirstIndex < 0 || g.BlockWords < 1 {
		errs = append(errs, fmt.Errorf("Generation.FirstIndex is %d, want 0 or more, BlockWords is %d, want 1 or more", g.FirstIndex, g.BlockWords))
	}
	if !hasKey(g.Presets, DefaultPreset) {
		errs = append(errs, fmt.Errorf("Generation.Presets has no preset %q", DefaultPreset))
	}
	return errors.Join(append(errs, validateShares("Generation.Presets", g.Presets))...)
}

// outline cuts j into the blocks that the generator scores. Each document has a
// tree of paths of its own: its scores then depend on nothing else and can be
// kept, a document more costs what it costs alone, and the window holds one
// document instead of all. What is lost, that the model weighs documents against
// each other, is why scores are measured against chance; see
// generate.Scores.Shares.
func (s *run) outline(j *job) {
	if !j.scorable() {
		return
	}
	o := s.pruner.options.Generation
	words := int(s.request.Granularity)
	if words <= 0 { // not asked for, or GranularityAuto
		words = o.BlockWords
	}
	j.outline = j.tree.Outline(htmlprune.OutlineOptions{Words: words, FirstIndex: o.FirstIndex, Skip: j.skipped()})
}

// key names the model in keys.
func (g Generation) key() modelKey { return modelKey{g.Model, g.ModelDigest} }

// paths are those of the blocks of an outline.
func paths(o *htmlprune.Outline) []string {
	out := make([]string, len(o.Blocks))
	for i, b := range o.Blocks {
		out[i] = b.Path
	}
	return out
}

// skipped marks the units that no model reads; nil if there are none.
func (j *job) skipped() []bool {
	if j.unread == nil {
		return nil
	}
	skipped := make([]bool, len(j.unread))
	for u := range skipped {
		skipped[u] = !j.reads(u)
	}
	return skipped
}

// generate runs the generator over an outline and holds it to its contract.
func (p *Pruner) generate(ctx context.Context, query string, o *htmlprune.Outline) (g generated, err error) {
	d := generate.Document{Markup: o.Markup, Blocks: make([]generate.Block, len(o.Blocks))}
	for i, b := range o.Blocks {
		d.Blocks[i] = generate.Block(b)
	}
	err = p.admit(func() error {
		p.metrics.generated.Inc()
		scores, err := p.options.Generator.Score(ctx, query, d)
		if err != nil {
			return err
		}
		g = generated{scores: scores.Shares(), read: scores.Read, stats: scores.Stats}
		if !g.valid(len(d.Blocks)) {
			return fmt.Errorf("the generator gave %d scores for %d blocks, or numbers out of range", len(g.scores), len(d.Blocks))
		}
		return nil
	})
	return g, err
}

// generationCount sums up what the generator did for several documents at once.
type generationCount struct {
	mu    sync.Mutex
	ran   bool
	stats generate.Stats
}

func (c *generationCount) add(s generate.Stats) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ran = true
	c.stats.Add(s)
}

// usage is the sum, nil if there is nothing to sum up.
func (c *generationCount) usage() *GenerationUsage {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ran {
		return nil
	}
	return &GenerationUsage{Passes: c.stats.Passes, Nodes: c.stats.Nodes, Skipped: c.stats.Skipped}
}

// takeGenerated scores every unit of j as its block. A document is as good as
// its best block.
func (s *run) takeGenerated(j *job) {
	j.scores = make([]float32, 0, len(j.scored))
	for u, block := range j.outline.Of {
		if !j.reads(u) {
			continue
		}
		score := j.generated.scores[block]
		j.scores = append(j.scores, score)
		j.score = max(j.score, float64(score))
	}
	j.used, j.threshold = ScorerGenerate, s.threshold(ScorerGenerate)
	if unread := len(j.outline.Blocks) - j.generated.read; unread > 0 {
		j.warn("generator_window", fmt.Sprintf(
			"The document is longer than the generator can read: of its %d blocks the last %d were not read and have the score 0.",
			len(j.outline.Blocks), unread))
	}
}
