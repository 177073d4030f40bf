package tokenizer

import (
	"sync"
	"unicode/utf8"
)

// general is a pipeline put together from the parts that a tokenizer.json
// names: added tokens are cut out of the text, the rest is normalised, added
// tokens that match normalised text are cut out, the rest is cut into words,
// and the model turns each word into tokens.
type general struct {
	raw        *addedTokens // matched in the text as it is; nil for none
	normal     []normalizer
	normalized *addedTokens // matched in normalised text; nil for none
	words      []preTokenizer
	model      model
	trim       *trimmer // nil: spans stay as they are
	places     bool     // a step looks at places, so they are kept for a count as well
	pool       *sync.Pool
}

// model turns words into tokens.
type model interface {
	// tokenize gives the tokens of w.text[word.from:word.to] to w.out.
	tokenize(w *work, word cut)
}

// cut is a byte range of a stretch.
type cut struct{ from, to int32 }

// work is one text on its way through the pipeline, and the memory for it,
// which is used again for the next text.
type work struct {
	stretch // the current one
	words   []cut
	out     output
	places  bool

	spare    []cut
	matches  []match
	clean    builder  // the text without invalid bytes
	normal   builders // what normalizers make
	replaced builders // what pre-tokenizers make
	bpe      bpeMemory
	unigram  []pathNode
	nfc      []change
	steps    int // work done by the models, for tests of growth
}

// builders are used in turn by the steps that change text: what one reads, it
// cannot write to.
type builders struct {
	pair [2]builder
	turn int
}

func (b *builders) next(places bool) *builder {
	b.turn = 1 - b.turn
	out := &b.pair[b.turn]
	out.reset(places)
	return out
}

// undo makes next return the same builder again.
func (b *builders) undo() { b.turn = 1 - b.turn }

// output takes the tokens in text order.
type output struct {
	ids   []int32
	spans []Span
	want  want
	n     int
	text  string // the input
	trim  *trimmer
}

type want uint8

const (
	wantCount want = iota
	wantIDs
	wantSpans
)

// token takes one token, the bytes [from, to) of s.
func (o *output) token(id int32, s *stretch, from, to int) {
	first := o.n == 0
	o.n++
	if o.want == wantCount {
		return
	}
	o.ids = append(o.ids, id)
	if o.want == wantIDs {
		return
	}
	span := Span{}
	if from < to && to <= len(s.text) {
		span = s.span(from, to)
	}
	if o.trim != nil {
		span = o.trim.token(o.text, id, span, first)
	}
	o.spans = append(o.spans, span)
}

// added takes an added token, which stands for the bytes [from, to) of s.
func (o *output) added(id int32, s *stretch, from, to int) {
	trim := o.trim
	o.trim = nil
	first := o.n == 0
	o.token(id, s, from, to)
	o.trim = trim
	if trim != nil && o.want == wantSpans {
		lead, trail := spacesAround(s.text[from:to])
		last := &o.spans[len(o.spans)-1]
		*last = trim.apply(o.text, *last, lead, trail, first)
	}
}

func (g *general) run(text string, o *output) {
	w := g.pool.Get().(*work)
	w.out = *o
	w.out.text, w.out.trim = text, g.trim
	w.places = o.want == wantSpans || g.places
	s := stretch{text: text}
	if !utf8.ValidString(text) {
		s = w.sanitize(text)
	}
	g.raw.each(s, w, g.segment)
	*o = w.out
	w.out, w.stretch = output{}, stretch{}
	g.pool.Put(w)
}

// sanitize replaces every invalid byte by U+FFFD.
func (w *work) sanitize(text string) stretch {
	w.clean.reset(w.places)
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		w.clean.addRune(r, place{int32(i), int32(i + size)})
		i += size
	}
	return w.clean.stretch()
}

// segment takes a part of the text without raw added tokens.
func (g *general) segment(s stretch, w *work) {
	for _, n := range g.normal {
		if out := w.normal.next(w.places); n.normalize(&s, out, w) {
			s = out.stretch()
		} else {
			w.normal.undo()
		}
		if s.text == "" {
			return
		}
	}
	g.normalized.each(s, w, g.cutWords)
}

// normalizeText returns what the normalizers make of a text.
func (g *general) normalizeText(text string) string {
	w := &work{}
	s := stretch{text: text}
	for _, n := range g.normal {
		if out := w.normal.next(false); n.normalize(&s, out, w) {
			s = stretch{text: string(out.buf)}
		}
	}
	return s.text
}

// cutWords takes normalised text without added tokens.
func (g *general) cutWords(s stretch, w *work) {
	w.stretch = s
	w.words = append(w.words[:0], cut{0, int32(len(s.text))})
	for _, p := range g.words {
		p.cut(w)
	}
	for _, word := range w.words {
		g.model.tokenize(w, word)
	}
}

func (g *general) appendIDs(dst []int32, text string) []int32 {
	o := output{ids: dst, want: wantIDs}
	g.run(text, &o)
	return o.ids
}

func (g *general) count(text string) int {
	o := output{want: wantCount}
	g.run(text, &o)
	return o.n
}

func (g *general) encode(text string) Encoding {
	// English prose has one token per 4 to 5 bytes.
	size := len(text)/4 + 1
	o := output{want: wantSpans, ids: make([]int32, 0, size), spans: make([]Span, 0, size)}
	g.run(text, &o)
	return Encoding{IDs: o.ids, Spans: o.spans}
}
