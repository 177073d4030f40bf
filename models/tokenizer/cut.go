package tokenizer

// Cut returns the beginning of text that has at most n tokens, n being 1 or
// more, and whether anything was cut.
func (t *Tokenizer) Cut(text string, n int) (beginning string, cut bool) {
	enc := t.Encode(text)
	if len(enc.IDs) <= n {
		return text, false
	}
	end := 0 // a token for a space that was put in front has an empty span
	for _, s := range enc.Spans[:n] {
		end = max(end, s.End)
	}
	return text[:end], true
}
