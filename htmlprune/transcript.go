package htmlprune

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// transcript is the visible text of a document, written block by block while
// the node tree is built. It remembers for every byte of text which bytes of
// the source it came from.
//
// The seam between a source format and assemble: a builder makes a tree of
// nodes in which the Span of every Run is, until assemble, a range of the
// transcript, and the runs of one block are neighbours in it. What stands
// between two runs of a block (put " | " between cells) belongs to its units
// but to no run. To add a run to a block:
//
//	from := w.len() // after w.begin() for the first run of the block
//	w.write(a, b, prose)
//	run := &Node{Kind: Run, Span: Span{from, w.len()}}
type transcript struct {
	source string
	text   strings.Builder
	segs   []seg
	// sealed is the length of text once that is sealed.
	sealed int
	// start is where the current block began; white space there is dropped.
	start int
	// invalid is set when the source is not valid UTF-8.
	invalid bool
	joiner  joiner
}

// seg says that the text from offset text up to the next seg came from
// source[src:src+n]. Equal lengths mean byte for byte; otherwise the text
// stands for the whole range, as "<" does for "&lt;". A transcript is shorter than
// maxBytes.
type seg struct {
	text, src, n int32
}

// place is a place in a source, in its text or in a list of their pieces, in as
// little memory as it needs: all of them are shorter than maxBytes.
func place(n int) int32 { return int32(n) } //nolint:gosec // maxBytes fits

// textMode says how write reads its range of the source.
type textMode uint8

const (
	// prose collapses white space to single spaces.
	prose textMode = 0
	// verbatim keeps tabs, spaces and line feeds.
	verbatim textMode = 1 << iota
	// references decodes HTML character references.
	references
)

// newTranscript is an empty transcript of source, with room for so many bytes of
// text from so many places.
func newTranscript(source string, size, places int) *transcript {
	w := &transcript{source: source, invalid: !utf8.ValidString(source), segs: make([]seg, 0, places)}
	w.text.Grow(size)
	return w
}

// begin starts a block: text written from here on joins no word before it.
func (w *transcript) begin() {
	w.start = w.len()
	w.joiner = joiner{}
}

// seal ends the transcript and returns its text: the source itself, if that is
// what was written.
func (w *transcript) seal() string {
	text := w.text.String()
	if w.sealed = len(text); text == w.source {
		text = w.source
	}
	w.text = strings.Builder{}
	return text
}

// since is what was written from an offset on.
func (w *transcript) since(from int) string { return w.text.String()[from:] }

// len is the offset at which the next text goes.
func (w *transcript) len() int { return w.text.Len() }

// put appends text that is not in the source: a separator, a line break.
func (w *transcript) put(text string) {
	at := 0
	if n := len(w.segs); n > 0 {
		at = int(w.segs[n-1].src + w.segs[n-1].n)
	}
	w.stand(text, at, 0)
}

// stand appends text that stands for source[src:src+n].
func (w *transcript) stand(text string, src, n int) {
	w.segs = append(grow(w.segs, 1), seg{place(w.len()), place(src), place(n)})
	w.text.WriteString(text)
}

// copy appends source[a:b] byte for byte.
func (w *transcript) copy(a, b int) {
	if a == b {
		return
	}
	if i := len(w.segs) - 1; i >= 0 {
		s := &w.segs[i]
		if int(s.src+s.n) == a && int(s.text+s.n) == w.len() {
			s.n += place(b - a)
			w.text.WriteString(w.source[a:b])
			return
		}
	}
	w.stand(w.source[a:b], a, b-a)
}

// atSpace reports whether the block is empty or ends in white space, so that
// more white space would add nothing.
func (w *transcript) atSpace() bool {
	text := w.since(w.start)
	return text == "" || text[len(text)-1] == ' ' || text[len(text)-1] == '\n'
}

// origin is the range of the source from which text[from:to] came; from < to.
func (w *transcript) origin(from, to int) Span {
	i, j := w.seg(from), w.seg(to-1)
	p := Span{int(w.segs[i].src), int(w.segs[j].src + w.segs[j].n)}
	if w.exact(i) {
		p.Start += from - int(w.segs[i].text)
	}
	if w.exact(j) {
		p.End = int(w.segs[j].src) + to - int(w.segs[j].text)
	}
	return p
}

// seg is the index of the seg that holds the byte at offset i.
func (w *transcript) seg(i int) int {
	return sort.Search(len(w.segs), func(k int) bool { return int(w.segs[k].text) > i }) - 1
}

// exact reports whether seg i maps byte for byte.
func (w *transcript) exact(i int) bool {
	end := max(w.len(), w.sealed)
	if i+1 < len(w.segs) {
		end = int(w.segs[i+1].text)
	}
	return end-int(w.segs[i].text) == int(w.segs[i].n)
}
