package api_test

import (
	"math"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ragprune/ragprune/api/client"
)

// Every scorer keeps the answer at its own default preset, and puts the document
// that has it first.
func TestRealScorersKeepTheAnswer(t *testing.T) {
	c, _ := realService(t)
	for scorer, model := range map[client.PruneRequestScorer]string{
		client.Label: "ragprune-small@", client.Embed: "ragprune-embed@", client.Hybrid: "ragprune-embed@",
		client.Fused: "ragprune-small@", client.Bm25: "ragprune-small@",
	} {
		t.Run(string(scorer), func(t *testing.T) {
			answer := ask(t, c, client.PruneRequest{
				Query: phoneQuery, Scorer: &scorer,
				Documents: []client.DocumentInput{
					client.TextDocument("Rain is expected in the north tomorrow."), client.TextDocument(phoneText), client.HTMLDocument(phonePage),
				},
			})
			rain, text, page := answer.Results[0], answer.Results[1], answer.Results[2]
			for _, r := range answer.Results {
				if r.Degraded != nil || r.Score < 0 || r.Score > 1 {
					t.Errorf("%+v", r)
				}
			}
			if !strings.Contains(text.Text, "Alexander Graham Bell") || !strings.Contains(page.Text, "Alexander Graham Bell") {
				t.Errorf("kept %q and %q", text.Text, page.Text)
			}
			if strings.Contains(page.Text, "IGNORE") || rain.Score >= text.Score || rain.Score >= page.Score {
				t.Errorf("scores %v, %v, %v, page %q", rain.Score, text.Score, page.Score, page.Text)
			}
			if !strings.HasPrefix(answer.Model, model) {
				t.Errorf("model is %q, want %s", answer.Model, model)
			}
			if both := strings.Contains(answer.Model, "+ragprune-embed@"); both != (scorer == client.Fused) {
				t.Errorf("model is %q", answer.Model)
			}
		})
	}
}

// Another query on the same documents costs the embedder only the query.
func TestRealEmbeddingsAreKept(t *testing.T) {
	c, registry := realService(t)
	scorer := client.Embed
	request := client.PruneRequest{
		Query: phoneQuery, Scorer: &scorer,
		Documents: []client.DocumentInput{client.TextDocument(phoneText), client.HTMLDocument(phonePage)},
	}
	first := ask(t, c, request)
	texts, queries := embedded(t, registry, "text"), embedded(t, registry, "query")
	if texts < 6 || queries != 1 || first.Usage.ModelTokens == 0 {
		t.Fatalf("%v texts and %v queries were embedded, usage %+v", texts, queries, first.Usage)
	}
	request.Query = "What is the weather like in the north?"
	other := ask(t, c, request)
	if now := embedded(t, registry, "text"); now != texts || embedded(t, registry, "query") != 2 {
		t.Errorf("another query embedded %v texts more", now-texts)
	}
	if other.Usage.CacheHits != 2 || other.Usage.ModelTokens == 0 || other.Usage.ModelTokens > 30 {
		t.Errorf("usage %+v, want the tokens of the query", other.Usage)
	}
	again := ask(t, c, request)
	if again.Usage.ModelTokens != 0 || math.Abs(again.Results[0].Score-other.Results[0].Score) != 0 {
		t.Errorf("the same again: usage %+v", again.Usage)
	}
}

// embedded is how many texts of a kind the embedder has read.
func embedded(t *testing.T, registry *prometheus.Registry, kind string) float64 {
	t.Helper()
	families, err := registry.Gather()
	fatal(t, err)
	for _, f := range families {
		if f.GetName() != "ragprune_embedder_texts_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			if m.GetLabel()[0].GetValue() == kind {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}
