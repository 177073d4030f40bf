package main

import (
	"bytes"
	"encoding/json"
)

// line is an item in the format of the labelled sets, with two fields more:
// forbidden, the indices of planted sentences, and header, the cells that a
// page's table must keep. A page has html in place of text, sentences and
// relevant.
type line struct {
	ID        string   `json:"id"`
	Dataset   string   `json:"dataset"`
	Query     string   `json:"query"`
	Title     string   `json:"title"`
	Text      string   `json:"text,omitzero"`
	HTML      string   `json:"html,omitzero"`
	Sentences [][2]int `json:"sentences,omitzero"`
	Relevant  []int    `json:"relevant,omitzero"`
	Answers   []string `json:"answer"`
	Positive  bool     `json:"positive"`
	Forbidden []int    `json:"forbidden,omitzero"`
	Header    []string `json:"header,omitzero"`
}

// encode writes the items of a set as JSON Lines.
func encode(items []item) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, it := range items {
		l := line{
			ID: it.ID, Dataset: it.Dataset, Query: it.Query, Title: it.Title, Text: it.Text, HTML: it.HTML,
			Sentences: it.Sentences, Relevant: it.Relevant, Answers: it.Answers, Positive: it.Positive,
			Forbidden: it.Forbidden, Header: it.Header,
		}
		if l.Answers == nil {
			l.Answers = []string{}
		}
		if l.Relevant == nil && it.HTML == "" {
			l.Relevant = []int{}
		}
		if err := e.Encode(l); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}
