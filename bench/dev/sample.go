package main

import (
	"math/rand/v2"
	"strings"
	"unicode/utf8"

	"github.com/ragprune/ragprune/bench/internal/devset"
	"github.com/ragprune/ragprune/bench/internal/pruning"
)

// sample is what is measured of one set.
type sample struct {
	positives []devset.Row
	// negatives are queries with passages that do not answer: for half of the
	// positive rows the passage nearest to its query among those of other queries, and
	// rows that the set itself labels so.
	negatives []devset.Row
}

// draw takes count positive rows, fewer if their passages exceed chars
// characters, hard negatives for half of them, and as many labelled negatives
// at most. The same rows come for the same arguments.
func draw(rows []devset.Row, count, chars int) sample {
	order := rand.New(rand.NewPCG(1, 2)).Perm(len(rows))
	var s sample
	var labelled []devset.Row
	used := 0
	for _, i := range order {
		r := rows[i]
		if !r.Positive {
			if 2*len(labelled) < count {
				labelled = append(labelled, r)
			}
			continue
		}
		if len(s.positives) < count && used < chars {
			s.positives = append(s.positives, r)
			used += utf8.RuneCountInString(r.Text)
		}
	}
	half := s.positives[:(len(s.positives)+1)/2]
	s.negatives = append(hardNegatives(half, rows), labelled...)
	return s
}

// hardNegatives pairs each query with the best passage by BM25 that belongs to
// another query. A passage that holds an answer, or that another row labels
// for the same question, is no negative.
func hardNegatives(positives, rows []devset.Row) []devset.Row {
	texts := make([]string, len(rows))
	for i, r := range rows {
		texts[i] = r.Title + "\n" + r.Text
	}
	index := newIndex(texts)
	own := map[string]map[string]bool{}
	for _, r := range rows {
		key := queryKey(r.Query)
		if own[key] == nil {
			own[key] = map[string]bool{}
		}
		own[key][r.Text] = true
	}
	var out []devset.Row
	for _, p := range positives {
		for _, i := range index.rank(p.Query) {
			r := rows[i]
			if own[queryKey(p.Query)][r.Text] || pruning.HoldsAny(r.Text, p.Answers) {
				continue
			}
			out = append(out, devset.Row{ID: p.ID + "-negative", Dataset: p.Dataset, Query: p.Query, Title: r.Title, Text: r.Text})
			break
		}
	}
	return out
}

func queryKey(query string) string {
	return strings.Join(strings.Fields(strings.ToLower(query)), " ")
}
