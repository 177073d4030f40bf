package generate

// node is a token in the tree of paths; the root has none.
type node struct {
	token    int32
	children []*node
	// blocks are those whose path ends here: more than one if the tokenizer
	// spells them alike. Only leaves have any once the tree is finished.
	blocks []int
	// branches says that a token of the subtree has one beside it.
	branches bool

	stop  int32
	index map[int32]*node // of children, while the tree grows
}

// tree grows from paths.
type tree struct{ root *node }

func newTree() *tree { return &tree{&node{}} }

// add puts in the path of a block, and the token that stands for ending there
// where other paths go on.
func (t *tree) add(block int, path []int32, stop int32) {
	n := t.root
	for _, token := range path {
		child := n.index[token]
		if child == nil {
			child = &node{token: token}
			if n.index == nil {
				n.index = make(map[int32]*node)
			}
			n.index[token] = child
			n.children = append(n.children, child)
		}
		n = child
	}
	if len(n.blocks) == 0 {
		n.stop = stop
	}
	n.blocks = append(n.blocks, block)
}

// finish gives the ends of paths within others a leaf of their own. It stands
// beside the tokens that go on, also if one of them is the same token.
func (t *tree) finish() *node {
	t.root.finish()
	return t.root
}

func (n *node) finish() {
	n.index = nil
	if len(n.blocks) > 0 && len(n.children) > 0 {
		n.children = append(n.children, &node{token: n.stop, blocks: n.blocks})
		n.blocks = nil
	}
	n.branches = len(n.children) > 1
	for _, c := range n.children {
		c.finish()
		n.branches = n.branches || c.branches
	}
}

// depth is the largest number of branchings on one path.
func (n *node) depth() int {
	deepest := 0
	for _, c := range n.children {
		deepest = max(deepest, c.depth())
	}
	if len(n.children) > 1 {
		deepest++
	}
	return deepest
}
