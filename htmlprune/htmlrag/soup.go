package htmlrag

import "strings"

// soup is bs4.BeautifulSoup while it parses. It knows nothing of which
// elements may stand in which: an end tag closes everything up to the nearest
// open element of its name, and is ignored if there is none.
type soup struct {
	root, current *node
	// pending is the text that waits for its end; it may be there and empty.
	pending   strings.Builder
	isPending bool
	// opened counts the open elements by name.
	opened map[string]int
	// preserving counts the open pre and textarea elements.
	preserving int
	// owners are the open elements whose text has a class of its own.
	owners []*node
	// closed counts the void elements by name whose end tag may still come,
	// and is then ignored.
	closed map[string]int
	nodes  int
}

func newSoup() *soup {
	root := newElement(rootName)
	return &soup{root: root, current: root, opened: make(map[string]int), closed: make(map[string]int)}
}

// startTag is handle_starttag, and handle_startendtag if the tag is closed.
func (b *soup) startTag(name string, attrs []attr, closed bool) error {
	b.endData(text)
	if b.nodes++; b.nodes > maxNodes {
		return errNodes
	}
	n := newElement(name)
	n.attrs = settle(name, attrs)
	b.current.append(n)
	b.push(n)
	switch {
	case closed:
		b.popTo(name)
	case n.void:
		b.popTo(name)
		b.closed[name]++
	}
	return nil
}

// endTag is handle_endtag. The end of a void element does not end the text.
func (b *soup) endTag(name string) {
	if b.closed[name] > 0 {
		b.closed[name]--
		return
	}
	b.endData(text)
	b.popTo(name)
}

// data adds to the text at hand.
func (b *soup) data(s string) {
	b.pending.WriteString(s)
	b.isPending = true
}

// special adds a comment or the like.
func (b *soup) special(k kind, s string) {
	b.endData(text)
	b.data(s)
	b.endData(k)
}

// endData makes a string of the text at hand. Where white space does not
// matter, what is nothing else becomes one line break or space, comments
// included.
func (b *soup) endData(k kind) {
	if !b.isPending {
		return
	}
	value := b.pending.String()
	b.pending.Reset()
	b.isPending = false
	if b.preserving == 0 && strings.Trim(value, " \n\t\f\r") == "" {
		if strings.Contains(value, "\n") {
			value = "\n"
		} else {
			value = " "
		}
	}
	if k == text && len(b.owners) > 0 {
		k, _ = ownText(b.owners[len(b.owners)-1].name)
	}
	b.nodes++
	b.current.append(&node{kind: k, value: value})
}

// push opens n.
func (b *soup) push(n *node) {
	b.current = n
	b.opened[n.name]++
	if preserves(n.name) {
		b.preserving++
	}
	if _, ok := ownText(n.name); ok {
		b.owners = append(b.owners, n)
	}
}

// popTo closes the nearest open element of a name and all that is open in it.
func (b *soup) popTo(name string) {
	for b.opened[name] > 0 {
		n := b.current
		b.current = n.parent
		b.opened[n.name]--
		if preserves(n.name) {
			b.preserving--
		}
		if _, ok := ownText(n.name); ok {
			b.owners = b.owners[:len(b.owners)-1]
		}
		if n.name == name {
			return
		}
	}
}

// preserves reports the elements in which all white space stays.
func preserves(name string) bool { return name == "pre" || name == "textarea" }
