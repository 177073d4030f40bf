package htmlprune

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// errTime ends a parse that takes too long.
var errTime = errors.New("time is up")

// deadlineReader hands out at most 512 bytes at a time, so that a parser that
// is slow on little input is stopped soon after the deadline.
type deadlineReader struct {
	data  []byte
	until time.Time
}

func (r *deadlineReader) Read(p []byte) (int, error) {
	if len(r.data) == 0 {
		return 0, io.EOF
	}
	if !time.Now().Before(r.until) {
		return 0, errTime
	}
	n := copy(p[:min(len(p), 512)], r.data)
	r.data = r.data[n:]
	return n, nil
}

// parseDOM makes a DOM of the stream by the rules of HTML5, or by simpler
// rules where those would cost too much; then the warning says why.
func parseDOM(s *stream, t *Tree, until time.Time) *html.Node {
	defer func() { s.out = nil }()
	const simpler = " It was read by simpler rules than those of HTML5; its text is complete."
	if s.clonesNodes() {
		t.warn("html_nodes", "Elements left open would have to be made anew too often."+simpler)
		return linearDOM(s.out, s.limits.Depth)
	}
	root, err := html.Parse(&deadlineReader{data: s.out, until: until})
	switch {
	case err == nil:
		return root
	case errors.Is(err, errTime):
		t.warn("html_time", "The document takes too long to parse."+simpler)
	default:
		t.warn("html_depth", "The document is nested too deeply."+simpler)
	}
	return linearDOM(s.out, s.limits.Depth)
}

// linearBuilder makes a DOM in linear time. Of the rules of HTML5 it knows
// void elements, the end tags that may be left out, and that an inline end
// tag closes no block.
type linearBuilder struct {
	z     *html.Tokenizer
	root  *html.Node
	stack []*html.Node
	depth int
	count map[string]int // open elements by name
	// beyond counts the open elements too deep for the stack; of them, those
	// from hiddenFrom on are hidden if hiddenFrom is not zero.
	beyond, hiddenFrom int
}

func linearDOM(data []byte, depth int) *html.Node {
	root := &html.Node{Type: html.DocumentNode}
	b := linearBuilder{
		z: html.NewTokenizer(bytes.NewReader(data)), root: root, depth: max(depth, 2),
		count: map[string]int{},
	}
	page := &html.Node{Type: html.ElementNode, Data: "html", DataAtom: atom.Html}
	root.AppendChild(page)
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	page.AppendChild(body)
	b.stack = []*html.Node{body}
	for {
		switch b.z.Next() {
		case html.ErrorToken:
			return root
		case html.TextToken:
			if b.hiddenFrom == 0 {
				b.top().AppendChild(&html.Node{Type: html.TextNode, Data: string(b.z.Text())})
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			b.start(b.z.Token())
		case html.EndTagToken:
			name, _ := b.z.TagName()
			b.end(string(name))
		}
	}
}

func (b *linearBuilder) top() *html.Node { return b.stack[len(b.stack)-1] }

// start opens an element, or appends it without content if it is void or too
// deep.
func (b *linearBuilder) start(tag html.Token) {
	switch tag.DataAtom {
	case atom.Html, atom.Head, atom.Body:
		return
	}
	b.imply(tag.DataAtom)
	n := &html.Node{Type: html.ElementNode, Data: tag.Data, DataAtom: tag.DataAtom, Attr: tag.Attr}
	if isVoid(tag.DataAtom) {
		b.top().AppendChild(n)
		return
	}
	if b.beyond > 0 || len(b.stack) >= b.depth {
		b.beyond++
		if b.hiddenFrom == 0 && (isHidden(n) || isInvisible(n.DataAtom)) {
			b.hiddenFrom = b.beyond
		}
		if isBlock(n.DataAtom) {
			b.top().AppendChild(n) // keeps words apart
		}
		return
	}
	b.top().AppendChild(n)
	b.stack = append(b.stack, n)
	b.count[n.Data]++
}

// end closes the nearest open element of this name and those inside it.
func (b *linearBuilder) end(name string) {
	if b.beyond > 0 {
		b.beyond--
		if b.beyond < b.hiddenFrom {
			b.hiddenFrom = 0
		}
		return
	}
	if b.count[name] == 0 {
		return
	}
	block := isBlock(atom.Lookup([]byte(name)))
	for i := len(b.stack) - 1; i > 0; i-- {
		switch {
		case b.stack[i].Data == name:
			b.pop(i)
			return
		case !block && (isBlock(b.stack[i].DataAtom) || len(b.stack)-i > 32):
			return
		}
	}
}

// pop closes the elements of the stack from i on.
func (b *linearBuilder) pop(i int) {
	for _, n := range b.stack[i:] {
		b.count[n.Data]--
	}
	b.stack = b.stack[:i]
}

// imply closes the elements whose end tag may be left out before this start
// tag.
func (b *linearBuilder) imply(tag atom.Atom) {
	if b.beyond > 0 {
		return
	}
	closes, inside := implied(tag)
	for i := len(b.stack) - 1; i > 0 && len(b.stack)-i <= 16; i-- {
		open := b.stack[i].DataAtom
		if slices.Contains(closes, open) {
			b.pop(i)
			return
		}
		if isBlock(open) && !slices.Contains(inside, open) {
			return
		}
	}
}

// implied lists the elements that a start tag closes, and those inside which
// it does so.
func implied(tag atom.Atom) (closes, inside []atom.Atom) {
	switch tag {
	case atom.Li:
		return []atom.Atom{atom.Li}, []atom.Atom{atom.P}
	case atom.Dt, atom.Dd:
		return []atom.Atom{atom.Dt, atom.Dd}, []atom.Atom{atom.P}
	case atom.Td, atom.Th:
		return []atom.Atom{atom.Td, atom.Th, atom.Caption}, []atom.Atom{atom.P}
	case atom.Tr:
		return []atom.Atom{atom.Tr, atom.Caption}, []atom.Atom{atom.Td, atom.Th, atom.P}
	case atom.Thead, atom.Tbody, atom.Tfoot:
		return []atom.Atom{atom.Thead, atom.Tbody, atom.Tfoot, atom.Caption}, []atom.Atom{atom.Tr, atom.Td, atom.Th, atom.P}
	case atom.Option, atom.Optgroup:
		return []atom.Atom{atom.Option}, nil
	}
	if isBlock(tag) {
		return []atom.Atom{atom.P}, nil
	}
	return nil, nil
}

func isVoid(tag atom.Atom) bool {
	switch tag {
	case atom.Area, atom.Base, atom.Br, atom.Col, atom.Embed, atom.Hr, atom.Img, atom.Input, atom.Link, atom.Meta, atom.Param, atom.Source, atom.Track, atom.Wbr:
		return true
	}
	return false
}
