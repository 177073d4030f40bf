package htmlprune

import "slices"

const (
	// maxTerms is the number of terms, the last ones, that a dd requires.
	maxTerms = 8
	// maxHeadingUnits is the number of units of one heading, the first ones,
	// that stand above others: only a heading that is no heading has more.
	maxHeadingUnits = 4
)

// relations walks a finished tree and tells every unit its headings and what
// it requires. Units of one table or under one heading share their slices.
type relations struct {
	tree     *Tree
	levels   []uint8 // of headings, parallel to headings
	headings []int   // units of the headings above, outermost first
	terms    []int   // units of the last dt, for the dd that follow
	inTerms  bool    // whether the last item was a dt
	requires []int
}

func (r *relations) walk(n *Node) {
	outer := *r
	switch {
	case n.Kind == Heading:
		r.heading(n)
		return
	case n.Kind == Row || holdsText(n):
		r.item(n)
		r.leaf(n)
	case n.Kind == Table:
		r.table(n)
	case n.Kind == List:
		r.terms, r.inTerms = nil, false
		r.children(n)
		r.terms, r.inTerms = outer.terms, outer.inTerms
	default:
		r.item(n)
		r.children(n)
	}
	if n.Tag != "dt" {
		r.requires = outer.requires
	}
	if isolates(n) {
		r.levels, r.headings = outer.levels, outer.headings
	}
}

func (r *relations) children(n *Node) {
	for _, c := range n.Children {
		r.walk(c)
	}
}

// isolates reports whether the headings inside n say nothing about what
// follows it.
func isolates(n *Node) bool {
	switch n.Tag {
	case "aside", "nav", "footer", "figure", "table", "details":
		return true
	}
	return n.Kind == Cell || n.Kind == Quote || n.Kind == Item
}

// item notes the terms of a definition list: a dd requires the dts before it.
func (r *relations) item(n *Node) {
	switch n.Tag {
	case "dt":
		if !r.inTerms {
			r.terms = nil
		}
		r.terms, r.inTerms = append(r.terms, r.units(n)...), true
		r.terms = r.terms[max(0, len(r.terms)-maxTerms):]
	case "dd":
		r.inTerms = false
		r.requires = union(r.requires, r.terms)
	}
}

// table lets the rows of a table require its caption and its header rows.
func (r *relations) table(n *Node) {
	var needs []int
	for _, c := range n.Children {
		if c.Kind != Row || c.Header {
			r.walk(c)
			needs = append(needs, r.units(c)...)
		}
	}
	r.requires = union(r.requires, needs)
	for _, c := range n.Children {
		if c.Kind == Row && !c.Header {
			r.walk(c)
		}
	}
}

// heading closes the headings of the same and lower rank and opens its own.
func (r *relations) heading(n *Node) {
	k := len(r.levels)
	for k > 0 && r.levels[k-1] >= n.Level {
		k--
	}
	r.levels, r.headings = slices.Clip(r.levels[:k]), slices.Clip(r.headings[:k])
	r.leaf(n)
	units := r.units(n)
	for _, u := range units[:min(len(units), maxHeadingUnits)] {
		r.levels, r.headings = append(r.levels, n.Level), append(r.headings, u)
	}
}

// leaf writes what is known to the units of a block of text.
func (r *relations) leaf(n *Node) {
	for _, run := range appendRuns(nil, n) {
		u := &r.tree.Units[run.Unit]
		u.Requires, u.Headings = r.requires, r.headings
		if !u.Boilerplate && slices.ContainsFunc(r.headings, r.isBoilerplate) {
			u.Headings = slices.DeleteFunc(slices.Clone(r.headings), r.isBoilerplate)
		}
	}
}

// isBoilerplate reports that of a unit. The heading of a share bar says
// nothing about the text below.
func (r *relations) isBoilerplate(unit int) bool { return r.tree.Units[unit].Boilerplate }

// units lists the units below n, ascending.
func (r *relations) units(n *Node) []int {
	var out []int
	for _, run := range appendRuns(nil, n) {
		out = append(out, run.Unit)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// union merges two ascending lists. It shares a list if the other is empty.
func union(a, b []int) []int {
	if len(a) == 0 {
		slices.Sort(b)
		return slices.Clip(b)
	}
	if len(b) == 0 {
		return a
	}
	out := append(slices.Clone(a), b...)
	slices.Sort(out)
	return slices.Compact(out)
}
