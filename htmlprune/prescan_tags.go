package htmlprune

import (
	"bytes"
	"strings"

	"golang.org/x/net/html/atom"
)

// startTag emits a start tag, and reads what belongs to it when its content
// is raw text. It returns where markup goes on.
func (s *stream) startTag(at int) int {
	stop := s.nameEnd(at + 1)
	name := s.source[at+1 : stop]
	tag := tagAtom(name)
	mark := len(s.out)
	s.out = append(s.out, '<')
	s.out = append(s.out, name[:min(len(name), maxTagName)]...)
	bare := tag == atom.Html && s.html || tag == atom.Body && s.body
	end, alt, ok := s.attributes(tag, stop, bare)
	if !ok {
		s.out = s.out[:mark]
		return len(s.source)
	}
	s.nodes++
	s.html = s.html || tag == atom.Html
	s.body = s.body || tag == atom.Body
	if !s.foreign && (droppedTag(tag) || tag == atom.Textarea) {
		s.out = s.out[:mark]
		return s.dropped(tag, name, end)
	}
	if alt.End > alt.Start {
		s.out = append(s.out, ' ')
		before := len(s.tokens)
		s.text(alt.Start, alt.End, false)
		for i := range s.tokens[before:] {
			s.tokens[before+i].alt = true
		}
		s.out = append(s.out, ' ')
	}
	s.count(tag, 1)
	s.enter(tag)
	switch {
	case s.foreign:
	case tag == atom.Title:
		stop := s.rawEnd(name, end)
		s.text(end, stop, false)
		return stop
	case tag == atom.Xmp:
		stop := s.rawEnd(name, end)
		s.text(end, stop, true)
		return stop
	case tag == atom.Plaintext:
		s.text(end, len(s.source), true)
		return len(s.source)
	}
	return end
}

// dropped passes over an element that shows nothing, with its raw text.
func (s *stream) dropped(tag atom.Atom, name string, end int) int {
	switch tag {
	case atom.Meta, atom.Link, atom.Base:
		return end
	case atom.Textarea:
		s.out = append(s.out, "<textarea></textarea>"...)
	}
	close := s.rawEnd(name, end)
	if tag == atom.Script {
		close = s.scriptEnd(end)
	}
	end, _ = s.tagEnd(min(close+len("</")+len(name), len(s.source)))
	return end
}

// droppedTag reports whether an element neither shows text nor matters for
// the place of others.
func droppedTag(tag atom.Atom) bool {
	switch tag {
	case atom.Script, atom.Style, atom.Noscript, atom.Iframe, atom.Noembed, atom.Noframes, atom.Meta, atom.Link, atom.Base:
		return true
	}
	return false
}

// rawEnd is the place of the end tag of raw text that starts at from.
func (s *stream) rawEnd(name string, from int) int {
	for at := from; ; {
		i := strings.Index(s.source[at:], "</")
		if i < 0 {
			return len(s.source)
		}
		at += i
		if s.isTag(at+2, name) {
			return at
		}
		at += 2
	}
}

// isTag reports whether a tag with this name starts at i.
func (s *stream) isTag(i int, name string) bool {
	end := i + len(name)
	if end >= len(s.source) || !strings.EqualFold(s.source[i:end], name) {
		return false
	}
	c := s.source[end]
	return c == '>' || c == '/' || isSpaceByte(c)
}

// scriptEnd is rawEnd for script, where "<!--" and then "<script" hide an end
// tag.
func (s *stream) scriptEnd(from int) int {
	const script = "script"
	end := s.rawEnd(script, from)
	at := strings.Index(s.source[from:end], "<!--")
	if at < 0 {
		return end
	}
	comment, inner := false, false
	for i := from + at; i < len(s.source); i++ {
		switch rest := s.source[i:]; {
		case rest[0] != '<' && rest[0] != '-':
		case !comment && strings.HasPrefix(rest, "<!--"):
			comment = true
			i++ // the dashes may be those of "-->"
		case comment && strings.HasPrefix(rest, "-->"):
			comment, inner = false, false
		case strings.HasPrefix(rest, "</") && s.isTag(i+2, script):
			if !inner {
				return i
			}
			inner = false
		case comment && !inner && s.isTag(i+1, script):
			inner = rest[0] == '<'
		}
	}
	return len(s.source)
}

// enter keeps the states that depend on open elements.
func (s *stream) enter(tag atom.Atom) {
	switch tag {
	case atom.Svg, atom.Math:
		s.foreign = !bytes.HasSuffix(s.out, []byte("/>"))
		s.drawing = s.drawing || s.foreign
	default:
		if s.foreign && holdsHTML(tag) {
			s.foreign = false
		}
		// HTML inside svg ends the svg.
		if s.foreign && (isBlock(tag) || tag == atom.Span || tag == atom.Img || tag == atom.Br || formattingIndex(tag) >= 0) {
			s.foreign, s.drawing = false, false
		}
	}
}

// leave is enter for an end tag.
func (s *stream) leave(tag atom.Atom) {
	switch {
	case tag == atom.Svg || tag == atom.Math:
		s.foreign, s.drawing = false, false
	case holdsHTML(tag):
		s.foreign = s.drawing
	}
}

// holdsHTML reports whether an element of svg or math holds HTML.
func holdsHTML(tag atom.Atom) bool {
	switch tag {
	case atom.Foreignobject, atom.ForeignObject, atom.Desc, atom.AnnotationXml, atom.Mi, atom.Mo, atom.Mn, atom.Ms, atom.Mtext:
		return true
	}
	return false
}

// formatting is the number of elements that the HTML5 rules open again in
// the next block when they were left open.
const formatting = 14

func formattingIndex(tag atom.Atom) int {
	switch tag {
	case atom.A:
		return 0
	case atom.B:
		return 1
	case atom.Big:
		return 2
	case atom.Code:
		return 3
	case atom.Em:
		return 4
	case atom.Font:
		return 5
	case atom.I:
		return 6
	case atom.Nobr:
		return 7
	case atom.S:
		return 8
	case atom.Small:
		return 9
	case atom.Strike:
		return 10
	case atom.Strong:
		return 11
	case atom.Tt:
		return 12
	case atom.U:
		return 13
	}
	return -1
}

// count follows the open elements that keep white space or are made anew.
func (s *stream) count(tag atom.Atom, by int) {
	switch tag {
	case atom.Pre, atom.Listing:
		s.pre = max(0, s.pre+by)
	}
	i := formattingIndex(tag)
	if i < 0 {
		s.clones += s.opened
		return
	}
	if tag == atom.A && by > 0 && s.open[i] > 0 || s.open[i]+by < 0 {
		return // a second link closes the first
	}
	s.open[i] += by
	s.opened += by
}

// attributes emits the attributes of a start tag from at on, unless bare, and
// the end of the tag. It tells the end, and where the alternative text is.
func (s *stream) attributes(tag atom.Atom, at int, bare bool) (end int, alt Span, ok bool) {
	if at < len(s.source) && s.source[at] == '>' {
		s.out = append(s.out, '>')
		return at + 1, alt, true
	}
	a := attributes{source: s.source, at: at}
	for n := 0; a.next(); n++ {
		if n >= s.limits.Attributes {
			s.manyAttributes = true
			continue
		}
		name := s.source[a.name.Start:a.name.End]
		if s.alt && alt.End == 0 && tag == atom.Img && strings.EqualFold(name, "alt") {
			alt = a.value
		}
		if bare || a.all.End-a.all.Start > maxAttribute || !s.every && !s.wanted(tag, name) && !s.isSign(tag, name, a.value) {
			continue
		}
		s.out = append(s.out, ' ')
		s.out = append(s.out, s.source[a.all.Start:a.all.End]...)
	}
	if a.slash {
		s.out = append(s.out, " /"...)
	}
	s.out = append(s.out, '>')
	return a.at, alt, a.closed
}

// wanted reports whether an attribute decides about a place in the tree, hides
// something, or is kept for the output.
func (s *stream) wanted(tag atom.Atom, name string) bool {
	if len(name) > len("aria-hidden") {
		return false
	}
	switch strings.ToLower(name) {
	case "style", "hidden", "aria-hidden", "lang", "dir", "colspan", "rowspan", "scope",
		"start", "reversed", "datetime", "open", "popover", "role", "encoding":
		return true
	case "href":
		return s.keeps.links && tag == atom.A
	case "title":
		return s.keeps.titles && isSafeInline(tag.String())
	case "type":
		return tag == atom.Input || tag == atom.Ol
	case "value":
		return tag == atom.Li
	}
	return false
}

// isSign reports whether an attribute is the class or id of a block and has a
// word that is a sign of boilerplate.
func (s *stream) isSign(tag atom.Atom, name string, value Span) bool {
	if !isBlock(tag) || !strings.EqualFold(name, "class") && !strings.EqualFold(name, "id") {
		return false
	}
	return nameSigns(s.source[value.Start:value.End]) != 0
}
