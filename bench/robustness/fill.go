package main

import (
	"cmp"
	"hash/fnv"
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
// many passages follow each. Passages that hold an answer are left out. The
// choice is by hash, so that one new passage of filler changes little.
func (p *piece) filled(filler []paragraph) []paragraph {
	order := slices.Clone(filler)
	slices.SortFunc(order, func(a, b paragraph) int { return cmp.Compare(p.lot(a), p.lot(b)) })
	count := len(slices.Concat(p.paragraphs...))
	var drawn []paragraph
	for _, passage := range order {
		if count >= p.fill {
			break
		}
		if !p.answeredBy(passage) {
			drawn = append(drawn, passage)
			count += len(passage)
		}
	}
	var out []paragraph
	for i, own := range p.paragraphs {
		from, to := i*len(drawn)/len(p.paragraphs), (i+1)*len(drawn)/len(p.paragraphs)
		out = append(append(out, own), drawn[from:to]...)
	}
	return out
}

// lot is the place of a passage in the order for p.
func (p *piece) lot(passage paragraph) uint64 {
	h := fnv.New64a()
	for _, s := range passage {
		_, _ = h.Write([]byte(s.text)) // a hash never fails
	}
	_, _ = h.Write([]byte(p.id))
	return h.Sum64()
}

// answeredBy reports whether a sentence of passage holds an answer.
func (p *piece) answeredBy(passage paragraph) bool {
	return slices.ContainsFunc(passage, func(s sentence) bool {
		return slices.ContainsFunc(p.answers, func(a string) bool { return strings.Contains(s.text, a) })
	})
}
