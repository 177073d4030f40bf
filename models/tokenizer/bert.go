package tokenizer

import "unicode/utf8"

// bert is the pipeline of BertNormalizer, BertPreTokenizer and WordPiece, done
// word by word in one pass over the text.
type bert struct {
	chars *charmap
	model *wordPiece
}

// Words up to usualMaxChars code points need no heap memory; it is the limit
// that every published WordPiece vocabulary uses.
const (
	usualMaxChars = 100
	usualBuffer   = usualMaxChars*utf8.UTFMax + wordPadding
)

func newBert(chars *charmap, model *wordPiece) *bert {
	return &bert{chars: chars, model: model}
}

func (b *bert) appendIDs(dst []int32, text string) []int32 {
	var stack [usualBuffer]byte
	w := words{text: text, chars: b.chars, buf: b.wordBuffer(stack[:]), maxChars: b.model.maxChars}
	for w.next() {
		dst = b.appendWord(dst, &w)
	}
	return dst
}

func (b *bert) appendWord(dst []int32, w *words) []int32 {
	first := len(dst)
	for from := 0; from < len(w.word); {
		id, to := b.model.piece(w.word, from)
		if id == noID {
			return append(dst[:first], b.model.unknown)
		}
		dst = append(dst, id)
		from = to
	}
	if len(w.word) == 0 { // too long
		dst = append(dst, b.model.unknown)
	}
	return dst
}

func (b *bert) count(text string) int {
	var stack [usualBuffer]byte
	w := words{text: text, chars: b.chars, buf: b.wordBuffer(stack[:]), maxChars: b.model.maxChars}
	n := 0
	for w.next() {
		n += b.countWord(&w)
	}
	return n
}

func (b *bert) countWord(w *words) int {
	n := 0
	for from := 0; from < len(w.word); n++ {
		id, to := b.model.piece(w.word, from)
		if id == noID {
			return 1
		}
		from = to
	}
	return max(n, 1)
}

func (b *bert) encode(text string) Encoding {
	var stack [usualBuffer]byte
	var spans [usualBuffer]Span
	w := words{text: text, chars: b.chars, buf: b.wordBuffer(stack[:]), maxChars: b.model.maxChars, at: spans[:]}
	if len(w.buf) > len(spans) {
		w.at = make([]Span, len(w.buf))
	}
	// English prose has one token per 4 to 5 bytes.
	size := len(text)/4 + 1
	e := Encoding{IDs: make([]int32, 0, size), Spans: make([]Span, 0, size)}
	for w.next() {
		b.encodeWord(&e, &w)
	}
	return e
}

func (b *bert) encodeWord(e *Encoding, w *words) {
	first := len(e.IDs)
	for from := 0; from < len(w.word); {
		id, to := b.model.piece(w.word, from)
		if id == noID {
			e.IDs, e.Spans = e.IDs[:first], e.Spans[:first]
			break
		}
		e.IDs = append(e.IDs, id)
		e.Spans = append(e.Spans, w.span(from, to))
		from = to
	}
	if len(e.IDs) == first { // too long or unknown
		e.IDs = append(e.IDs, b.model.unknown)
		e.Spans = append(e.Spans, w.whole())
	}
}

// wordBuffer returns stack when it holds the longest word, or else more.
func (b *bert) wordBuffer(stack []byte) []byte {
	if need := b.model.maxChars*utf8.UTFMax + wordPadding; need > len(stack) {
		return make([]byte, need)
	}
	return stack
}

// tokenize makes bert the model of a pipeline with added tokens. It does all
// the steps itself, so the word is the text between two of them.
func (b *bert) tokenize(w *work, word cut) {
	e := b.encode(w.text[word.from:word.to])
	for i, id := range e.IDs {
		w.out.token(id, &w.stretch, int(word.from)+e.Spans[i].Start, int(word.from)+e.Spans[i].End)
	}
}
