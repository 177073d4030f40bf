package prune

import (
	"cmp"
	"context"
	"runtime"
	"slices"

	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/rerank"
)

// choose finds the documents to answer and their order. It comes before the
// budget, so that no token is spent on a document that is not returned.
func (s *run) choose() {
	scores := make([]float64, 0, len(s.jobs))
	for _, j := range s.jobs {
		if s.passes(j) {
			s.results = append(s.results, j)
			scores = append(scores, j.score)
		}
	}
	best := make([]*job, 0, len(scores))
	for _, i := range rerank.TopN(scores, s.request.TopN) {
		best = append(best, s.results[i])
	}
	if s.request.Order != OrderScore {
		slices.SortFunc(best, func(a, b *job) int { return cmp.Compare(a.index, b.index) })
	}
	s.results = best
}

// passes reports whether min_score leaves j in. A cheaper score cannot say that
// the scorer asked for would have been below it.
func (s *run) passes(j *job) bool {
	return j.score >= s.request.MinScore || j.degraded != nil || j.broken
}

// finish renders what no budget has rendered yet.
func (s *run) finish(context.Context) {
	s.spread(s.results, runtime.GOMAXPROCS(0), s.write)
	left := s.request.MaxTokens
	for _, j := range s.results {
		if !j.broken {
			left -= j.output.tokens
		}
	}
	for _, j := range s.results {
		if j.broken {
			left -= s.rescue(j, left)
		}
	}
}

// write renders j, unless a budget has.
func (s *run) write(j *job) {
	switch {
	case len(j.texts) == 0:
		j.output.format = s.format(j)
	case s.request.MaxTokens == 0:
		j.output = s.render(j, j.selection)
	}
}

// render writes a selection of j as the request asks for it.
func (s *run) render(j *job, sel *htmlprune.Selection) output {
	return renderAs(s.format(j), sel, s.counter)
}

// renderAs writes and counts a selection.
func renderAs(f htmlprune.Format, sel *htmlprune.Selection, counter Counter) output {
	o := output{format: f}
	if sel.Len() == 0 {
		return o
	}
	o.text, o.warnings = sel.Render(o.format)
	for _, w := range o.warnings {
		if w.Code == "format_text" {
			o.format = htmlprune.Text
		}
	}
	o.tokens = counter.Count(o.text)
	return o
}

// format is the notation of j's output.
func (s *run) format(j *job) htmlprune.Format {
	if f := s.request.Format; f != "" && f != FormatSame {
		return htmlprune.Format(f)
	}
	_, format := j.document.source()
	return format
}

// rescue answers a document that a panic broke with its source, as far as the
// budget allows, and returns the tokens of that.
func (s *run) rescue(j *job, left int) (tokens int) {
	source, format := j.document.source()
	j.selection, j.accepted, j.wishes = nil, nil, nil
	j.output = output{format: format}
	j.degraded = &Degraded{Reason: ReasonInternal, Used: usedOriginal}
	j.warnInternal()
	defer func() {
		// The counter itself may be what panicked.
		if recover() != nil && s.request.MaxTokens == 0 {
			j.output.text = source
		}
	}()
	tokens = s.counter.Count(source)
	if j.before = tokens; s.request.MaxTokens > 0 && tokens > left {
		j.warnBudget()
		return 0
	}
	j.output.text, j.output.tokens = source, tokens
	return tokens
}

// response puts the run into the shape of the answer.
func (s *run) response() *Response {
	r := &Response{
		Results: make([]Result, 0, len(s.results)), Warnings: nonNil(s.warnings),
		Model: s.pruner.modelOf(s.scorer), Timing: s.timing,
	}
	for _, j := range s.jobs {
		r.Usage.TokensBefore += j.before
		r.Usage.CoarseUnits += j.count(isCoarse)
		if j.cached {
			r.Usage.CacheHits++
		}
	}
	for _, j := range s.results {
		if j.result == nil {
			j.result = s.result(j)
		}
		r.Results = append(r.Results, *j.result)
		r.Usage.TokensAfter += j.output.tokens
	}
	r.Usage.Documents, r.Usage.Returned = len(s.jobs), len(s.results)
	r.Usage.ModelTokens = int(s.modelTokens.Load())
	r.Usage.Generation = s.generation.usage()
	return r
}

func (s *run) result(j *job) *Result {
	r := &Result{
		Index: j.index, ID: j.document.ID, Score: j.score, Logit: j.logit,
		RetrieverScore: j.document.Score, Title: j.document.Title,
		Text: j.output.text, Format: j.output.format, Kept: []Kept{},
		Tokens: Tokens{Before: j.before, After: j.output.tokens},
		Cached: j.cached, Degraded: j.degraded, Metadata: j.document.Metadata,
		Warnings: nonNil(slices.Concat(j.warnings, j.output.warnings)),
	}
	if j.tree != nil {
		r.Truncated = j.tree.Truncated
		if j.tree.Title != "" {
			r.Title = j.tree.Title
		}
	}
	switch {
	case j.broken && r.Text != "":
		whole := htmlprune.Span{End: len(r.Text)}
		r.Kept = kept(r.Text, []htmlprune.Piece{{Span: whole}}, s.request.Offsets)
	case j.selection != nil && j.selection.Len() > 0:
		r.Kept = kept(j.tree.Source, j.selection.Kept(), s.request.Offsets)
	}
	if s.request.Explain && !j.broken {
		r.Units = s.units(j)
	}
	return r
}

// kept returns the places of pieces, counted in u.
func kept(source string, pieces []htmlprune.Piece, u htmlprune.OffsetUnit) []Kept {
	spans := make([]htmlprune.Span, len(pieces))
	for i, p := range pieces {
		spans[i] = p.Span
	}
	out := make([]Kept, len(pieces))
	for i, span := range convert(source, spans, u) {
		out[i] = Kept{Start: span.Start, End: span.End, Path: pieces[i].Path}
	}
	return out
}

func convert(source string, spans []htmlprune.Span, u htmlprune.OffsetUnit) []htmlprune.Span {
	if u == "" {
		u = htmlprune.Codepoint
	}
	return htmlprune.ConvertSpans(source, spans, u)
}

// nonNil makes an empty list an empty list on the wire too.
func nonNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
