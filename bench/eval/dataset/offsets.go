package dataset

import "unicode/utf8"

// offsets maps code points of a text to bytes.
type offsets struct {
	// bytes has one entry for each code point and one for the end; nil where
	// a code point is a byte.
	bytes []int
	count int
}

func newOffsets(text string) offsets {
	n := utf8.RuneCountInString(text)
	if n == len(text) {
		return offsets{count: n}
	}
	o := offsets{bytes: make([]int, 0, n+1), count: n}
	for i := range text {
		o.bytes = append(o.bytes, i)
	}
	o.bytes = append(o.bytes, len(text))
	return o
}

// span converts a range of code points that lies within the text.
func (o offsets) span(start, end int) Span {
	if o.bytes == nil {
		return Span{start, end}
	}
	return Span{o.bytes[start], o.bytes[end]}
}
