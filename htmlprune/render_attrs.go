package htmlprune

import (
	"strconv"
	"strings"
)

// attr is the value of a kept attribute of n, or "".
func attr(n *Node, name string) string {
	for _, a := range n.Attrs {
		if a.Name == name {
			return a.Value
		}
	}
	return ""
}

// safeHref is href if following it runs nothing: a relative address, or one
// of the schemes http, https and mailto. Otherwise it is "".
func safeHref(href string) string {
	href = strings.TrimSpace(href)
	for _, r := range href {
		if r <= ' ' || r == 0x7F || r == '\\' && strings.HasPrefix(href, "\\") {
			return ""
		}
	}
	i := strings.IndexAny(href, ":/?#")
	if i < 0 || href[i] != ':' {
		return href
	}
	switch strings.ToLower(href[:i]) {
	case "http", "https", "mailto":
		return href
	}
	return ""
}

// counter numbers the items of an ordered list, those that are left out too.
type counter struct {
	tree *Tree
	next int
}

func newCounter(list *Node, t *Tree) counter {
	n, err := strconv.Atoi(attr(list, "start"))
	if err != nil {
		n = 1
	}
	return counter{tree: t, next: n}
}

// number is the number of the next item: the one it says, or the next.
func (c *counter) number(item *Node) int {
	if n, err := strconv.Atoi(attr(item, "value")); err == nil {
		c.next = n
	}
	if c.tree.Format == Text {
		if n, ok := writtenNumber(c.tree, item); ok {
			c.next = n
		}
	}
	c.next++
	return c.next - 1
}

// writtenNumber is the number in the mark of an item of a text source.
func writtenNumber(t *Tree, item *Node) (int, bool) {
	mark := strings.TrimLeft(t.Source[item.Span.Start:min(item.Span.End, item.Span.Start+8)], "([")
	digits := mark[:len(mark)-len(strings.TrimLeft(mark, "0123456789"))]
	n, err := strconv.Atoi(digits)
	return n, err == nil
}

// isNumbered reports whether a list of a text source is numbered.
func isNumbered(t *Tree, list *Node) bool {
	if len(list.Children) == 0 {
		return false
	}
	_, ok := writtenNumber(t, list.Children[0])
	return ok
}
