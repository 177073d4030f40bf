package tokenizer

// Steps is the work that the model does for text, for tests of its growth. t is
// of another family than BERT's.
func Steps(t *Tokenizer, text string) int {
	g := t.pipeline.(*general)
	w := g.pool.New().(*work)
	w.out = output{want: wantCount}
	g.raw.each(stretch{text: text}, w, g.segment)
	return w.steps
}
