package htmlrag

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// cleaner is simplify_html on a tree.
type cleaner struct {
	root *node
	work int // bytes of texts compared
}

func (c *cleaner) simplify() error {
	for _, n := range c.elements() {
		n.attrs = nil
		if n.name == "script" || n.name == "style" {
			n.remove()
		}
	}
	c.removeBlank()
	var comments []*node
	for n := range c.root.descendants() {
		// A comment without any character is not found; only pre and textarea
		// have such.
		if n.kind == comment && n.value != "" {
			comments = append(comments, n)
		}
	}
	for _, n := range comments {
		n.remove()
	}
	return c.unwrap()
}

// elements lists the elements in document order.
func (c *cleaner) elements() []*node {
	var out []*node
	for n := range c.root.descendants() {
		if n.kind == element {
			out = append(out, n)
		}
	}
	return out
}

// removeBlank removes the elements without text. Python does it from the
// outside in, and again until nothing changes; from the inside out, once is
// enough, since an element is judged by what is left in it.
func (c *cleaner) removeBlank() {
	for _, n := range slices.Backward(c.elements()) {
		n.shown = 0
		for child := range n.children() {
			switch {
			case child.kind == element:
				n.shown |= child.shown
			case !isBlank(child.value):
				n.shown |= child.kind.set()
			}
		}
		if n.shown&n.texts == 0 {
			n.remove()
		}
	}
}

// unwrap replaces every element that holds one element, and no text besides,
// by its children. That of one element changes nothing for another.
func (c *cleaner) unwrap() error {
	for _, n := range c.elements() {
		wraps, err := c.wraps(n)
		if err != nil {
			return err
		}
		if wraps {
			n.unwrap()
		}
	}
	return nil
}

// wraps reports whether n has exactly one child element and the same text.
func (c *cleaner) wraps(n *node) (bool, error) {
	var only *node
	bare := false
	for child := range n.children() {
		switch {
		case child.kind == element && only != nil:
			return false, nil
		case child.kind == element:
			only = child
		case n.texts.has(child.kind):
			bare = bare || squeeze(child.value) != ""
		}
	}
	if only == nil {
		return false, nil
	}
	if only.texts == n.texts {
		return !bare, nil
	}
	// A template holds text that is not text of what is around it.
	all, inner := n.text(n.texts), only.text(only.texts)
	if c.work += len(all) + len(inner); c.work > maxWork {
		return false, fmt.Errorf("%w: too many nested texts", ErrLimit)
	}
	return squeeze(all) == squeeze(inner), nil
}

// squeeze is s without the white space that does not count as a difference.
func squeeze(s string) string {
	return strings.NewReplacer("\n", "", "\t", "", " ", "").Replace(s)
}

// dropBlankLines removes lines of white space.
func dropBlankLines(s string) string {
	lines := slices.DeleteFunc(strings.Split(s, "\n"), isBlank)
	return strings.Join(lines, "\n")
}

var declarations = []*regexp.Regexp{
	regexp.MustCompile(`<\?xml.*?>`), regexp.MustCompile(`<!DOCTYPE.*?>`), regexp.MustCompile(`<!doctype.*?>`),
}

// cleanXML is clean_xml: what looks like a declaration on one line goes, even
// where it is text.
func cleanXML(s string) string {
	for _, re := range declarations {
		s = re.ReplaceAllString(s, "")
	}
	return s
}
