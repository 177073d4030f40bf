package messages

import (
	"strings"
	"unicode/utf8"
)

// span is a piece of a text, [start, end), and what ends it there.
type span struct {
	start, end int
	// closers are the strings that may not appear in the piece: each would end
	// it earlier than it ends.
	closers []string
}

// findMarked returns what stands between marks, and the ranges with their marks,
// in order. A start without an end is no mark; open tells that there was one.
func findMarked(s string, marks []Mark) (inside, outside []span, open bool) {
	starts := make([]int, len(marks)) // the next start of each mark; -1: no more
	for i := range starts {
		starts[i] = strings.Index(s, marks[i].Start)
	}
	for {
		best := nextMark(marks, starts)
		if best < 0 {
			return inside, outside, open
		}
		from := starts[best] + len(marks[best].Start)
		size := strings.Index(s[from:], marks[best].End)
		if size < 0 { // and none will be found further on
			open = true
			starts[best] = -1
			continue
		}
		end := from + size
		next := end + len(marks[best].End)
		inside = append(inside, span{from, end, []string{marks[best].End}})
		outside = append(outside, span{start: starts[best], end: next})
		for i, at := range starts {
			if at >= 0 && at < next {
				starts[i] = indexFrom(s, marks[i].Start, next)
			}
		}
	}
}

// nextMark is the mark that starts first, the longest of those that start there;
// -1 if there is none.
func nextMark(marks []Mark, starts []int) int {
	best := -1
	for i, at := range starts {
		if at < 0 {
			continue
		}
		if best < 0 || at < starts[best] || at == starts[best] && len(marks[i].Start) > len(marks[best].Start) {
			best = i
		}
	}
	return best
}

// indexFrom is strings.Index in s[from:], as a place in s.
func indexFrom(s, word string, from int) int {
	i := strings.Index(s[from:], word)
	if i < 0 {
		return -1
	}
	return from + i
}

// The tags around a document and around its content, as Anthropic's guide to
// long prompts writes them. Both may have attributes.
const (
	documentTag = "document"
	contentTag  = "document_content"
)

// documents splits a context into documents, without the white space around
// them. Blank ones are left out.
func (o Options) documents(s string, context span) []span {
	parts := []span{context}
	switch {
	case o.Separator != "":
		parts = splitAt(s, context, o.Separator)
	case o.Split != SplitWhole:
		if tagged := inTags(s, context, documentTag); len(tagged) > 0 {
			parts = tagged
			for i, d := range tagged {
				if content := inTags(s, d, contentTag); len(content) > 0 {
					parts[i] = content[0]
				}
			}
		}
	}
	var out []span
	for _, p := range parts {
		if p = trim(s, p); p.start < p.end {
			out = append(out, p)
		}
	}
	return out
}

// splitAt returns what stands between separators.
func splitAt(s string, in span, separator string) (out []span) {
	closers := append([]string{separator}, in.closers...)
	from := in.start
	for {
		i := strings.Index(s[from:in.end], separator)
		if i < 0 {
			return append(out, span{from, in.end, closers})
		}
		out = append(out, span{from, from + i, closers})
		from += i + len(separator)
	}
}

// inTags returns what stands between <tag ...> and the next </tag>.
func inTags(s string, in span, tag string) (out []span) {
	open, end := "<"+tag, "</"+tag+">"
	closers := append([]string{end}, in.closers...)
	for from := in.start; ; {
		i := strings.Index(s[from:in.end], open)
		if i < 0 {
			return out
		}
		from += i + len(open)
		if !strings.ContainsRune(" \t\r\n>", rune(at(s, from, in.end))) {
			continue // another tag, that only begins so
		}
		close := strings.IndexByte(s[from:in.end], '>')
		if close < 0 {
			return out
		}
		from += close + 1
		size := strings.Index(s[from:in.end], end)
		if size < 0 {
			return out
		}
		out = append(out, span{from, from + size, closers})
		from += size + len(end)
	}
}

// at is the byte of s at i, or a letter where that is not below end.
func at(s string, i, end int) byte {
	if i >= end {
		return 'x'
	}
	return s[i]
}

// trim leaves out the white space at both ends.
func trim(s string, p span) span {
	body := s[p.start:p.end]
	left := strings.TrimLeft(body, " \t\r\n")
	p.start = p.end - len(left)
	p.end = p.start + len(strings.TrimRight(left, " \t\r\n"))
	return p
}

// fits reports whether replacement can stand in place of a piece of s without
// ending its context earlier: a text may hold the halves of a mark, which come
// together when what is between them goes.
func (p span) fits(s, replacement string) bool {
	if !utf8.ValidString(replacement) {
		return false
	}
	for _, closer := range p.closers {
		// A closer may begin in the text and end in what follows it.
		tail := s[p.end:min(len(s), p.end+len(closer)-1)]
		if i := strings.Index(replacement+tail, closer); i >= 0 && i < len(replacement) {
			return false
		}
	}
	return true
}
