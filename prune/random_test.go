package prune_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/ragprune/ragprune/prune"
)

// vocabulary is small, so that queries match.
var vocabulary = strings.Fields("paris france capital museum river train banana yellow apple red city size 3.5 München 東京 naïve Zürich e.g. don't O'Neil x² 42")

func phrase(r *rand.Rand, n int) string {
	words := make([]string, 1+r.IntN(n))
	for i := range words {
		words[i] = vocabulary[r.IntN(len(vocabulary))]
	}
	return strings.Join(words, " ")
}

func paragraph(r *rand.Rand) string {
	sentences := make([]string, 1+r.IntN(6))
	for i := range sentences {
		s := phrase(r, 10)
		sentences[i] = strings.ToUpper(s[:1]) + s[1:] + []string{".", "!", "?", " 🎉."}[r.IntN(4)]
	}
	return strings.Join(sentences, " ")
}

// randomText writes something like Markdown.
func randomText(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(6) {
		switch r.IntN(7) {
		case 0:
			fmt.Fprintf(&b, "%s %s\n\n", strings.Repeat("#", 1+r.IntN(3)), phrase(r, 4))
		case 1:
			for range 1 + r.IntN(4) {
				fmt.Fprintf(&b, "- %s\n", phrase(r, 6))
			}
			b.WriteString("\n")
		case 2:
			b.WriteString("| city | size |\n|---|---|\n")
			for range 1 + r.IntN(4) {
				fmt.Fprintf(&b, "| %s | %s |\n", phrase(r, 2), phrase(r, 2))
			}
			b.WriteString("\n")
		case 3:
			fmt.Fprintf(&b, "```\n%s\n  %s\n```\n\n", phrase(r, 5), phrase(r, 5))
		default:
			b.WriteString(paragraph(r) + "\n\n")
		}
	}
	return b.String()
}

// randomPage writes HTML.
func randomPage(r *rand.Rand) string {
	var b strings.Builder
	if r.IntN(2) == 0 {
		fmt.Fprintf(&b, "<html><head><title>%s</title></head><body class='x'>", phrase(r, 5))
	}
	for range r.IntN(6) {
		switch r.IntN(8) {
		case 7:
			fmt.Fprintf(&b, "<nav><a href=a>%s</a></nav><div class=related><a href=b>%s</a></div>", phrase(r, 3), phrase(r, 6))
		case 0:
			fmt.Fprintf(&b, "<h%[1]d>%s</h%[1]d>", 1+r.IntN(3), phrase(r, 4))
		case 1:
			b.WriteString("<ul>")
			for range 1 + r.IntN(4) {
				fmt.Fprintf(&b, "<li>%s", phrase(r, 6))
			}
			b.WriteString("</ul>")
		case 2:
			b.WriteString("<table><tr><th>city<th>size</tr>")
			for range 1 + r.IntN(4) {
				fmt.Fprintf(&b, "<tr><td>%s<td>%s</tr>", phrase(r, 2), phrase(r, 2))
			}
			b.WriteString("</table>")
		case 3:
			fmt.Fprintf(&b, "<pre>%s\n  %s</pre>", phrase(r, 5), phrase(r, 5))
		case 4:
			fmt.Fprintf(&b, "<div><div><blockquote>%s</blockquote></div><p>%s<br>%s</div>", paragraph(r), paragraph(r), phrase(r, 3))
		default:
			fmt.Fprintf(&b, "<p id='%d'>%s <b>%s</b>", r.IntN(9), paragraph(r), phrase(r, 3))
		}
	}
	return b.String()
}

// randomRequest asks for anything that the rules allow.
func randomRequest(r *rand.Rand) prune.Request {
	req := prune.Request{
		Query: phrase(r, 5), Granularity: prune.Granularity(r.IntN(2) * r.IntN(60)),
		OnEmpty:     []prune.OnEmpty{"", prune.OnEmptyBest, prune.OnEmptyOriginal}[r.IntN(3)],
		Scorer:      []prune.Scorer{"", prune.ScorerBM25}[r.IntN(2)],
		Boilerplate: []prune.Boilerplate{"", prune.BoilerplateKeep, prune.BoilerplateDrop}[r.IntN(3)],
		Explain:     true,
	}
	if r.IntN(4) == 0 {
		req.Attributes = []prune.Attribute{prune.AttrHref}
	}
	if r.IntN(4) == 0 {
		req.Granularity = prune.GranularityAuto
	}
	req.Fill = []prune.Fill{"", prune.FillKnapsack}[r.IntN(2)]
	if r.IntN(3) == 0 {
		req.Coarse.Tokens = 1 + r.IntN(100)
	}
	if r.IntN(2) == 0 {
		req.Threshold = new(r.Float64())
	}
	req.Keep.Around = r.IntN(3)
	req.Keep.Title, req.Keep.Headings = new(r.IntN(2) == 0), new(r.IntN(2) == 0)
	if r.IntN(3) == 0 {
		req.Keep.Patterns = []string{"banana|42"}
	}
	if r.IntN(3) == 0 {
		req.Keep.Selectors = []string{"li:first-child, blockquote"}
	}
	for range 1 + r.IntN(5) {
		if r.IntN(2) == 0 {
			req.Documents = append(req.Documents, text(randomText(r)))
		} else {
			req.Documents = append(req.Documents, page(randomPage(r)))
		}
	}
	return req
}
