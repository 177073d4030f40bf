package htmlprune

import "unicode/utf8"

// OffsetUnit is the unit in which places in a source are counted.
type OffsetUnit string

// The units of offsets: Unicode code points, bytes of UTF-8, and UTF-16 code
// units as JavaScript, Java and C# count.
const (
	Codepoint OffsetUnit = "codepoint"
	Byte      OffsetUnit = "byte"
	UTF16     OffsetUnit = "utf16"
)

// ConvertSpans returns spans, byte ranges in source, counted in u. It takes
// one pass over source when the spans are ascending and do not overlap, and
// is right, if slower, when they do. A byte that is not valid UTF-8 counts as
// one character, as it does after decoding with replacement.
func ConvertSpans(source string, spans []Span, u OffsetUnit) []Span {
	out := make([]Span, len(spans))
	if u == Byte {
		copy(out, spans)
		return out
	}
	var from offsetCursor
	for i, s := range spans {
		if s.Start < from.pos {
			from = offsetCursor{}
		}
		from.advance(source, s.Start, u)
		to := from
		to.advance(source, s.End, u)
		out[i] = Span{from.count, to.count}
		if i+1 < len(spans) && spans[i+1].Start >= to.pos {
			from = to
		}
	}
	return out
}

// offsetCursor is a place in a source, in bytes and in another unit.
type offsetCursor struct{ pos, count int }

// advance moves to the byte offset target, or behind the character that
// target lies in.
func (c *offsetCursor) advance(source string, target int, u OffsetUnit) {
	target = min(target, len(source))
	for c.pos < target {
		if source[c.pos] < utf8.RuneSelf {
			c.pos++
			c.count++
			continue
		}
		r, size := utf8.DecodeRuneInString(source[c.pos:])
		c.pos += size
		c.count++
		if u == UTF16 && r > 0xFFFF {
			c.count++
		}
	}
}
