package htmlprune

import "strings"

// textNode places the texts whose markers are in a DOM text node, and its
// white space.
func (b *builder) textNode(data string) {
	for i := 0; i < len(data); {
		from := i
		for i < len(data) && isSpaceByte(data[i]) {
			i++
		}
		lead := data[from:i]
		k, n := marker(data[i:])
		if n == 0 {
			b.space(lead)
			i++ // never in a stream of ours, unless a tag became text
			continue
		}
		i += n
		if k >= len(b.used) || b.used[k] {
			continue
		}
		b.used[k] = true
		b.token(k, lead)
	}
}

// image is the tag of an Inline that holds the alternative text of one.
const image = "img"

// marker reads "#12" at the beginning of s: the index and the length.
func marker(s string) (index, n int) {
	if len(s) < 2 || s[0] != '#' {
		return 0, 0
	}
	for n = 1; n < len(s) && isDecimal(s[n]) && n < 10; n++ {
		index = index*10 + int(s[n]-'0')
	}
	if n == 1 {
		return 0, 0
	}
	return index, n
}

// token writes one text of the source behind its leading white space.
func (b *builder) token(k int, lead string) {
	if b.look.unseen() {
		return
	}
	tok := b.stream.tokens[k]
	if tok.alt && b.unseenImage {
		return
	}
	mode := b.mode
	if !tok.raw {
		mode |= references
	}
	if b.block == nil {
		b.w.begin()
	}
	if lead != "" && b.block != nil {
		b.space(lead)
	}
	from := b.w.len()
	b.w.write(int(tok.start), int(tok.end), mode)
	if b.w.len() == from {
		return
	}
	b.region.count(b.w.since(from), b.linked > 0)
	if tok.alt {
		b.inlines = append(b.inlines, inline{tag: image})
		b.run(from, false)
		b.inlines = b.inlines[:len(b.inlines)-1]
	} else {
		b.run(from, k == b.last+1)
	}
	b.last = k
}

// run makes a Run of what was written since from, or lengthens the run before
// it if it goes on with it.
func (b *builder) run(from int, goesOn bool) {
	if b.block == nil {
		b.block = b.paragraph()
	}
	host := b.host()
	if n := len(host.Children); goesOn && n > 0 {
		if r := host.Children[n-1]; r.Kind == Run && r.Span.End == from && r.pinned == (b.pinned > 0) {
			r.Span.End = b.w.len()
			return
		}
	}
	host.Children = append(host.Children, &Node{
		Kind: Run, Path: b.block.Path, Span: Span{from, b.w.len()}, pinned: b.pinned > 0, region: b.region,
	})
}

// paragraph is the node for a text among blocks: a block itself as long as there is
// nothing else in it.
func (b *builder) paragraph() *Node {
	if len(b.cur.Children) == 0 && b.cur.Kind != Document && b.cur.Kind != Table {
		return b.cur
	}
	p := &Node{Kind: Paragraph, Path: b.cur.Path}
	b.attach(p)
	return p
}

// host is the node that takes text: the innermost inline element, made in
// the current block with those around it if it was not yet.
func (b *builder) host() *Node {
	host := b.block
	for i := b.base; i < len(b.inlines); i++ {
		in := &b.inlines[i]
		if in.block != b.block {
			in.block = b.block
			in.node = &Node{Kind: Inline, Tag: in.tag, Path: b.block.Path, Attrs: in.attrs}
			host.Children = append(host.Children, in.node)
		}
		host = in.node
	}
	return host
}

// space writes white space inside a block of text.
func (b *builder) space(data string) {
	if data == "" || b.block == nil || b.look.unseen() {
		return
	}
	from := b.w.len()
	switch {
	case b.mode&verbatim != 0:
		b.w.put(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\f", "\n").Replace(data))
	case !b.w.atSpace():
		b.w.put(" ")
	default:
		return
	}
	b.run(from, true)
}

// gap keeps the words before and behind it apart.
func (b *builder) gap() {
	if b.flat == 0 && b.block == nil {
		return
	}
	if b.mode&verbatim != 0 {
		if !b.w.atSpace() {
			b.space("\n")
		}
		return
	}
	b.space(" ")
}

// lineBreak is a br.
func (b *builder) lineBreak() {
	if b.block == nil || b.look.unseen() {
		return
	}
	from := b.w.len()
	if from == b.w.start && b.mode&verbatim == 0 {
		return
	}
	b.w.put("\n")
	b.run(from, true)
}
