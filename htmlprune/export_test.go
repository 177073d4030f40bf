package htmlprune

// SplitSentences is splitSentences for the fixture tests.
func SplitSentences(text string) []Span { return splitSentences(text, len(text)) }

// SplitUnicode is splitSentences without its short way for texts without
// end marks outside ASCII.
func SplitUnicode(text string) []Span {
	s := splitter{text: text, most: len(text)}
	s.byLine, s.width = lineShape(text)
	s.unicode()
	s.emit(len(text))
	return s.out
}
