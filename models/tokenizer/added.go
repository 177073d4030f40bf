package tokenizer

import (
	"unicode/utf8"
)

// addedToken is an entry of added_tokens.
type addedToken struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"` // only between characters that are not of words
	LStrip     bool   `json:"lstrip"`      // takes the white space before it
	RStrip     bool   `json:"rstrip"`      // takes the white space after it
	Normalized bool   `json:"normalized"`  // matches normalised text
	Special    bool   `json:"special"`     // never matches: text of users is not trusted
}

// addedTokens cuts added tokens out of a text: from the left, the longest
// first. Special tokens are text, but while one passes, no token inside it
// matches.
type addedTokens struct {
	vocab   *trie
	starts  [256]bool
	tokens  []addedToken // an id of vocab is an index in tokens
	classes *classes
}

// newAddedTokens returns nil when no token can match.
func newAddedTokens(tokens []addedToken, contents []string, c func() *classes) (*addedTokens, error) {
	a := &addedTokens{tokens: tokens}
	vocab, some := map[string]int32{}, false
	for i, content := range contents {
		if content == "" {
			continue
		}
		vocab[content] = int32(i)
		a.starts[content[0]] = true
		some = some || !tokens[i].Special
	}
	if !some {
		return nil, nil
	}
	a.classes = c()
	var err error
	a.vocab, err = newTrie(vocab)
	return a, err
}

// each gives the added tokens in s to the output, and the parts between them
// to rest.
func (a *addedTokens) each(s stretch, w *work, rest func(stretch, *work)) {
	// To the left nothing before done matters; to the right it is known that
	// there is white space up to blank.
	done, blank := 0, 0
	for at := 0; a != nil && at < len(s.text); {
		if !a.starts[s.text[at]] {
			at++
			continue
		}
		index, length := a.longest(s.text[at:])
		if length == 0 {
			at++
			continue
		}
		start, end := at, at+length
		at = end
		t := &a.tokens[index]
		if t.Special || t.SingleWord && !a.alone(s.text, start, end) {
			continue
		}
		if t.LStrip {
			start = done + a.classes.runBack(s.text[done:], max(start-done, 0), white)
		}
		if t.RStrip {
			if end > blank {
				blank = a.classes.run(s.text, end, white)
			}
			end = max(end, blank)
		}
		if done < start {
			rest(s.part(done, start), w)
		}
		w.out.added(t.ID, &s, start, end)
		done = end
	}
	if done < len(s.text) {
		rest(s.part(done, len(s.text)), w)
	}
}

func (a *addedTokens) longest(text string) (index int32, length int) {
	node := rootNode
	for i := range len(text) {
		if node = a.vocab.step(node, text[i]); node == noNode {
			break
		}
		if id := a.vocab.ids[node]; id != noID {
			index, length = id, i+1
		}
	}
	return index, length
}

// alone reports whether no word character touches text[start:end].
func (a *addedTokens) alone(text string, start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:start])
	after, _ := utf8.DecodeRuneInString(text[end:])
	return (start == 0 || a.classes.of(before)&wordchar == 0) && (end == len(text) || a.classes.of(after)&wordchar == 0)
}
