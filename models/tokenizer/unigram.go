package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// unigram takes the segmentation of a word with the best sum of scores (Kudo,
// arXiv 1804.10959), of equal ones the first found from the left.
type unigram struct {
	vocab    *trie
	scores   []float64
	unknown  int32
	penalty  float64 // score of an unknown character
	fallback bool    // unknown characters become bytes
	byteIDs  [256]int32
}

// unknownPenalty is what an unknown character costs beside the worst token
// (sentencepiece, kUnkPenalty).
const unknownPenalty = 10

// pathNode is the best way to a place in a word.
type pathNode struct {
	score float64
	id    int32
	from  int32 // where its last token begins, or -1
}

func parseUnigram(raw json.RawMessage) (model, map[string]int32, error) {
	var c struct {
		Type     string       `json:"type"`
		Unknown  *int         `json:"unk_id"`
		Fallback bool         `json:"byte_fallback"`
		Vocab    []vocabEntry `json:"vocab"`
	}
	if err := decodeStrict("model", raw, &c); err != nil {
		return nil, nil, err
	}
	switch {
	case len(c.Vocab) == 0:
		return nil, nil, errors.New("vocab is missing or empty")
	case c.Unknown == nil:
		return nil, nil, errors.New("unk_id is missing")
	case *c.Unknown < 0 || *c.Unknown >= len(c.Vocab):
		return nil, nil, fmt.Errorf("unk_id %d is not below the %d entries of vocab", *c.Unknown, len(c.Vocab))
	}
	u := &unigram{unknown: int32(*c.Unknown), fallback: c.Fallback, penalty: math.Inf(1)}
	vocab := make(map[string]int32, len(c.Vocab))
	for id, e := range c.Vocab {
		vocab[e.token] = int32(id)
		u.scores = append(u.scores, e.score)
		u.penalty = min(u.penalty, e.score)
	}
	u.penalty -= unknownPenalty
	for b := range u.byteIDs {
		id, ok := vocab[fmt.Sprintf("<0x%02X>", b)]
		if !ok {
			id = noID
		}
		u.byteIDs[b] = id
	}
	var err error
	u.vocab, err = newTrie(vocab)
	return u, vocab, err
}

// vocabEntry is ["token", score].
type vocabEntry struct {
	token string
	score float64
}

func (e *vocabEntry) UnmarshalJSON(data []byte) error {
	var number json.Number
	pair := []any{&e.token, &number}
	if err := json.Unmarshal(data, &pair); err != nil || len(pair) != 2 || number == "" {
		return fmt.Errorf("vocab: entry %s, want a token and its score", data)
	}
	e.score = score(number.String())
	return nil
}

func (u *unigram) tokenize(w *work, word cut) {
	text := w.text[word.from:word.to]
	nodes := u.search(w, text)
	// Turn the chain of best nodes round: from now on, from is where the token
	// that begins here ends.
	next := int32(-1)
	for at := int32(len(text)); at > 0; {
		n := nodes[at]
		nodes[at].from = next
		next, at = at, n.from
	}
	for at, end := int32(0), next; end >= 0; {
		n := nodes[end]
		if n.id != u.unknown {
			w.out.token(n.id, &w.stretch, int(word.from+at), int(word.from+end))
			at, end = end, n.from
			continue
		}
		last := end
		for n.from >= 0 && nodes[n.from].id == u.unknown {
			last = n.from
			n = nodes[last]
		}
		u.unknownPart(w, int(word.from+at), int(word.from+last))
		at, end = last, n.from
	}
}

// search finds the best way to every place in text.
func (u *unigram) search(w *work, text string) []pathNode {
	nodes := w.unigram[:0]
	for range len(text) + 1 {
		nodes = append(nodes, pathNode{from: -1})
	}
	w.unigram = nodes
	for at := 0; at < len(text); {
		size := 1
		if text[at] >= utf8.RuneSelf {
			_, size = utf8.DecodeRuneInString(text[at:])
		}
		score, single := nodes[at].score, false
		node := rootNode
		for i := at; i < len(text); i++ {
			w.steps++
			if node = u.vocab.step(node, text[i]); node == noNode {
				break
			}
			id := u.vocab.ids[node]
			if id == noID {
				continue
			}
			single = single || i+1-at == size
			nodes[i+1].offer(score+u.scores[id], id, at)
		}
		if !single {
			nodes[at+size].offer(score+u.penalty, u.unknown, at)
		}
		at += size
	}
	return nodes
}

func (n *pathNode) offer(score float64, id int32, from int) {
	if n.from < 0 || score > n.score {
		*n = pathNode{score, id, int32(from)}
	}
}

// unknownPart gives out neighbouring unknown characters: as bytes, or as one
// unknown token.
func (u *unigram) unknownPart(w *work, from, to int) {
	part := w.text[from:to]
	if node := u.vocab.walk(part); node != noNode && u.vocab.ids[node] != noID {
		w.out.token(u.vocab.ids[node], &w.stretch, from, to)
		return
	}
	known := u.fallback
	for i := 0; known && i < len(part); i++ {
		known = u.byteIDs[part[i]] != noID
	}
	if !known {
		w.out.token(u.unknown, &w.stretch, from, to)
		return
	}
	for i := range len(part) {
		w.out.token(u.byteIDs[part[i]], &w.stretch, from, to)
	}
}
