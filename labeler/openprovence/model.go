package openprovence

import (
	gocontext "context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"

	"github.com/ragprune/ragprune/labeler"
	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/tokenizer"
	"github.com/ragprune/ragprune/models/workers"
)

// Options of a Model.
type Options struct {
	// Runner holds the graph of a pruner. Mandatory, safe for concurrent use.
	Runner labeler.Runner
	// Tokenizer belongs to the graph. Mandatory.
	Tokenizer *tokenizer.Tokenizer
	// Manifest is that of the bundle, of kind pruner. Its MaxTokens is the
	// length of a block, its default preset the default threshold. Mandatory.
	Manifest models.Manifest
	// Pool runs the blocks, beside those of other models. Mandatory; who made
	// it closes it, after the last call.
	Pool *workers.Pool
	// Texts bounds the texts of a request. 0 means no bound.
	Texts int
	// Bytes bounds the texts of a request together, and Sentences the marks and
	// line ends in them that may end a sentence. 0 means no bound.
	Bytes, Sentences int
	// Other splits texts that are not written like English: Japanese, Chinese,
	// Hindi, Arabic. Nil means at each mark that ends a sentence and at each
	// line.
	Other Splitter
}

// Validate reports what is missing.
func (o Options) Validate() error {
	switch {
	case o.Runner == nil:
		return errors.New("openprovence: Runner is mandatory")
	case o.Tokenizer == nil:
		return errors.New("openprovence: Tokenizer is mandatory")
	case o.Pool == nil:
		return errors.New("openprovence: Pool is mandatory")
	case o.Manifest.Kind != models.KindPruner:
		return fmt.Errorf("openprovence: the bundle is of kind %q, want %q", o.Manifest.Kind, models.KindPruner)
	}
	if err := o.Manifest.Validate(); err != nil {
		return fmt.Errorf("openprovence: manifest: %w", err)
	}
	return nil
}

// Model prunes as process() does. It is safe for concurrent use.
type Model struct {
	runner     labeler.Runner
	tokenizer  *tokenizer.Tokenizer
	pool       *workers.Pool
	frame      labeler.Frame
	unknown    int32
	hasUnknown bool
	softmax    bool
	maxLength  int
	threshold  float64
	texts      int
	bytes      int
	sentences  int
	defects    bool
	punkt      func() (*punkt, error) // read when a text is first cut by it
	other      Splitter
}

// New returns a Model.
func New(o Options) (*Model, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	m := &Model{
		runner: o.Runner, tokenizer: o.Tokenizer, pool: o.Pool,
		softmax:   o.Manifest.Activation == models.Softmax,
		maxLength: o.Manifest.MaxTokens,
		threshold: o.Manifest.Thresholds.Presets[o.Manifest.Thresholds.Default],
		texts:     o.Texts, bytes: o.Bytes, sentences: o.Sentences, punkt: sync.OnceValues(newPunkt), other: o.Other,
	}
	if m.other == nil {
		m.other = splitOther
	}
	var err error
	if m.frame, err = labeler.FrameOf(o.Tokenizer, o.Manifest); err != nil {
		return nil, fmt.Errorf("openprovence: %w", err)
	}
	for _, name := range []string{"[UNK]", "<unk>"} {
		if id, ok := o.Tokenizer.Special(name); ok {
			m.unknown, m.hasUnknown = id, true
		}
	}
	return m, nil
}

// Process prunes the texts of a request. A request that process() refuses gives
// an *InvalidError; the only others are those of the model and of ctx.
func (m *Model) Process(ctx gocontext.Context, r *Request) (*Response, error) {
	m = m.with(r.Defects)
	tasks, form, err := r.tasks()
	if err != nil {
		return nil, err
	}
	if err := m.bound(tasks); err != nil {
		return nil, err
	}
	split, err := m.splitter(r.Language)
	if err != nil {
		return nil, err
	}
	if r.Threshold == nil {
		r = withThreshold(r, m.threshold)
	}
	out := &Response{
		shape: form, metrics: r.ReturnSentenceMetrics, texts: r.ReturnSentenceTexts,
		Documents: make([][]Document, len(tasks)),
	}
	if err := m.run(ctx, r, tasks, split, out); err != nil {
		return nil, err
	}
	if r.Reorder {
		for i := range out.Documents {
			out.Documents[i] = reorder(out.Documents[i], r.TopK)
		}
	}
	return out, nil
}

// with is m with or without the defects of the reference.
func (m *Model) with(defects bool) *Model {
	c := *m
	c.defects = defects
	return &c
}

// bound refuses what would take too much memory or time: every text is read as a
// whole, and there is no cheaper way to answer.
func (m *Model) bound(tasks []task) error {
	var texts, bytes, ends int
	for _, t := range tasks {
		texts += len(t.sources)
		for _, s := range t.sources {
			bytes += len(s.text)
			ends += sentenceEnds(s.text) + len(s.sentences)
			for _, given := range s.sentences {
				bytes += len(given)
			}
		}
	}
	for _, b := range []struct {
		is, most int
		what     string
	}{{texts, m.texts, "texts"}, {bytes, m.bytes, "bytes of texts"}, {ends, m.sentences, "ends of sentences"}} {
		if b.most > 0 && b.is > b.most {
			return invalid("context", "has %d %s, at most %d are allowed in a request", b.is, b.what, b.most)
		}
	}
	return nil
}

// run fills in the documents of an answer.
func (m *Model) run(ctx gocontext.Context, r *Request, tasks []task, split Splitter, out *Response) error {
	var running []*pending
	for i := range tasks {
		question := m.question(tasks[i].question)
		out.Documents[i] = make([]Document, len(tasks[i].sources))
		for k := range tasks[i].sources {
			p, err := m.start(ctx, r, &tasks[i], k, question, split)
			if err != nil {
				return err
			}
			p.into = &out.Documents[i][k]
			running = append(running, p)
		}
	}
	for _, p := range running {
		if err := m.finish(ctx, r, p); err != nil {
			return err
		}
	}
	return nil
}

func withThreshold(r *Request, t float64) *Request {
	c := *r
	c.Threshold = &t
	return &c
}

// question returns the tokens of a question. Without the defects, one that
// leaves a block too little room is cut.
func (m *Model) question(text string) []int32 {
	ids := m.tokenizer.AppendIDs(nil, text)
	if most := max(1, m.maxLength-3-least); !m.defects && len(ids) > most {
		ids = ids[:most]
	}
	return ids
}

// pending is a text on its way through the model.
type pending struct {
	into      *Document
	text      string
	sentences []string
	// prefix is how many of sentences are title, keepTitle which sentence stays
	// with any other: -1 means none.
	prefix, keepTitle int
	title             []string
	// shifts is by how much the reference moves the ranges of each sentence.
	shifts []int
	reads  []read
}

// read is a block on its way through the model.
type read struct {
	block  block
	ranges []span
	tokens int
	answer chan answer
}

type answer struct {
	outputs [][]float32
	err     error
}

// leastPositions is a number of tokens that graphs can read whose max_tokens
// is lower. What is longer, which only the defects bring about, is not given to
// a graph: ONNX Runtime may read behind a table of positions, and crash.
const leastPositions = 512

// start reads text k of a task and hands its blocks to the workers.
func (m *Model) start(ctx gocontext.Context, r *Request, t *task, k int, question []int32, split Splitter) (*pending, error) {
	p := m.prepare(r, t, k, split)
	for _, b := range m.assemble(m.fragments(p.sentences, m.fragmentSize(r, len(question))), len(question)) {
		in := m.input(question, b)
		if most := max(m.maxLength, leastPositions); len(in.ids) > most {
			return nil, invalid("question", "makes the model read %d tokens at once, at most %d: shorten it, or do without defects", len(in.ids), most)
		}
		w := read{block: b, ranges: in.ranges, tokens: len(in.ids), answer: make(chan answer, 1)}
		p.reads = append(p.reads, w)
		err := m.pool.Submit(ctx, func() {
			if err := ctx.Err(); err != nil {
				w.answer <- answer{err: err}
				return
			}
			outputs, err := labeler.Run(ctx, m.runner, in.ids, in.types)
			w.answer <- answer{outputs: outputs, err: err}
		})
		if err != nil {
			return nil, err
		}
	}
	return p, nil
}

// prepare finds the sentences of text k and its title.
func (m *Model) prepare(r *Request, t *task, k int, split Splitter) *pending {
	p := &pending{text: t.sources[k].text, keepTitle: -1}
	if k < len(t.titles) && !isBlank(t.titles[k]) {
		p.title = []string{trim(t.titles[k]) + "\n"}
	}
	var found []string
	if given := t.sources[k].sentences; given != nil {
		for _, s := range given {
			if !isBlank(s) {
				found = append(found, s)
			}
		}
		p.text = strings.Join(found, "")
	} else {
		found = split(p.text)
	}
	p.sentences = normalized(append(append([]string{}, p.title...), found...), p.text, r.StripSentences)
	p.prefix = min(len(p.title), len(p.sentences))
	switch {
	case !r.AlwaysSelectTitle:
	case p.prefix > 0, t.firstSentence:
		p.keepTitle = 0
	}
	p.shifts = m.shifts(p)
	return p
}

// shifts are by how many tokens the reference reads the scores of each sentence
// too early: by those of the titles before it.
func (m *Model) shifts(p *pending) []int {
	out := make([]int, len(p.sentences))
	if !m.defects {
		return out
	}
	sum := 0
	for i := range out {
		out[i] = sum
		if i < p.prefix {
			sum += m.tokenizer.Count(p.sentences[i])
		}
	}
	return out
}

// finish waits for the blocks of a text and decides about its sentences.
func (m *Model) finish(ctx gocontext.Context, r *Request, p *pending) error {
	sums := make([]sum, len(p.sentences))
	logit := math.Inf(-1)
	for i, w := range p.reads {
		outputs, err := await(ctx, w.answer)
		if err != nil {
			return err
		}
		keep, rank, err := m.probabilities(outputs, w.tokens)
		if err != nil {
			return err
		}
		for k, f := range w.block {
			if len(f.ids) > 0 {
				sums[f.sentence].add(m.mean(keep, w.ranges[k], p.shifts[f.sentence]), m.weight(f))
			}
		}
		if i == 0 || isTrue(r.UseBestRerankerScore) {
			logit = max(logit, rank)
		}
	}
	p.decide(r, sums, logit)
	return nil
}

func await(ctx gocontext.Context, done <-chan answer) ([][]float32, error) {
	select {
	case a := <-done:
		return a.outputs, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// probabilities returns the keep probabilities and the rank logit of a run.
func (m *Model) probabilities(outputs [][]float32, tokens int) (keep []float64, rank float64, err error) {
	each := 1
	if m.softmax {
		each = 2
	}
	if len(outputs) != 2 || len(outputs[0]) != each*tokens || len(outputs[1]) != 1 {
		return nil, 0, errors.New("openprovence: the graph's outputs are not those of a pruner")
	}
	keep = make([]float64, tokens)
	for i := range keep {
		x := outputs[0][each*i+each-1]
		if m.softmax {
			x -= outputs[0][each*i]
		}
		keep[i] = sigmoid(float64(x))
	}
	return keep, float64(outputs[1][0]), nil
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// mean is the mean probability of a fragment's tokens, read shift tokens early.
func (m *Model) mean(keep []float64, at span, shift int) float64 {
	start := max(0, at.start-shift)
	end := min(max(start, at.end-shift), len(keep))
	if start = min(start, len(keep)); end <= start {
		return 1
	}
	var total float64
	for _, x := range keep[start:end] {
		total += x
	}
	return total / float64(end-start)
}

// weight is what a fragment counts in the score of its sentence: its tokens, or
// with the reference's defects one.
func (m *Model) weight(f fragment) float64 {
	if m.defects {
		return 1
	}
	return float64(len(f.ids))
}

// sum is a weighted mean in the making.
type sum struct{ total, weight float64 }

func (s *sum) add(x, weight float64) {
	s.total += x * weight
	s.weight += weight
}

func (s sum) mean() float64 {
	if s.weight == 0 {
		return 0
	}
	return min(max(s.total/s.weight, 0), 1)
}

func isTrue(b *bool) bool { return b == nil || *b }
