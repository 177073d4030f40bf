package htmlprune

import (
	"strconv"

	"golang.org/x/net/html"
)

const (
	// maxPathDepth is the number of elements that a path names. Deeper places
	// have the path of their ancestor at that depth.
	maxPathDepth = 64
	// maxPathBytes bounds all paths of a document together; places beyond
	// have the path of an ancestor.
	maxPathBytes = 16 << 20
	// maxSlots bounds the tags that are counted per parent one by one.
	maxSlots = 16
)

// pathBuilder follows a walk of the DOM and spells the path of the place.
type pathBuilder struct {
	buf   []byte
	depth int
	slots []slot // of all open frames
	spent int
	last  string // the path spelled last
}

// slot counts the children of one tag of one parent.
type slot struct {
	tag         string
	total, seen int
}

// pathFrame is one open parent.
type pathFrame struct {
	slots int            // where its slots begin
	len   int            // of buf at the parent
	many  map[string]int // index of slots when there are more than maxSlots
}

// enter counts the children of n by tag.
func (p *pathBuilder) enter(n *html.Node) *pathFrame {
	f := &pathFrame{slots: len(p.slots), len: len(p.buf)}
	p.depth++
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode {
			p.slot(f, c.Data).total++
		}
	}
	return f
}

// slot finds or makes the slot of a tag.
func (p *pathBuilder) slot(f *pathFrame, tag string) *slot {
	open := p.slots[f.slots:]
	for i := range open[:min(len(open), maxSlots)] {
		if open[i].tag == tag {
			return &open[i]
		}
	}
	if i, ok := f.many[tag]; ok {
		return &p.slots[i]
	}
	if len(open) >= maxSlots {
		if f.many == nil {
			f.many = map[string]int{}
		}
		f.many[tag] = len(p.slots)
	}
	p.slots = append(p.slots, slot{tag: tag})
	return &p.slots[len(p.slots)-1]
}

// step goes to the next child c of the parent.
func (p *pathBuilder) step(f *pathFrame, c *html.Node) {
	p.buf = p.buf[:f.len]
	s := p.slot(f, c.Data)
	s.seen++
	if p.depth > maxPathDepth {
		return
	}
	if f.len > 0 {
		p.buf = append(p.buf, '>')
	}
	p.buf = append(p.buf, c.Data...)
	if s.total > 1 {
		p.buf = append(p.buf, '[')
		p.buf = strconv.AppendInt(p.buf, int64(s.seen), 10)
		p.buf = append(p.buf, ']')
	}
}

// leave goes back to the parent.
func (p *pathBuilder) leave(f *pathFrame) {
	p.buf = p.buf[:f.len]
	p.slots = p.slots[:f.slots]
	p.depth--
}

// String is the path of the place.
func (p *pathBuilder) String() string {
	if string(p.buf) == p.last || p.spent > maxPathBytes {
		return p.last
	}
	p.spent += len(p.buf)
	p.last = string(p.buf)
	return p.last
}
