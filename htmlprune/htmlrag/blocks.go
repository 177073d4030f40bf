package htmlrag

import (
	"iter"
	"slices"
	"strconv"
	"unicode/utf8"
)

// maxPath is the depth from which an element is a block whatever its size.
const maxPath = 64

// Block is one (tag, path, is_leaf) of build_block_tree.
type Block struct {
	// Leaf is false for a block that stands only for the text directly in its
	// element; HTML and Text are those of the whole element all the same.
	Leaf bool
	tag  *node
}

// Name is the name of the element: with a number where siblings share it.
func (b Block) Name() string { return b.tag.name }

// Path lists the names of the elements from the top to the block's own. It is
// empty for the document.
func (b Block) Path() []string {
	var path []string
	for n := b.tag; n != nil && n.name != rootName; n = n.parent {
		path = append(path, n.name)
	}
	slices.Reverse(path)
	return path
}

// HTML is str(tag).
func (b Block) HTML() string { return b.tag.html() }

// Text is tag.get_text().
func (b Block) Text() string { return b.tag.text(b.tag.texts) }

// cutter is the state of build_block_tree.
type cutter struct {
	Options
	queue  []place // elements that are too large, breadth first
	blocks []Block
}

type place struct {
	node  *node
	depth int
}

// cut gives the blocks of a page and renames its elements.
func (c *cutter) cut(root *node) []Block {
	if c.size(root.strings(root.texts)) <= c.MaxWords {
		return []Block{{Leaf: true, tag: oneTop(root)}}
	}
	for c.queue = []place{{root, 0}}; len(c.queue) > 0; c.queue = c.queue[1:] {
		c.split(c.queue[0])
	}
	return c.blocks
}

// oneTop is the only top element, or a new one into which all are moved.
func oneTop(root *node) *node {
	var tops []*node
	for n := range root.children() {
		if n.kind == element {
			tops = append(tops, n)
		}
	}
	if len(tops) == 1 {
		return tops[0]
	}
	top := newElement("html")
	for _, n := range tops {
		n.remove()
		top.append(n)
	}
	return top
}

// split makes blocks of the children of an element, or puts them in the
// queue. Children that share their name are numbered; a name that is then
// taken twice is not noticed. Text beside elements is a block only if it is
// large.
func (c *cutter) split(p place) {
	names := make(map[string]int)
	for n := range p.node.children() {
		if n.kind == element {
			names[n.name]++
		}
	}
	numbers := make(map[string]int)
	bare := 0
	for n := range p.node.children() {
		if n.kind != element {
			bare += c.size(slices.Values([]string{n.value}))
			continue
		}
		if name := n.name; names[name] > 1 {
			n.name += strconv.Itoa(numbers[name])
			numbers[name]++
		}
		if p.depth+1 < maxPath && c.size(n.strings(n.texts)) > c.MaxWords {
			c.queue = append(c.queue, place{n, p.depth + 1})
		} else {
			c.blocks = append(c.blocks, Block{Leaf: true, tag: n})
		}
	}
	if len(names) == 0 {
		c.blocks = append(c.blocks, Block{Leaf: true, tag: p.node})
	} else if bare > c.MaxWords {
		c.blocks = append(c.blocks, Block{tag: p.node})
	}
}

// size counts the words, or for Chinese the characters, of texts that follow
// each other without a gap: two cells "a" and "b" are the one word "ab".
func (c *cutter) size(texts iter.Seq[string]) int {
	words, chars, in := 0, 0, false
	for s := range texts {
		chars += utf8.RuneCountInString(s)
		for _, r := range s {
			if blank := isSpace(r); blank == in {
				in = !blank
				if in {
					words++
				}
			}
		}
	}
	if c.Chinese {
		return chars
	}
	return words
}
