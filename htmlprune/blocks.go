package htmlprune

import (
	"unicode"
)

// Blocks cuts the document into runs of units of about words words, the
// granularity of HtmlRAG's block tree (section 3.3 of the paper): a subtree
// that is small enough is one block, a larger one is cut into its children,
// and small neighbours among the children are joined again up to the size. A
// heading opens a block. Every unit is in exactly one block, blocks are in
// document order, and a unit larger than words is a block by itself. With
// words <= 0 every unit is a block.
func (t *Tree) Blocks(words int) []Block {
	c := blockCutter{tree: t, limit: words, sums: make([]int, len(t.Units)+1)}
	for i := range t.Units {
		c.sums[i+1] = c.sums[i] + countWords(t.Units[i].Text)
	}
	if words <= 0 {
		for i := range t.Units {
			c.add(c.block(t.Units[i].Block, i, i+1))
		}
		return c.out
	}
	if t.Root != nil {
		ranges := make(map[*Node]unitRange)
		measure(t.Root, ranges)
		c.ranges = ranges
		c.cut(t.Root)
	}
	if c.next != len(t.Units) || c.skipped {
		return c.greedy()
	}
	return c.out
}

// Words is the number of words in all units.
func (t *Tree) Words() int {
	n := 0
	for i := range t.Units {
		n += countWords(t.Units[i].Text)
	}
	return n
}

// greedy joins neighbouring units up to the size. It stands in for the tree
// where HTML moved text out of a table, so that the tree is not in the order
// of the source.
func (c *blockCutter) greedy() []Block {
	c.out = nil
	for i := range c.tree.Units {
		b := c.block(c.tree.Units[i].Block, i, i+1)
		path := b.Path
		if n := len(c.out); n > 0 {
			path = commonPath(c.out[n-1].Path, path)
		}
		c.join(b, 0, path)
	}
	return c.out
}

// commonPath is the path of the nearest node above two nodes.
func commonPath(a, b string) string {
	end := 0
	for i := 0; i <= len(a) && i <= len(b); i++ {
		atEnd := i == len(a) || a[i] == '>'
		if atEnd && (i == len(b) || b[i] == '>') {
			end = i
		}
		if i == len(a) || i == len(b) || a[i] != b[i] {
			break
		}
	}
	return a[:end]
}

// unitRange is a half-open range of units; empty when first == last.
type unitRange struct{ first, last int }

// measure finds the units of every subtree under n.
func measure(n *Node, ranges map[*Node]unitRange) unitRange {
	if n.Kind == Run {
		if n.Unit < 0 {
			return unitRange{}
		}
		return unitRange{n.Unit, n.Unit + 1}
	}
	var r unitRange
	for _, child := range n.Children {
		c := measure(child, ranges)
		switch {
		case c.first == c.last:
		case r.first == r.last:
			r = c
		default:
			r = unitRange{min(r.first, c.first), max(r.last, c.last)}
		}
	}
	ranges[n] = r
	return r
}

// blockCutter holds the state of one Blocks call.
type blockCutter struct {
	tree   *Tree
	limit  int
	sums   []int // sums[i] is the number of words in the units before i
	ranges map[*Node]unitRange
	next   int // the first unit that is in no block yet
	out    []Block
	// skipped is set when a block does not begin at next.
	skipped bool
}

func (c *blockCutter) block(n *Node, first, last int) Block {
	return Block{Path: n.Path, First: first, Last: last, Words: c.sums[last] - c.sums[first]}
}

// cut adds the blocks of the subtree n.
func (c *blockCutter) cut(n *Node) {
	r := c.ranges[n]
	r.first = max(r.first, c.next)
	if r.first >= r.last {
		return
	}
	if b := c.block(n, r.first, r.last); b.Words <= c.limit || b.Last-b.First == 1 {
		c.add(b)
		return
	}
	from := len(c.out)
	for _, child := range n.Children {
		switch r := c.ranges[child]; {
		case child.Kind == Run || child.Kind == Inline:
			c.units(n, child, from)
		case r.first >= r.last || r.last <= c.next:
		case !joinable(child.Kind) || c.sums[r.last]-c.sums[r.first] > c.limit:
			c.cut(child)
			from = len(c.out)
		case child.Kind == Heading:
			from = len(c.out)
			fallthrough
		default:
			c.join(c.block(child, max(r.first, c.next), r.last), from, n.Path)
		}
	}
}

// units adds the units of a child of n that is bare text.
func (c *blockCutter) units(n, child *Node, from int) {
	r := c.ranges[child]
	if child.Kind == Run {
		r = unitRange{child.Unit, child.Unit + 1}
	}
	for i := max(r.first, c.next); i < r.last; i++ {
		c.join(c.block(n, i, i+1), from, n.Path)
	}
}

// joinable says which small siblings may share a block.
func joinable(k Kind) bool {
	switch k {
	case Heading, Paragraph, Item, Row, Quote, Code, Title:
		return true
	}
	return false
}

// add appends b.
func (c *blockCutter) add(b Block) {
	c.skipped = c.skipped || b.First != c.next
	c.next = b.Last
	c.out = append(c.out, b)
}

// join adds b to the block before it, which becomes the one at path, if both
// together are small enough and that block is not older than from; else it
// appends b.
func (c *blockCutter) join(b Block, from int, path string) {
	n := len(c.out)
	if n <= from || c.out[n-1].Words+b.Words > c.limit {
		c.add(b)
		return
	}
	last := &c.out[n-1]
	last.Last, last.Words, last.Path = b.Last, last.Words+b.Words, path
	c.skipped = c.skipped || b.First != c.next
	c.next = b.Last
}

// countWords counts the words of text; of scripts that do not part words by
// spaces it takes two characters for a word.
func countWords(text string) int {
	words, dense, in := 0, 0, false
	for _, r := range text {
		switch {
		case r <= ' ' || r >= 0x80 && unicode.IsSpace(r):
			in = false
		case r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
			dense++
			in = false
		case !in:
			in = true
			words++
		}
	}
	return words + (dense+1)/2
}
