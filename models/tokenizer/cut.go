package tokenizer

// Cut returns the beginning of text that has at most n tokens, n being 1 or
// more, and whether anything was cut.
func (t *Tokenizer) Cut(text string, n int) (beginning string, cut bool) {
	enc := t.Encode(text)
	if len(enc.IDs) <= n {
		return text, false
	}
	return text[:enc.Spans[n-1].End], true
}
