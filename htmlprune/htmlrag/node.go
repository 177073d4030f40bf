package htmlrag

import (
	"iter"
	"strings"
)

// kind says what a node is: an element, or one of Beautiful Soup's classes of
// strings.
type kind uint8

// The kinds. Of the strings, only text and cdataSection are text for most
// elements; the last five are what text is called inside of an element that
// has a class of its own.
const (
	element kind = iota
	text
	cdataSection
	comment
	declaration
	doctype
	instruction
	styleText
	scriptText
	templateText
	rubyText
	rubyParenthesis
)

// kinds is a set of kinds, one bit each.
type kinds uint16

func (k kind) set() kinds { return 1 << k }

// has reports whether k is in the set.
func (s kinds) has(k kind) bool { return s&k.set() != 0 }

// ownText are the elements whose text has a class of its own.
func ownText(name string) (kind, bool) {
	switch name {
	case "rt":
		return rubyText, true
	case "rp":
		return rubyParenthesis, true
	case "style":
		return styleText, true
	case "script":
		return scriptText, true
	case "template":
		return templateText, true
	}
	return 0, false
}

// rootName is the name of the document, which is not written.
const rootName = "[document]"

// node is a bs4.Tag or bs4.NavigableString.
type node struct {
	kind kind
	// name of an element, value of a string.
	name, value string
	attrs       []attr
	// void elements are written as <br/> while they are empty.
	void bool
	// texts are the kinds of strings that get_text joins.
	texts kinds
	// shown are the kinds of strings below that are not blank; see removeBlank.
	shown kinds

	parent, first, last, prev, next *node
}

func newElement(name string) *node {
	n := &node{kind: element, name: name, texts: text.set() | cdataSection.set(), void: isVoid(name)}
	if own, ok := ownText(name); ok {
		n.texts = own.set()
	}
	return n
}

// isVoid reports whether an element is closed as soon as it is opened.
func isVoid(name string) bool {
	switch name {
	case "area", "base", "br", "col", "embed", "hr", "img", "input", "keygen", "link", "menuitem", "meta",
		"param", "source", "track", "wbr",
		"basefont", "bgsound", "command", "frame", "image", "isindex", "nextid", "spacer":
		return true
	}
	return false
}

// append adds c, which has no parent, behind the children of n.
func (n *node) append(c *node) {
	c.parent, c.prev, c.next = n, n.last, nil
	if n.last == nil {
		n.first = c
	} else {
		n.last.next = c
	}
	n.last = c
}

// remove takes n out of its parent.
func (n *node) remove() {
	if n.prev == nil {
		n.parent.first = n.next
	} else {
		n.prev.next = n.next
	}
	if n.next == nil {
		n.parent.last = n.prev
	} else {
		n.next.prev = n.prev
	}
	n.parent, n.prev, n.next = nil, nil, nil
}

// unwrap puts the children of n, of which there is at least one, in its place.
func (n *node) unwrap() {
	for c := n.first; c != nil; c = c.next {
		c.parent = n.parent
	}
	n.first.prev, n.last.next = n.prev, n.next
	if n.prev == nil {
		n.parent.first = n.first
	} else {
		n.prev.next = n.first
	}
	if n.next == nil {
		n.parent.last = n.last
	} else {
		n.next.prev = n.last
	}
}

// children yields the children of n. The one at hand may be removed.
func (n *node) children() iter.Seq[*node] {
	return func(yield func(*node) bool) {
		for c := n.first; c != nil; {
			next := c.next
			if !yield(c) {
				return
			}
			c = next
		}
	}
}

// descendants yields the nodes below n in document order. It needs no stack:
// paragraphs that are never closed nest as deep as there are paragraphs.
func (n *node) descendants() iter.Seq[*node] {
	return func(yield func(*node) bool) {
		for c := n.first; c != nil; c = c.after(n) {
			if !yield(c) {
				return
			}
		}
	}
}

// after is the node that follows n in document order below top, or nil.
func (n *node) after(top *node) *node {
	if n.first != nil {
		return n.first
	}
	for n != top && n.next == nil {
		n = n.parent
	}
	if n == top {
		return nil
	}
	return n.next
}

// strings yields the strings below n of the given kinds.
func (n *node) strings(of kinds) iter.Seq[string] {
	return func(yield func(string) bool) {
		for c := range n.descendants() {
			if c.kind != element && of.has(c.kind) && !yield(c.value) {
				return
			}
		}
	}
}

// text is get_text with the given kinds of strings.
func (n *node) text(of kinds) string {
	var s strings.Builder
	for part := range n.strings(of) {
		s.WriteString(part)
	}
	return s.String()
}
