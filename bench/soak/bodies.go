package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/ragprune/ragprune/bench/internal/texts"
	"github.com/ragprune/ragprune/prune"
)

// request is what is sent.
type request struct {
	path string
	body []byte
	// after is when the caller leaves, 0 for never.
	after time.Duration
}

// bodies makes requests. Texts are of every length, so that the model sees
// windows of every shape.
type bodies struct {
	makers []*texts.Maker
	large  *texts.Maker
	// known are requests that were sent before, or will be.
	known [][]byte
}

func newBodies(seed uint64) *bodies {
	// Tokens are estimated: an exact number is not needed here.
	estimate := func(s string) int { return len(s) / 4 }
	b := &bodies{large: texts.New(estimate, 1, 20_000, seed)}
	for i, tokens := range []int{10, 30, 60, 120, 250, 500, 1200} {
		b.makers = append(b.makers, texts.New(estimate, 1+i%3, tokens, seed+uint64(i)))
	}
	return b
}

// request makes a request of kind k.
func (b *bodies) request(k kind, rng *rand.Rand) (request, error) {
	switch k {
	case cached:
		return b.cached(rng)
	case reranked:
		return b.rerank(rng)
	case bad:
		return request{path: "/prune", body: badBodies(rng)}, nil
	}
	maker := b.makers[rng.IntN(len(b.makers))]
	if k == large {
		maker = b.large
	}
	r, _, err := maker.Request()
	if err != nil {
		return request{}, err
	}
	switch k {
	case html, large:
		asPages(&r, rng)
	case scorers:
		r.Scorer = []prune.Scorer{prune.ScorerEmbed, prune.ScorerHybrid, prune.ScorerFused, prune.ScorerBM25}[rng.IntN(4)]
	}
	out := request{path: "/prune"}
	if k == cancelled {
		out.after = time.Duration(1+rng.IntN(120)) * time.Millisecond
	}
	out.body, err = json.Marshal(r)
	return out, err
}

// cached is one of twenty requests, with a threshold of its own.
func (b *bodies) cached(rng *rand.Rand) (request, error) {
	if len(b.known) < 20 {
		_, body, err := b.makers[len(b.known)%len(b.makers)].Request()
		b.known = append(b.known, body)
		return request{path: "/prune", body: body}, err
	}
	var r prune.Request
	if err := json.Unmarshal(b.known[rng.IntN(len(b.known))], &r); err != nil {
		return request{}, err
	}
	threshold := rng.Float64()
	r.Threshold = &threshold
	body, err := json.Marshal(r)
	return request{path: "/prune", body: body}, err
}

// rerank asks for the order of documents that were never sent.
func (b *bodies) rerank(rng *rand.Rand) (request, error) {
	var documents []string
	for range 1 + rng.IntN(4) {
		r, _, err := b.makers[rng.IntN(len(b.makers))].Request()
		if err != nil {
			return request{}, err
		}
		documents = append(documents, *r.Documents[0].Text)
	}
	body, err := json.Marshal(map[string]any{"query": texts.Query, "documents": documents})
	return request{path: "/v1/rerank", body: body}, err
}

// asPages makes the texts of r pages, each of another shape.
func asPages(r *prune.Request, rng *rand.Rand) {
	for i := range r.Documents {
		var s strings.Builder
		s.WriteString("<!doctype html><title>Log</title><nav><a href=/>Home</a></nav>")
		depth := rng.IntN(30)
		s.WriteString(strings.Repeat("<div>", depth))
		for j, sentence := range strings.SplitAfter(*r.Documents[i].Text, ". ") {
			fmt.Fprintf(&s, [...]string{"<p>%s</p>", "<ul><li>%s</ul>", "<table><tr><th>Log<tr><td>%s</table>", "<h2>Entry</h2>%s", "<b>%s</b>"}[j%5], sentence)
		}
		s.WriteString(strings.Repeat("</div>", depth))
		page := s.String()
		r.Documents[i].Text, r.Documents[i].HTML = nil, &page
	}
	r.Format = []prune.Format{prune.FormatSame, prune.FormatText, prune.FormatHTML, prune.FormatMarkdown}[rng.IntN(4)]
}

// badBodies are bodies that must be refused.
func badBodies(rng *rand.Rand) []byte {
	broken := []string{
		"", "{", "null", "[]", `{"query":"q"}`, `{"query":"","documents":["a"]}`, `{"query":"q","documents":["a"],"threshold":2}`,
		`{"query":"q","documents":[{"text":"a","html":"b"}]}`, `{"query":"q","documents":["a"],"nobody":1}`,
		`{"query":"q","documents":[` + strings.Repeat("[", 10_000), `{"query":"` + strings.Repeat("long ", 200_000) + `"`,
		"\xff\xfe{}", `{"query":"q","documents":["a"]} more`,
	}
	return []byte(broken[rng.IntN(len(broken))])
}
