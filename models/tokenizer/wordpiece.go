package tokenizer

// wordPiece cuts words into vocabulary entries, greedily from the left. Entries
// that continue a word carry a prefix ("##") in the vocabulary.
type wordPiece struct {
	vocab     *trie
	continued uint32 // the trie node of the prefix, noNode when no entry has it
	unknown   int32
	maxChars  int // longer words, in code points, are one unknown token
}

func newWordPiece(vocab *trie, prefix string, unknown int32, maxChars int) *wordPiece {
	return &wordPiece{vocab: vocab, continued: vocab.walk(prefix), unknown: unknown, maxChars: maxChars}
}

// piece returns the longest entry at word[from:] and where it ends. It returns
// noID when no entry fits there, which makes the whole word unknown.
func (m *wordPiece) piece(word []byte, from int) (id int32, to int) {
	node := rootNode
	if from > 0 {
		node = m.continued
	}
	if node == noNode {
		return noID, from
	}
	id, length := m.vocab.longest(node, word[from:])
	return id, from + length
}
