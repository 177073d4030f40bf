package tokenizer

import "unicode/utf8"

// skipMarks passes over the run of combining marks at the current offset. Nearly
// always accent stripping removes all of it; a run with a mark that is kept (a
// Javanese pangkon, a Hangul tone mark) goes to sortMarks.
func (w *words) skipMarks() {
	for i := w.offset; ; {
		e, source, ok := w.mark(i)
		if !ok {
			w.offset = i
			return
		}
		if e.payload()&1 == 1 {
			w.sortMarks(nil, Span{})
			return
		}
		i = source.End
	}
}

// sortMarks adds the kept marks of a run to the word. The run begins at the
// current offset or, when s is given, with the tail of s, which stands for the
// character at source, just before the current offset.
//
// The reference library sorts a run by canonical combining class and then
// hands out sources by position, not by identity: the mark that comes k-th
// after sorting gets the source of the k-th mark in the text, and the marks of
// s get the source handed out before. sortMarks does the same, in time linear
// in the run: one pass per class that has a kept mark.
func (w *words) sortMarks(s *sequence, source Span) {
	run := markRun{words: w, from: w.offset, cursor: w.offset, seq: s, source: source}
	run.measure()
	w.offset = run.to
	before := 0
	for class, n := range run.classes {
		if run.kept[class] {
			run.emit(uint8(class), before)
		}
		before += n
	}
}

// mark returns the first combining mark at or after offset i, past dropped
// characters; ok is false when something else comes first.
func (w *words) mark(i int) (e entry, source Span, ok bool) {
	for i < len(w.text) {
		c, size := utf8.DecodeRuneInString(w.text[i:])
		switch e = w.chars.lookup(c); e.kind() {
		case mark:
			return e, Span{i, i + size}, true
		case drop:
			i += size
		default:
			return e, Span{}, false
		}
	}
	return 0, Span{}, false
}

// markRun is a run of combining marks in text[from:to].
type markRun struct {
	words    *words
	from, to int
	seq      *sequence // where the run's first marks come from, or nil
	classes  [256]int  // marks per class, those of seq not counted
	kept     [256]bool // classes with a mark that is kept

	// Handing out of sources: the last one given, its ordinal, and where the
	// search for the next begins.
	source Span
	given  int
	cursor int
}

// measure finds the end of the run and the classes in it.
func (r *markRun) measure() {
	for r.to = r.from; ; {
		e, source, ok := r.words.mark(r.to)
		if !ok {
			break
		}
		class := e.payload() >> 1
		r.classes[class]++
		r.kept[class] = r.kept[class] || e.payload()&1 == 1
		r.to = source.End
	}
	if r.seq == nil {
		return
	}
	for _, class := range r.seq.class {
		r.kept[class] = true
	}
}

// emit adds the kept marks of one class; before is the number of marks of lower
// classes in the text.
func (r *markRun) emit(class uint8, before int) {
	if r.seq != nil {
		r.advance(before)
		for k, c := range r.seq.runes[r.seq.tail:] {
			if r.seq.class[k] == class {
				r.words.push(c, r.source)
			}
		}
	}
	for i := r.from; i < r.to; {
		e, span, ok := r.words.mark(i)
		if !ok {
			return
		}
		i = span.End
		if uint8(e.payload()>>1) != class {
			continue
		}
		before++
		if e.payload()&1 == 1 {
			r.advance(before)
			c, _ := utf8.DecodeRuneInString(r.words.text[span.Start:])
			r.words.push(c, r.source)
		}
	}
}

// advance makes source that of the n-th mark in the text, counted from 1.
func (r *markRun) advance(n int) {
	for r.given < n {
		_, r.source, _ = r.words.mark(r.cursor)
		r.cursor = r.source.End
		r.given++
	}
}
