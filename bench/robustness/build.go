package main

import (
	"strings"
	"unicode/utf8"

	"github.com/ragprune/ragprune/bench/internal/devset"
)

// build makes an item of the set name. Sentences are joined as the piece says,
// paragraphs by an empty line.
func build(name string, p piece, filler []paragraph) item {
	it := item{
		Row: devset.Row{
			ID: name + "/" + p.id, Dataset: name, Query: p.query, Title: p.title, Answers: p.answers, Positive: p.page != "",
		},
		HTML: p.page, Header: p.header,
	}
	if p.page != "" {
		return it
	}
	if p.fill > 0 {
		p.paragraphs = p.filled(filler)
	}
	w := writer{item: &it}
	for _, sentences := range p.paragraphs {
		for i, s := range sentences {
			switch {
			case i > 0:
				w.between(p.between)
			case w.at > 0:
				w.between("\n\n")
			}
			w.sentence(s)
		}
	}
	it.Text, it.Positive = w.text.String(), len(it.Relevant) > 0
	return it
}

// writer writes the text of an item and notes where its sentences are.
type writer struct {
	item *item
	text strings.Builder
	at   int // code points so far
}

func (w *writer) between(s string) {
	w.text.WriteString(s)
	w.at += utf8.RuneCountInString(s)
}

func (w *writer) sentence(s sentence) {
	start, index := w.at, len(w.item.Sentences)
	w.between(s.text)
	w.item.Sentences = append(w.item.Sentences, [2]int{start, w.at})
	switch s.mark {
	case '+':
		w.item.Relevant = append(w.item.Relevant, index)
	case '!':
		w.item.Forbidden = append(w.item.Forbidden, index)
	}
}
