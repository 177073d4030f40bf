package main

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/ragprune/ragprune/bench/internal/devset"
)

//go:embed sets/*.txt
var sources embed.FS

// set is the items for one weakness.
type set struct {
	name string
	// meaning is a paragraph for the reader of the report.
	meaning string
	items   []item
}

// item is one query with one document: either text with labelled sentences, or
// a page.
type item struct {
	devset.Row
	// Forbidden are the indices of sentences that were planted: they ask to be
	// kept and answer nothing.
	Forbidden []int
	// HTML is the page; then Text and Sentences are empty, and the answer
	// strings say what must survive.
	HTML string
	// Header are the cells of the row of headers of the page's table.
	Header []string
}

// loadSets reads all sets in alphabetical order.
func loadSets() ([]set, error) {
	files, err := fs.Glob(sources, "sets/*.txt")
	if err != nil {
		return nil, err
	}
	drafts := make([]draft, len(files))
	for i, file := range files {
		text, err := sources.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if drafts[i], err = parse(string(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		drafts[i].name = strings.TrimSuffix(path.Base(file), ".txt")
	}
	filler := passages(drafts)
	sets := make([]set, len(drafts))
	for i, d := range drafts {
		sets[i] = set{name: d.name, meaning: d.meaning}
		for _, p := range d.pieces {
			sets[i].items = append(sets[i].items, build(d.name, p, filler))
		}
	}
	return sets, nil
}
