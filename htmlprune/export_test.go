package htmlprune

// SplitSentences is splitSentences for the fixture tests.
func SplitSentences(text string) []Span { return splitSentences(text) }
