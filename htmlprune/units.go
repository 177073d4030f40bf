package htmlprune

import (
	"slices"
	"sort"
	"strings"
)

// maxRow is the length in bytes from which a table row is cut between cells.
const maxRow = 2 * maxSentence

// assemble turns a tree of blocks over a transcript into a finished tree: it
// splits the text of every block into units, splits the runs where units
// meet, and fills the text, span and unit of the runs, the spans and parents
// of all nodes, and t.Units with what they require.
//
// What the builder owes: t.Source and t.Root are set; a node's children are
// either all blocks or all Inline and Run, those of a Row are Cells; the Span
// of a Run is a range of w; the runs of one block (for a Row: of all its
// cells) follow each other in w. Text that stands between blocks is in a
// Paragraph with the Tag "". Runs of white space may occur between others. A
// line break is "\n", two of them end a sentence.
//
// It stops, and says so, where the document would have more than most units.
//
// Afterwards the texts of the runs of a block follow each other without a
// gap: the space between two sentences ends the last run of the first, or
// begins the run of the second where a new run begins with it. Blocks without
// text are gone.
func (t *Tree) assemble(w *transcript, most int) {
	a := assembler{w: w, text: w.seal(), most: most}
	a.segment(t.Root)
	if a.full {
		t.warnUnits()
	}
	a.order()
	a.number(t)
	settle(t.Root)
	r := relations{tree: t}
	r.walk(t.Root)
}

// warnUnits says that there would be more units, or blocks that hold them.
func (t *Tree) warnUnits() {
	t.Truncated = true
	t.warn(string(t.Format)+"_units", "The document has more sentences than the limit on nodes allows; the rest was left out.")
}

// assembler holds units before they have a number.
type assembler struct {
	w      *transcript
	text   string // the transcript, shared by all runs and units
	drafts []draft
	most   int  // of them
	full   bool // there would be more
	// next is the draft to which the run at hand belongs.
	next int
	runs []*Node // of all drafts, in their order
}

// draft is a unit to be: a range of the transcript and the runs that hold it.
type draft struct {
	block *Node
	Span
	first, last int32 // half-open range of assembler.runs
}

// segment walks the blocks in order, drafts their units and splits their runs.
func (a *assembler) segment(n *Node) {
	if n.Kind != Row && !holdsText(n) {
		for _, c := range n.Children {
			a.segment(c)
		}
		return
	}
	runs := appendRuns(nil, n)
	if len(runs) == 0 {
		n.Children = nil
		return
	}
	a.next = len(a.drafts)
	ranges := a.ranges(n, runs)
	if left := a.most - len(a.drafts); len(ranges) > left {
		a.full = true
		ranges = ranges[:left]
	}
	if len(ranges) == 0 {
		n.Children = nil
		return
	}
	a.drafts = grow(a.drafts, len(ranges))
	for _, p := range ranges {
		a.drafts = append(a.drafts, draft{block: n, Span: p})
	}
	if n.Kind != Row {
		a.split(n)
		return
	}
	for _, cell := range n.Children {
		a.split(cell)
	}
}

// grow makes room for n more, and twice the room that there was: what append
// adds to a large slice is so little that its copies are several times as large
// as the slice.
func grow[T any](s []T, n int) []T {
	if len(s)+n <= cap(s) {
		return s
	}
	return slices.Grow(s, max(n, len(s)))
}

// holdsText reports whether the children of a block are Inline and Run.
func holdsText(n *Node) bool {
	return len(n.Children) > 0 && n.Children[0].Kind >= Inline
}

// appendRuns appends the runs below n in order.
func appendRuns(runs []*Node, n *Node) []*Node {
	if n.Kind == Run {
		return append(runs, n)
	}
	for _, c := range n.Children {
		runs = appendRuns(runs, c)
	}
	return runs
}

// ranges says where the units of a block are in the transcript.
func (a *assembler) ranges(n *Node, runs []*Node) []Span {
	whole := trimSpan(a.text, Span{runs[0].Span.Start, runs[len(runs)-1].Span.End})
	size := whole.End - whole.Start
	switch {
	case size == 0:
		return nil
	case n.Kind == Code:
		return codeRanges(a.text, Span{runs[0].Span.Start, whole.End})
	case (n.Kind == Heading || n.Kind == Title) && size <= maxSentence, n.Kind == Row && size <= maxRow:
		return []Span{whole}
	case n.Kind == Row:
		return a.cellRanges(n)
	}
	var out []Span
	for from := whole.Start; from < whole.End; {
		to := whole.End
		if i := strings.Index(a.text[from:to], "\n\n"); i >= 0 {
			to = from + i + 2
		}
		parts := splitSentences(a.text[from:to], a.most-len(a.drafts)-len(out)+1)
		for i := range parts {
			parts[i].Start += from
			parts[i].End += from
		}
		if out == nil {
			out = parts // a block has one part mostly, of perhaps very many sentences
		} else {
			out = append(out, parts...)
		}
		from = to
	}
	return out
}

// cellRanges cuts a row that is too long for a model between its cells.
func (a *assembler) cellRanges(row *Node) []Span {
	var out []Span
	for _, cell := range row.Children {
		runs := appendRuns(nil, cell)
		if len(runs) == 0 {
			continue
		}
		p := trimSpan(a.text, Span{runs[0].Span.Start, runs[len(runs)-1].Span.End})
		last := len(out) - 1
		switch {
		case p.Start == p.End:
		case last >= 0 && p.End-out[last].Start <= maxRow:
			out[last].End = p.End
		default:
			out = append(out, p)
		}
	}
	return out
}

// codeRanges cuts code between lines into pieces of at most maxSentence
// bytes, each without its outer blank lines. A longer line is a piece.
func codeRanges(text string, p Span) []Span {
	var out []Span
	for from := p.Start; from < p.End; {
		line := p.End
		if i := strings.IndexByte(text[from:p.End], '\n'); i >= 0 {
			line = from + i + 1
		}
		end := from + len(strings.TrimRight(text[from:line], " \t\n"))
		last := len(out) - 1
		switch {
		case end == from:
		case last >= 0 && end-out[last].Start <= maxSentence:
			out[last].End = end
		default:
			out = append(out, Span{from, end})
		}
		from = line
	}
	return out
}

// split hands the runs below n to the drafts, from a.next on, and cuts a run
// where a draft ends inside it. Runs before the first and after the last
// draft's text, which are white space, are dropped with the inlines that hold
// nothing else.
func (a *assembler) split(n *Node) {
	kept := make([]*Node, 0, len(n.Children))
	for _, c := range n.Children {
		if c.Kind == Run {
			kept = a.splitRun(kept, c)
			continue
		}
		if a.split(c); len(c.Children) > 0 {
			kept = append(kept, c)
		}
	}
	n.Children = kept
}

// splitRun appends the pieces of one run to kept.
func (a *assembler) splitRun(kept []*Node, run *Node) []*Node {
	for a.next < len(a.drafts) {
		d := &a.drafts[a.next]
		p := run.Span
		last := a.next+1 == len(a.drafts)
		switch {
		case last:
			p.End = min(p.End, d.End)
		case p.Start >= d.End && strings.TrimSpace(a.text[p.Start:p.End]) != "":
			a.next++
			continue
		case p.End > a.drafts[a.next+1].Start:
			p.End = a.drafts[a.next+1].Start
		}
		if p.Start >= p.End {
			return kept
		}
		if last || p.End == run.Span.End {
			run.Span = p
			a.give(d, run)
			return append(kept, run)
		}
		piece := *run
		piece.Span = p
		a.give(d, &piece)
		kept = append(kept, &piece)
		run.Span.Start = p.End
		a.next++
	}
	return kept
}

// give appends a run to a draft; runs come in the order of the drafts.
func (a *assembler) give(d *draft, run *Node) {
	if d.first == d.last {
		d.first = place(len(a.runs))
	}
	a.runs = append(grow(a.runs, 1), run)
	d.last = place(len(a.runs))
}

// order brings the drafts into the order of the source. They are in that
// order already unless HTML moved text, as it moves text between table rows
// to the front of the table; then a unit that surrounds moved text is cut.
func (a *assembler) order() {
	sorted := true
	end := 0
	for _, d := range a.drafts {
		for _, r := range a.runs[d.first:d.last] {
			p := a.w.origin(r.Span.Start, r.Span.End)
			sorted = sorted && p.Start >= end && p.Start <= p.End
			end = p.End
		}
	}
	if sorted {
		return
	}
	var all []owned
	for i, d := range a.drafts {
		for _, r := range a.runs[d.first:d.last] {
			all = append(all, owned{run: r, draft: i, src: a.w.origin(r.Span.Start, r.Span.End).Start})
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].src < all[j].src })
	a.regroup(all)
}

// owned is a run with its draft and its place in the source.
type owned struct {
	run        *Node
	draft, src int
}

// regroup makes new drafts of runs that follow each other both in the source
// and in the transcript. White space alone is no unit: it ends the one before,
// or is dropped.
func (a *assembler) regroup(all []owned) {
	old := a.drafts
	a.drafts, a.runs = nil, nil
	from := -1 // the old draft of the last new one
	for _, o := range all {
		p := o.run.Span
		n := len(a.drafts) - 1
		blank := strings.TrimSpace(a.text[p.Start:p.End]) == ""
		switch {
		case blank && n < 0:
			continue
		case !blank && (from != o.draft || a.drafts[n].End > p.Start):
			a.drafts = append(a.drafts, draft{block: old[o.draft].block, Span: p})
			n, from = n+1, o.draft
		case from == o.draft && a.drafts[n].End <= p.Start:
			a.drafts[n].End = p.End
		}
		a.give(&a.drafts[n], o.run)
	}
	for i := range a.drafts {
		a.drafts[i].Span = trimSpan(a.text, a.drafts[i].Span)
	}
}

// number makes units of the drafts and finishes their runs.
func (a *assembler) number(t *Tree) {
	t.Units = make([]Unit, len(a.drafts))
	for i, d := range a.drafts {
		u := Unit{Kind: d.block.Kind, Text: a.text[d.Start:d.End], Span: a.origin(d.Span), Block: d.block}
		if u.Kind != Code && strings.Contains(u.Text, "\n") {
			u.Text = strings.Join(strings.Fields(u.Text), " ")
		}
		u.Boilerplate = u.Kind != Title && d.block.Level != 1
		for _, r := range a.runs[d.first:d.last] {
			r.Unit, r.Text = i, a.text[r.Span.Start:r.Span.End]
			u.Pinned = u.Pinned || r.pinned
			u.Boilerplate = u.Boilerplate && r.region != nil && r.region.boilerplate
			r.Span = a.origin(r.Span)
		}
		t.Units[i] = u
	}
	t.needContent()
}

// needContent takes back that units are boilerplate if there is nothing else:
// then they are what the document says.
func (t *Tree) needContent() {
	isContent := func(u Unit) bool { return !u.Boilerplate && u.Kind != Title }
	if slices.ContainsFunc(t.Units, isContent) {
		return
	}
	for i := range t.Units {
		t.Units[i].Boilerplate = false
	}
}

// origin is the range of the source from which a range of the transcript
// came, without its outer white space unless there is nothing else.
func (a *assembler) origin(p Span) Span {
	if q := trimSpan(a.text, p); q.Start < q.End {
		p = q
	}
	return a.w.origin(p.Start, p.End)
}

// settle drops blocks without text and fills the spans, parents and unit
// numbers of all nodes but runs.
func settle(n *Node) {
	n.Unit = -1
	n.Span = Span{}
	kept := n.Children[:0]
	for _, c := range n.Children {
		c.Parent = n
		if c.Kind != Run {
			settle(c)
			if len(c.Children) == 0 && c.Kind != Cell {
				continue
			}
		}
		kept = append(kept, c)
		if c.Span.Start == c.Span.End {
			continue
		}
		if n.Span.End == 0 {
			n.Span = c.Span
		}
		n.Span.Start = min(n.Span.Start, c.Span.Start)
		n.Span.End = max(n.Span.End, c.Span.End)
	}
	n.Children = kept
}
