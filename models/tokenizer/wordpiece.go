package tokenizer

// wordPiece cuts words into vocabulary entries, greedily from the left. Entries
// that continue a word carry a prefix ("##") in the vocabulary.
type wordPiece struct {
	short     *shortTokens
	vocab     *trie
	continued uint32 // the trie node of the prefix, noNode when no entry has it
	unknown   int32
	maxChars  int // longer words, in code points, are one unknown token
}

// wordPadding is how many bytes of capacity piece needs after a word.
const wordPadding = 8

func newWordPiece(vocab map[string]int32, prefix string, unknown int32, maxChars int) (*wordPiece, error) {
	t, err := newTrie(vocab)
	if err != nil {
		return nil, err
	}
	return &wordPiece{
		short:     newShortTokens(vocab, prefix),
		vocab:     t,
		continued: t.walk(prefix),
		unknown:   unknown,
		maxChars:  maxChars,
	}, nil
}

// piece returns the longest entry at word[from:] and where it ends. It returns
// noID when no entry fits there, which makes the whole word unknown. Callers
// must leave from < len(word).
func (m *wordPiece) piece(word []byte, from int) (id int32, to int) {
	rest := word[from:]
	if len(rest) <= maxShort {
		if id := m.short.find(shortKey(rest, len(rest), from > 0)); id != noID {
			return id, len(word)
		}
	}
	node := rootNode
	if from > 0 {
		node = m.continued
	}
	if node == noNode {
		return noID, from
	}
	id, length := m.vocab.longest(node, rest)
	return id, from + length
}
