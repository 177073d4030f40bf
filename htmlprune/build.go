package htmlprune

import (
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	// maxInline is the number of nested inline elements that are kept around
	// a text.
	maxInline = 8
	// tickEvery is the number of DOM nodes between two looks at the clock.
	tickEvery = 256
)

// parseHTML reads HTML of bounded size.
func parseHTML(source string, o Options) *Tree {
	began := time.Now()
	t := &Tree{Source: source, Format: HTML, Root: &Node{Kind: Document}}
	s := prescan(source, o)
	if s.manyAttributes {
		t.warn("html_attributes", "A tag has more attributes than the limit; the others were not read.")
	}
	if s.manyNodes {
		t.Truncated = true
		t.warn("html_nodes", "The document has more elements than the limit; its end was not read.")
	}
	root := parseDOM(s, t, began.Add(o.Limits.Time/4))
	b := builder{
		tree: t, stream: s, w: newTranscript(source, s.size, len(s.tokens)), cur: t.Root, pins: o.Pin,
		until: began.Add(o.Limits.Time), used: make([]bool, len(s.tokens)), last: -1, region: &region{},
	}
	page := b.region
	b.children(root, visitFlow)
	b.endText()
	weigh(page, b.regions)
	t.assemble(b.w, o.Limits.units())
	t.Title = b.title()
	return t
}

// builder walks the DOM and builds the tree of blocks and the transcript.
type builder struct {
	tree   *Tree
	stream *stream
	w      *transcript
	pins   []Selector
	until  time.Time
	ticks  int
	late   bool
	used   []bool // tokens that were placed
	last   int    // the token placed last

	cur     *Node // the block that takes blocks
	block   *Node // the block that takes text; nil if none is open
	inlines []inline
	base    int // inlines below it are outside the current block
	flat    int // above zero inside blocks that hold only text
	mode    textMode
	look    look
	// unseenImage says that of the last image nothing can be seen: its alternative
	// text, which follows it, is left out.
	unseenImage bool

	pinned  int
	linked  int // links and buttons that are open
	parts   int // open elements that have headers and footers of their own
	region  *region
	regions []*region // in document order
	path    pathBuilder
	hasName bool // a title was found
}

// inline is an open inline element and the node made for it, once text came.
type inline struct {
	tag   string
	attrs []Attr
	node  *Node
	block *Node // the block that node is in
}

// visitor handles one child of an element.
type visitor func(b *builder, n *html.Node)

// children visits the children of n that can be seen.
func (b *builder) children(n *html.Node, visit visitor) {
	frame := b.path.enter(n)
	for c := n.FirstChild; c != nil && !b.late; {
		next := c.NextSibling
		b.tick()
		switch c.Type {
		case html.TextNode:
			visit(b, c)
		case html.ElementNode:
			b.path.step(frame, c)
			b.element(c, visit)
		}
		b.release(n, c)
		c = next
	}
	b.path.leave(frame)
}

// release drops the first child of n, which was visited, from the DOM: the tree
// that grows takes its place in memory. Selectors may still look at it.
func (b *builder) release(n, c *html.Node) {
	if n.FirstChild == c && len(b.pins) == 0 {
		n.RemoveChild(c)
	}
}

// element visits one element unless it is hidden.
func (b *builder) element(c *html.Node, visit visitor) {
	if isInvisible(c.DataAtom) || c.Namespace == "svg" {
		if isBox(c.DataAtom) {
			b.gap()
		}
		return
	}
	outer := b.look
	seen := b.look.apply(c)
	if c.DataAtom == atom.Img {
		b.unseenImage = !seen
	}
	if seen {
		b.visible(c, visit)
	} else if isBlock(c.DataAtom) {
		b.gap()
	}
	b.look = outer
}

// visible visits an element that can be seen.
func (b *builder) visible(c *html.Node, visit visitor) {
	pinned, linked, parts, around := b.pinned, b.linked, b.parts, b.region
	b.pinned += b.isPinned(c)
	b.enterRegion(c)
	switch tag := c.DataAtom; {
	case tag == atom.A || tag == atom.Button:
		b.linked++
	case isPart(tag):
		b.parts++
	}
	visit(b, c)
	b.pinned, b.linked, b.parts, b.region = pinned, linked, parts, around
}

// enterRegion opens a region if c is a block with signs of boilerplate. A
// text is in one region, so none begins within a text.
func (b *builder) enterRegion(c *html.Node) {
	if b.flat > 0 || !isBlock(c.DataAtom) || b.region.depth == maxRegions || b.path.depth > b.stream.limits.Depth {
		return
	}
	if s := signs(c, b.parts > 0); s != 0 {
		b.region = &region{parent: b.region, depth: b.region.depth + 1, signs: s}
		b.regions = append(b.regions, b.region)
	}
}

func (b *builder) isPinned(c *html.Node) int {
	for _, p := range b.pins {
		if p.matches(c) {
			return 1
		}
	}
	return 0
}

// tick ends the walk when time is up.
func (b *builder) tick() {
	if b.ticks++; b.ticks%tickEvery != 0 || time.Now().Before(b.until) {
		return
	}
	b.late = true
	b.tree.Truncated = true
	b.tree.warn("html_time", "The time for the document is up; its end was not read.")
}

// visitFlow handles what stands where blocks and text may stand.
func visitFlow(b *builder, n *html.Node) {
	if n.Type == html.TextNode {
		b.textNode(n.Data)
		return
	}
	switch tag := n.DataAtom; {
	case tag == atom.Br:
		b.lineBreak()
	case tag == atom.Title:
		b.titleNode(n)
	case isBlock(tag) && (b.flat > 0 || b.tooDeep()):
		b.gap()
		b.children(n, visitFlow)
		b.gap()
	case tag == atom.Html || tag == atom.Head:
		b.children(n, visitFlow)
	case tag == atom.Table && isDataTable(n, b.stream):
		b.table(n)
	case isBlock(tag):
		b.blockNode(n)
	default:
		b.inlineNode(n)
	}
}

// tooDeep reports whether blocks are no longer told apart at this depth.
func (b *builder) tooDeep() bool {
	if b.path.depth <= b.stream.limits.Depth {
		return false
	}
	b.tree.warn("html_depth", "The document is nested too deeply; its deepest text was read without structure.")
	return true
}

// titleNode makes the Title of the first title element.
func (b *builder) titleNode(n *html.Node) {
	if b.hasName || b.flat > 0 {
		return
	}
	b.leafNode(n, Title, prose)
	last := len(b.cur.Children) - 1
	b.hasName = last >= 0 && b.cur.Children[last].Kind == Title
}

// blockNode handles an element that stands apart from the text around it.
func (b *builder) blockNode(n *html.Node) {
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		b.leafNode(n, Heading, prose)
	case atom.Pre, atom.Listing, atom.Xmp, atom.Plaintext:
		b.leafNode(n, Code, verbatim)
	case atom.Hr:
		b.endText()
	default:
		b.groupNode(n)
	}
}

// groupNode handles a block that may hold other blocks.
func (b *builder) groupNode(n *html.Node) {
	b.endText()
	node := b.node(n, groupKind(n.DataAtom))
	outer, base := b.cur, b.base
	b.cur, b.base = node, len(b.inlines)
	b.children(n, visitFlow)
	b.endText()
	b.cur, b.base = outer, base
	b.add(simplify(node))
}

// leafNode handles a block in which other blocks only keep words apart.
func (b *builder) leafNode(n *html.Node, kind Kind, mode textMode) {
	b.endText()
	node := b.node(n, kind)
	if kind == Heading {
		node.Level = n.Data[1] - '0'
	}
	base, outer := b.base, b.mode
	b.base, b.mode, b.block = len(b.inlines), mode, node
	b.flat++
	b.w.begin()
	b.children(n, visitFlow)
	b.flat--
	b.base, b.mode, b.block = base, outer, nil
	b.add(node)
}

// add appends a finished block to the current one, unless it is empty.
func (b *builder) add(node *Node) {
	if node != nil && len(node.Children) > 0 {
		b.attach(node)
	}
}

// attach appends a block to the current one, whose own text becomes one first.
func (b *builder) attach(node *Node) {
	wrapText(b.cur)
	b.cur.Children = append(b.cur.Children, node)
}

// node is a new node for an element at its path.
func (b *builder) node(n *html.Node, kind Kind) *Node {
	return &Node{Kind: kind, Tag: n.Data, Path: b.path.String(), Attrs: keptAttrs(n, b.stream.keeps)}
}

// inlineNode handles an element within a text.
func (b *builder) inlineNode(n *html.Node) {
	apart := isBox(n.DataAtom)
	if apart {
		b.gap()
	}
	if keepsInline(n, b.stream.keeps.links) && len(b.inlines)-b.base < maxInline {
		b.inlines = append(b.inlines, inline{tag: n.Data, attrs: keptAttrs(n, b.stream.keeps)})
		b.children(n, visitFlow)
		b.inlines = b.inlines[:len(b.inlines)-1]
	} else {
		b.children(n, visitFlow)
	}
	if apart {
		b.gap()
	}
}

// endText closes the anonymous paragraph that is open, if any.
func (b *builder) endText() {
	if b.flat == 0 {
		b.block = nil
	}
}

// title is the text of the title element, or of the first top heading.
func (b *builder) title() string {
	best := -1
	for i, u := range b.tree.Units {
		switch {
		case u.Kind == Title:
			return strings.Join(strings.Fields(visible(u.Block.text())), " ")
		case u.Kind == Heading && (best < 0 || u.Block.Level < b.tree.Units[best].Block.Level):
			best = i
		}
	}
	if best < 0 || b.tree.Units[best].Block.Level > 1 {
		return ""
	}
	return strings.Join(strings.Fields(b.tree.Units[best].Block.text()), " ")
}

// text is the text of all runs below n.
func (n *Node) text() string {
	var s strings.Builder
	for _, r := range appendRuns(nil, n) {
		s.WriteString(r.Text)
	}
	return s.String()
}
