package htmlprune

import (
	"strconv"
	"strings"

	"golang.org/x/net/html/atom"
)

const (
	// maxTagName and maxAttribute bound what of a tag reaches the parser, in
	// bytes: its buffers grow with the longest token.
	maxTagName   = 64
	maxAttribute = 4096
	// maxBlank bounds the white space between two tags inside pre.
	maxBlank = 256
	// maxClones bounds the elements that the HTML5 rules would make anew for
	// formatting elements left open: 450 open ones times every paragraph.
	maxClones = 200_000
)

// token is one piece of text in the source.
type token struct {
	start, end int32
	raw        bool // no character references
	alt        bool // the alternative text of an image
}

// stream is what the HTML5 parser gets instead of the source. Tags are as
// they were, without what nobody sees and without what makes the parser slow.
// Every text is replaced by a marker, "#" and the index of its token, behind
// its leading white space, because the parser tells no offsets: markers show
// where in the tree a text belongs, and the text itself is read from the
// source. White space of its own goes unmarked, as the parser treats it
// differently.
type stream struct {
	source string
	out    []byte
	tokens []token
	limits Limits
	alt    bool
	keeps  keptOnRequest
	// every keeps all attributes, for selectors.
	every bool

	nodes   int
	size    int  // of the tokens, in bytes
	pre     int  // open elements that keep white space
	html    bool // a html tag was seen
	body    bool
	drawing bool // inside svg or math
	foreign bool // and not in HTML inside those: no element holds raw text
	open    [formatting]int
	opened  int // sum of open
	clones  int

	// The findings.
	manyAttributes, manyNodes bool
}

// prescan rewrites source in one pass; it takes linear time and at most about
// the space of the source.
func prescan(source string, o Options) *stream {
	s := &stream{
		source: source, limits: o.Limits, alt: o.Alt, keeps: keptOnRequest{o.Links, o.Times, o.Titles}, every: len(o.Pin) > 0,
		out: make([]byte, 0, len(source)/4+64),
	}
	for at := 0; at < len(source); {
		if s.nodes > o.Limits.Nodes {
			s.manyNodes = true
			break
		}
		lt := s.nextTag(at)
		s.text(at, lt, false)
		if lt == len(source) {
			break
		}
		at = s.markup(lt)
	}
	return s
}

// clonesNodes reports whether the HTML5 rules would make far more elements
// than the source has tags.
func (s *stream) clonesNodes() bool { return s.clones > maxClones }

// nextTag is the place of the next "<" from at on that starts markup.
func (s *stream) nextTag(at int) int {
	for {
		i := strings.IndexByte(s.source[at:], '<')
		if i < 0 || at+i+1 >= len(s.source) {
			return len(s.source)
		}
		at += i
		switch c := s.source[at+1]; {
		case isLetterByte(c), c == '/' && at+2 < len(s.source), c == '!', c == '?':
			return at
		}
		at++
	}
}

func isLetterByte(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isSpaceByte(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'
}

// text emits source[a:b] as white space and a marker.
func (s *stream) text(a, b int, raw bool) {
	lead := a
	for lead < b && (isSpaceByte(s.source[lead]) || s.source[lead] == 0) {
		lead++
	}
	if lead > a {
		if s.pre > 0 {
			s.out = append(s.out, s.source[max(a, lead-maxBlank):lead]...)
		} else {
			s.out = append(s.out, ' ')
		}
	}
	if lead == b {
		return
	}
	s.nodes++
	s.out = append(s.out, '#')
	s.out = strconv.AppendInt(s.out, int64(len(s.tokens)), 10)
	s.tokens = append(grow(s.tokens, 1), token{start: place(lead), end: place(b), raw: raw})
	s.size += b - lead
}

// markup reads the tag, comment or declaration at a "<" and returns its end.
func (s *stream) markup(at int) int {
	switch c := s.source[at+1]; {
	case c == '!':
		return s.declaration(at)
	case c == '?':
		return s.after(at, ">")
	case c != '/':
		return s.startTag(at)
	case at+2 < len(s.source) && isLetterByte(s.source[at+2]):
		return s.endTag(at)
	}
	return s.after(at, ">") // "</>" and "</ bogus comment>"
}

// after is the end of the next mark from at on, or of the source.
func (s *stream) after(at int, mark string) int {
	if i := strings.Index(s.source[at:], mark); i >= 0 {
		return at + i + len(mark)
	}
	return len(s.source)
}

// declaration reads a comment, a doctype or a CDATA section.
func (s *stream) declaration(at int) int {
	rest := s.source[at+2:]
	switch {
	case strings.HasPrefix(rest, "-->"), strings.HasPrefix(rest, "--->"):
		return s.after(at, ">")
	case strings.HasPrefix(rest, "--"):
		return s.commentEnd(at + len("<!--"))
	case s.foreign && strings.HasPrefix(rest, "[CDATA["):
		end := s.after(at, "]]>")
		s.text(at+len("<![CDATA["), max(at+len("<![CDATA["), end-len("]]>")), true)
		return end
	}
	end := s.after(at, ">")
	if len(rest) >= 7 && strings.EqualFold(rest[:7], "doctype") && end-at < maxAttribute {
		s.out = append(s.out, s.source[at:end]...)
	}
	return end
}

// commentEnd is the place after the first "-->" or "--!>" from at on.
func (s *stream) commentEnd(at int) int {
	for i := at; ; i++ {
		gt := strings.IndexByte(s.source[i:], '>')
		if gt < 0 {
			return len(s.source)
		}
		i += gt
		if text := s.source[at:i]; strings.HasSuffix(text, "--") || strings.HasSuffix(text, "--!") {
			return i + 1
		}
	}
}

// nameEnd is the end of the tag name that starts at from.
func (s *stream) nameEnd(from int) int {
	for i := from; i < len(s.source); i++ {
		if c := s.source[i]; c == '>' || c == '/' || isSpaceByte(c) {
			return i
		}
	}
	return len(s.source)
}

// tagAtom looks a name up, whatever its case.
func tagAtom(name string) atom.Atom {
	if len(name) > maxTagName {
		return 0
	}
	var buf [maxTagName]byte
	for i := range len(name) {
		c := name[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		buf[i] = c
	}
	return atom.Lookup(buf[:len(name)])
}

// endTag emits "</name>" and skips to its end.
func (s *stream) endTag(at int) int {
	stop := s.nameEnd(at + 2)
	name := s.source[at+2 : stop]
	end, ok := s.tagEnd(stop)
	if !ok {
		return len(s.source)
	}
	tag := tagAtom(name)
	if droppedTag(tag) {
		return end
	}
	s.count(tag, -1)
	s.leave(tag)
	s.out = append(s.out, "</"...)
	s.out = append(s.out, name[:min(len(name), maxTagName)]...)
	s.out = append(s.out, '>')
	return end
}

// tagEnd skips attributes from at on to the end of the tag.
func (s *stream) tagEnd(at int) (end int, ok bool) {
	a := attributes{source: s.source, at: at}
	for a.next() {
	}
	return a.at, a.closed
}
