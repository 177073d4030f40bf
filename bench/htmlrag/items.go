package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/ragprune/ragprune/bench/eval/dataset"
	"github.com/ragprune/ragprune/bench/internal/shared"
	"github.com/ragprune/ragprune/bench/internal/webpage"
)

// item is a question with a page that answers it.
type item struct {
	name    string
	query   string
	html    string
	answers []string // one is enough
}

// group is items that are summed up together.
type group struct {
	name, about string
	items       []item
	// Set by the asker.
	sizes    []sizes
	outcomes []outcome
	failures map[string]int // of htmlrag
}

// loadGroups reads the questions about real pages and assembles pages.
func loadGroups(o options, count func(string) int) ([]*group, error) {
	var groups []*group
	if o.pages != "none" {
		pages, err := realPages(o.pages, o.perPage)
		if err != nil {
			return nil, err
		}
		groups = append(groups, pages)
	}
	if o.perSet > 0 {
		made, err := assembledPages(o, count)
		if err != nil {
			return nil, err
		}
		groups = append(groups, made)
	}
	return groups, nil
}

func realPages(names string, each int) (*group, error) {
	dir, err := shared.Dir("data", "pages")
	if err != nil {
		return nil, err
	}
	pages, err := webpage.Load(names)
	if err != nil {
		return nil, err
	}
	g := &group{name: "Real pages", failures: map[string]int{}}
	for _, p := range pages {
		source, err := os.ReadFile(filepath.Join(dir, p.Name+".html"))
		if err != nil {
			return nil, err
		}
		asked := 0
		for _, q := range p.Questions {
			if q.Answerable && asked < each {
				asked++
				g.items = append(g.items, item{p.Name, q.Query, string(source), q.Answers})
			}
		}
	}
	g.about = fmt.Sprintf("%d questions about %d pages that their text answers (`bench/internal/webpage/questions.jsonl`).", len(g.items), len(pages))
	return g, nil
}

// longSet has passages that are longer than a page is to be.
const longSet = "qmsum_long"

func assembledPages(o options, count func(string) int) (*group, error) {
	dir, err := shared.Dir("data", "dev")
	if err != nil {
		return nil, err
	}
	data, err := dataset.Read(dir)
	if err != nil {
		return nil, err
	}
	g := &group{name: "Assembled pages", failures: map[string]int{}}
	for _, set := range data.Sets {
		if set.Name == longSet {
			continue
		}
		a := assembler{rows: set.Rows, count: count, tokens: o.tokens, random: rand.New(rand.NewPCG(o.seed, uint64(len(set.Rows))))}
		g.items = append(g.items, a.items(set.Name, o.perSet)...)
	}
	g.about = fmt.Sprintf("%d questions, %d of each development set but %s: the passage that answers stands among others of its set, "+
		"a third of them those that share most words with the question, in a page of about %d tokens of text (seed %d). "+
		"No other passage holds the answer.", len(g.items), o.perSet, longSet, o.tokens, o.seed)
	return g, nil
}
