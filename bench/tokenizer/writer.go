package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

const (
	totalBytes = 1_400_000
	pieceBytes = 1_200
)

// writer makes text that is meaningless but looks, to a tokenizer, like prose:
// Zipfian words, inflected and compound ones that need several tokens, names,
// numbers, punctuation, and a share of words in other scripts.
type writer struct {
	random  *rand.Rand
	zipf    *rand.Zipf
	words   []string
	foreign float64
}

func newWriter(words []string, foreign float64) *writer {
	random := rand.New(rand.NewPCG(3, 5))
	zipf := rand.NewZipf(random, 1.1, 2.7, uint64(len(words)-1))
	return &writer{random: random, zipf: zipf, words: words, foreign: foreign}
}

func (w *writer) pieces() []string {
	var pieces []string
	for total := 0; total < totalBytes; total += pieceBytes {
		var b strings.Builder
		for b.Len() < pieceBytes {
			b.WriteString(w.sentence())
		}
		pieces = append(pieces, b.String())
	}
	return pieces
}

func (w *writer) sentence() string {
	var b strings.Builder
	for n := range 6 + w.random.IntN(20) {
		word := w.word()
		if n == 0 {
			word = capital(word)
		} else {
			b.WriteByte(' ')
		}
		b.WriteString(word)
		if w.random.IntN(12) == 0 {
			b.WriteByte(',')
		}
	}
	return b.String() + [...]string{". ", ". ", ". ", "? ", "; "}[w.random.IntN(5)]
}

func (w *writer) word() string {
	word := w.words[w.zipf.Uint64()]
	if w.random.Float64() < w.foreign {
		return w.other()
	}
	switch w.random.IntN(40) {
	case 0:
		return word + w.words[w.zipf.Uint64()]
	case 1:
		return word + [...]string{"ish", "ization", "'s", "-based", "less"}[w.random.IntN(5)]
	case 2:
		return fmt.Sprint(w.random.IntN(3000))
	case 3:
		return capital(word)
	}
	return word
}

// capital makes the first letter of a plain Latin word upper case.
func capital(word string) string {
	if word[0] >= 'a' && word[0] <= 'z' {
		return string(word[0]-'a'+'A') + word[1:]
	}
	return word
}

// other invents a word in a script other than plain Latin.
func (w *writer) other() string {
	alphabets := [...]string{
		"aeiouéèüößçñlmnrst", "абвгдеёжзийклмнопрсту", "αβγδεζηθικλμνοπρστυάέί",
		"的一是不了人我在有他这中大来上国", "かきくがぎのはをにアイウガ", "가나다라마바사한국어서울",
		"ابتثجحخدذرزسشصضطظعغفقكلمن", "कखगघचछजझटठडढतथदधनपिीाे", "กขคงจชซญดตถทนบปผพฟมยรลวสหอาิี",
	}
	letters := []rune(alphabets[w.random.IntN(len(alphabets))])
	word := make([]rune, 2+w.random.IntN(8))
	for i := range word {
		word[i] = letters[w.random.IntN(len(letters))]
	}
	return "x"[:w.random.IntN(2)] + string(word)
}
