package main

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
)

// fillers are the sets whose documents surround the paragraphs of a long one:
// plain English prose.
var fillers = []string{
	"contradictory", "coreference", "far-apart", "first-sentence", "keyword-queries", "last-sentence",
	"negation", "typos", "unanswerable",
}

// passages are the documents of the fillers, without marks: there nothing is
// relevant to the query of another item.
func passages(drafts []draft) []paragraph {
	var out []paragraph
	for _, d := range drafts {
		if !slices.Contains(fillers, d.name) {
			continue
		}
		for _, p := range d.pieces {
			var plain paragraph
			for _, s := range slices.Concat(p.paragraphs...) {
				plain = append(plain, sentence{' ', s.text})
			}
			out = append(out, plain)
		}
	}
	return out
}

// filled returns the paragraphs of p among passages of filler, with fill
// sentences or a few more. The first paragraph stays at the start, and equally
// many passages follow each. The choice depends on the name alone; passages
// that hold an answer are left out.
func (p *piece) filled(filler []paragraph) []paragraph {
	seed := fnv.New64a()
	_, _ = seed.Write([]byte(p.id)) // a hash never fails
	order := rand.New(rand.NewPCG(seed.Sum64(), 1)).Perm(len(filler))
	count := len(slices.Concat(p.paragraphs...))
	var drawn []paragraph
	for _, i := range order {
		if count >= p.fill {
			break
		}
		if !p.answeredBy(filler[i]) {
			drawn = append(drawn, filler[i])
			count += len(filler[i])
		}
	}
	var out []paragraph
	for i, own := range p.paragraphs {
		from, to := i*len(drawn)/len(p.paragraphs), (i+1)*len(drawn)/len(p.paragraphs)
		out = append(append(out, own), drawn[from:to]...)
	}
	return out
}

// answeredBy reports whether a sentence of passage holds an answer.
func (p *piece) answeredBy(passage paragraph) bool {
	return slices.ContainsFunc(passage, func(s sentence) bool {
		return slices.ContainsFunc(p.answers, func(a string) bool { return strings.Contains(s.text, a) })
	})
}
