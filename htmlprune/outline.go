package htmlprune

import (
	"strconv"
	"strings"
)

// OutlineOptions say how an Outline is made.
type OutlineOptions struct {
	// Words is the size of a block: a subtree of at most so many words is one
	// block, a larger one is cut into its children. 0 cuts as far as it goes.
	Words int
	// FirstIndex is the number of the first of several siblings of one tag.
	FirstIndex int
	// Skip marks units that are left out. Nil leaves out none.
	Skip []bool
}

// Outline is a document as a model reads it that answers with the path of a
// block (HtmlRAG, arXiv 2411.02959, sections 3.3 and 3.4).
//
// A path names the tags from the root to the block, "<html><body><div2><p>".
// The nodes are those of the cleaned tree, so a level that only wrapped another
// is not named; tags are those of the source, and of a text source those that
// its parts have in HTML. Where a node that is cut has several children of one
// tag, these are numbered, in Markup as in paths. Text that stands directly in
// a node that is cut is a block with the path of that node. No two blocks have
// the same path.
type Outline struct {
	// Markup is the document: tags without attributes, numbered like the paths
	// where a path needs it, and text. Inline elements are only their text.
	Markup string
	// Blocks are in document order.
	Blocks []OutlineBlock
	// Of has the block of each unit, -1 for those left out.
	Of []int
}

// OutlineBlock is one block of an Outline.
type OutlineBlock struct {
	// Path names it.
	Path string
	// Text is the beginning of what it says.
	Text string
	// End is the byte offset in Markup where its last text ends.
	End int
}

// Outline cuts the document into blocks with paths. Every unit that is not left
// out is in exactly one block.
func (t *Tree) Outline(o OutlineOptions) *Outline {
	w := outliner{tree: t, options: o, words: make(map[*Node]int), block: -1}
	w.out.Of = make([]int, len(t.Units))
	for i := range w.out.Of {
		w.out.Of[i] = -1
	}
	if t.Root != nil {
		w.measure(t.Root)
		if w.words[t.Root] > 0 {
			w.node(t.Root, "html", "", 0)
		}
	}
	w.out.Markup = w.markup.String()
	return &w.out
}

// outliner holds the state of one Outline call.
type outliner struct {
	tree    *Tree
	options OutlineOptions
	words   map[*Node]int // of each subtree, what is left out excluded
	markup  strings.Builder
	out     Outline
	block   int // the block at hand, -1 for none
	spent   int // bytes of all paths
}

func (w *outliner) skips(unit int) bool {
	return unit < 0 || w.options.Skip != nil && w.options.Skip[unit]
}

// measure counts the words of every subtree; one with any text has at least
// one.
func (w *outliner) measure(n *Node) int {
	sum := 0
	if n.Kind == Row || holdsText(n) {
		last := -1
		for _, run := range appendRuns(nil, n) {
			if run.Unit != last && !w.skips(run.Unit) {
				sum += max(countWords(w.tree.Units[run.Unit].Text), 1)
			}
			last = run.Unit
		}
	} else {
		for _, c := range n.Children {
			sum += w.measure(c)
		}
	}
	w.words[n] = sum
	return sum
}

// node writes n, whose name in the path above is given, and makes its blocks.
func (w *outliner) node(n *Node, name, above string, depth int) {
	path := above + "<" + name + ">"
	w.open(name)
	if w.cuts(n, path, depth) {
		w.children(n, path, depth)
	} else {
		w.begin(path)
		w.inside(n)
		w.block = -1
	}
	w.close(name)
}

// cuts reports whether n is larger than a block and has parts.
func (w *outliner) cuts(n *Node, path string, depth int) bool {
	if n.Kind == Row || holdsText(n) || w.words[n] <= w.options.Words {
		return false
	}
	return depth < maxPathDepth && w.spent+len(path) < maxPathBytes
}

// children makes blocks of the children of n; its bare text is one of them.
func (w *outliner) children(n *Node, path string, depth int) {
	names := w.names(n)
	bare := -1
	for i, c := range n.Children {
		switch {
		case w.words[c] == 0:
		case names[i] != "":
			w.node(c, names[i], path, depth+1)
		default:
			if bare < 0 {
				w.begin(path)
				bare = w.block
			}
			w.block = bare
			w.inside(c)
			w.close("")
			w.block = -1
		}
	}
}

// names spells the children of n, those of one tag numbered; bare text and
// what has no words is "".
func (w *outliner) names(n *Node) []string {
	names := make([]string, len(n.Children))
	total, taken := map[string]int{}, map[string]bool{}
	for i, c := range n.Children {
		if w.words[c] > 0 {
			names[i] = w.tag(c)
			total[names[i]]++
			taken[names[i]] = true
		}
	}
	seen := map[string]int{}
	for i, tag := range names {
		if tag == "" || total[tag] == 1 {
			continue
		}
		index := strconv.Itoa(w.options.FirstIndex + seen[tag])
		seen[tag]++
		names[i] = tag + index
		// A page may have elements of its own that are called like that.
		for taken[names[i]] {
			names[i] += "-" + index
		}
		taken[names[i]] = true
	}
	return names
}

// tag is the name of n without a number; bare text has none.
func (w *outliner) tag(n *Node) string {
	if n.Tag != "" || w.tree.Format == HTML {
		return n.Tag
	}
	if tag := w.tree.kindTag(n); tag != "" {
		return tag
	}
	return "div"
}

// begin starts a block.
func (w *outliner) begin(path string) {
	w.block = len(w.out.Blocks)
	w.spent += len(path)
	w.out.Blocks = append(w.out.Blocks, OutlineBlock{Path: path, End: w.markup.Len()})
}

// inside writes what is in n, which belongs to the block at hand as a whole.
func (w *outliner) inside(n *Node) {
	if n.Kind == Run {
		w.text(n)
		return
	}
	for _, c := range n.Children {
		if c.Kind == Run || c.Kind == Inline {
			w.inside(c)
			continue
		}
		// What is below a row is not measured; an empty cell keeps its place.
		if words, measured := w.words[c]; measured && words == 0 {
			continue
		}
		tag := w.tag(c)
		w.open(tag)
		w.inside(c)
		w.close(tag)
	}
}

// text writes a run of the block at hand.
func (w *outliner) text(run *Node) {
	if w.skips(run.Unit) {
		return
	}
	text := run.Text
	if w.tree.Units[run.Unit].Kind != Code {
		text = strings.ReplaceAll(text, "\n", " ")
	}
	b := &w.out.Blocks[w.block]
	if b.Text == "" {
		b.Text = strings.TrimSpace(text)
	}
	w.markup.WriteString(escapeHTML(text))
	b.End = w.markup.Len()
	w.out.Of[run.Unit] = w.block
}

func (w *outliner) open(tag string) {
	if tag != "" {
		w.markup.WriteString("<" + tag + ">")
	}
}

// close writes the end tag, or parts bare text from what follows.
func (w *outliner) close(tag string) {
	if tag == "" {
		w.markup.WriteByte('\n')
		return
	}
	w.markup.WriteString("</" + tag + ">")
}
