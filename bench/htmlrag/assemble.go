package main

import (
	"fmt"
	"html"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/ragprune/ragprune/bench/eval/dataset"
	"github.com/ragprune/ragprune/bench/internal/webpage"
	"github.com/ragprune/ragprune/rerank"
)

// assembler makes pages of the passages of one set.
type assembler struct {
	rows   []dataset.Row
	count  func(string) int
	tokens int
	random *rand.Rand
}

// items makes n questions with a page each.
func (a *assembler) items(set string, n int) []item {
	var out []item
	for _, i := range a.random.Perm(len(a.rows)) {
		r := &a.rows[i]
		if !r.Positive || len(out) == n {
			continue
		}
		answers := answersOf(r)
		passages := a.around(r, answers)
		page := pageWriter{random: a.random}
		out = append(out, item{name: fmt.Sprintf("%s %s", set, r.ID), query: r.Query, html: page.page(set, passages), answers: answers})
	}
	return out
}

// answersOf are the strings that show that the answer was kept: those of the
// row, or else its relevant sentences.
func answersOf(r *dataset.Row) []string {
	if webpage.HoldsAnswer(r.Text, r.Answers) {
		return r.Answers
	}
	var out []string
	for _, i := range r.Relevant {
		out = append(out, strings.TrimSpace(r.Sentence(i)))
	}
	return out
}

// around is the row's passage at a random place among others, up to the size.
func (a *assembler) around(r *dataset.Row, answers []string) []*dataset.Row {
	out := []*dataset.Row{r}
	seen := map[string]bool{r.Text: true}
	size := a.count(r.Text)
	near, others := a.near(r.Query), a.random.Perm(len(a.rows))
	for k := 0; size < a.tokens && len(near)+len(others) > 0; k++ {
		from := &others
		if k%3 == 0 && len(near) > 0 || len(others) == 0 {
			from = &near
		}
		other := &a.rows[(*from)[0]]
		*from = (*from)[1:]
		if seen[other.Text] || other.Query == r.Query || webpage.HoldsAnswer(other.Title+"\n"+other.Text, answers) {
			continue
		}
		seen[other.Text] = true
		out = append(out, other)
		size += a.count(other.Text)
	}
	a.random.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// near are the rows whose passages share most words with the query.
func (a *assembler) near(query string) []int {
	texts := make([][]string, len(a.rows))
	for i := range a.rows {
		texts[i] = []string{a.rows[i].Text}
	}
	bm25 := rerank.NewBM25(query, texts)
	scores := make([]float64, len(texts))
	for i := range scores {
		_, scores[i] = bm25.Units(i)
	}
	return rerank.Order(scores)
}

// pageWriter writes passages as a page of today: scripts, styles, navigation,
// wrappers and attributes around the text.
type pageWriter struct {
	b      strings.Builder
	random *rand.Rand
}

func (w *pageWriter) page(name string, passages []*dataset.Row) string {
	fmt.Fprintf(&w.b, "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Notes on %s</title>", name)
	for i := range 12 {
		fmt.Fprintf(&w.b, "<style>.c%d > .w%d:hover { margin: 0 auto; padding: %dpx; }</style>", i, w.random.IntN(99), i)
		fmt.Fprintf(&w.b, "<script>window.dataLayer = window.dataLayer || []; dataLayer.push({id: %d, k: %q});</script>", w.random.Uint32(), strings.Repeat("x9Z", 40))
	}
	w.b.WriteString("</head><body class=\"layout layout--wide\">")
	w.list("nav", "Home,News,Topics,Archive,Shop,About us,Contact,Sign in,Subscribe")
	w.b.WriteString("<div class=\"wrap\"><main id=\"content\" role=\"main\">")
	for i, p := range passages {
		w.passage(i, p)
	}
	w.b.WriteString("</main></div>")
	w.list("footer", "Terms of use,Privacy,Cookies,Imprint,Careers,Press,Accessibility")
	w.b.WriteString("</body></html>")
	return w.b.String()
}

func (w *pageWriter) list(tag, entries string) {
	fmt.Fprintf(&w.b, "<%s><ul class=\"menu\">", tag)
	for e := range strings.SplitSeq(entries, ",") {
		fmt.Fprintf(&w.b, "<li class=\"menu__item\"><a href=\"/%d\" data-track=\"m%d\">%s</a></li>", w.random.IntN(1000), w.random.IntN(1000), e)
	}
	fmt.Fprintf(&w.b, "</ul></%s>", tag)
}

// passage writes sentences in paragraphs of one to four under the title.
func (w *pageWriter) passage(i int, p *dataset.Row) {
	fmt.Fprintf(&w.b, "<div class=\"block block--%d\" data-id=\"%08x\"><article><div class=\"inner\">", i%7, w.random.Uint32())
	if p.Title != "" {
		fmt.Fprintf(&w.b, "<h2 class=\"title\" id=\"t%d\">%s</h2>", i, html.EscapeString(p.Title))
	}
	ends := []int{len(p.Text)}
	for k := range slices.Backward(p.Sentences) {
		if k > 0 && w.random.IntN(3) == 0 {
			ends = append(ends, p.Sentences[k].Start)
		}
	}
	start := 0
	for _, end := range slices.Backward(ends) {
		if text := strings.TrimSpace(p.Text[start:end]); text != "" {
			fmt.Fprintf(&w.b, "<p class=\"text text--%d\"><span>%s</span></p>", w.random.IntN(5), html.EscapeString(text))
		}
		start = end
	}
	w.b.WriteString("</div></article></div>")
}
