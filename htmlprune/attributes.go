package htmlprune

// attributes walks the attributes of one tag by the tokenizer rules of HTML5.
type attributes struct {
	source string
	at     int // after the tag name; in the end, after the ">"
	// The attribute at hand: ranges of source, and of the whole of it.
	name, value Span
	all         Span
	slash       bool // the tag is self-closing
	closed      bool // the ">" was found
}

// next reads the next attribute; false means that the tag ended.
func (a *attributes) next() bool {
	s := a.source
	for a.at < len(s) && (isSpaceByte(s[a.at]) || s[a.at] == '/') {
		a.slash = s[a.at] == '/'
		a.at++
	}
	if a.at >= len(s) {
		return false
	}
	if s[a.at] == '>' {
		a.at++
		a.closed = true
		return false
	}
	a.slash = false
	from := a.at
	a.at++ // a "=" in front belongs to the name
	for a.at < len(s) && s[a.at] != '=' && s[a.at] != '/' && s[a.at] != '>' && !isSpaceByte(s[a.at]) {
		a.at++
	}
	a.name = Span{from, a.at}
	a.value = Span{a.at, a.at}
	end := a.at
	if i := a.blanks(a.at); i < len(s) && s[i] == '=' {
		a.at = a.blanks(i + 1)
		end = a.readValue()
	}
	a.all = Span{from, end}
	return true
}

// blanks is the first place from i on that is not white space.
func (a *attributes) blanks(i int) int {
	for i < len(a.source) && isSpaceByte(a.source[i]) {
		i++
	}
	return i
}

// readValue reads the value behind "=" and returns where it ends, quotes
// included.
func (a *attributes) readValue() int {
	s := a.source
	if a.at >= len(s) || s[a.at] == '>' {
		a.value = Span{a.at, a.at}
		return a.at
	}
	if q := s[a.at]; q == '"' || q == '\'' {
		a.at++
		from := a.at
		for a.at < len(s) && s[a.at] != q {
			a.at++
		}
		a.value = Span{from, a.at}
		a.at = min(a.at+1, len(s))
		return a.at
	}
	from := a.at
	for a.at < len(s) && s[a.at] != '>' && !isSpaceByte(s[a.at]) {
		a.at++
	}
	a.value = Span{from, a.at}
	return a.at
}
