package faults

import (
	"fmt"
	"strings"

	"github.com/ragprune/ragprune/prune"
)

// paragraphs are what requests are made of, with the question that each
// answers.
var paragraphs = []struct{ question, text string }{
	{"When was the bridge opened?", "The river is wide and slow here. The bridge was opened in 1932 by the mayor. Fishing is allowed from both banks."},
	{"Who wrote the opera?", "The theatre seats nine hundred. Ana Marek wrote the opera in two winters. Tickets are sold at the door."},
	{"How high is the mountain?", "Sheep graze on the lower slopes. The mountain is 2,318 metres high. A hut near the top is open in summer."},
	{"What do owls eat?", "Owls sleep by day. They eat mice, beetles and small birds. Their feathers make no sound."},
	{"Why is the lake salty?", "No river leaves the lake. It is salty because water only leaves it as vapour. Boats need fresh paint every year."},
	{"Which metal melts first?", "The kiln was built of clay. Tin melts first, at 232 degrees. Iron needs a bellows and patience."},
	{"Where is the archive kept?", "The town hall burned twice. The archive is kept in the cellar of the school. Visitors ring the bell."},
	{"How long does the ferry take?", "Gulls follow the ferry. The crossing takes forty minutes in calm weather. Coffee is served on the upper deck."},
}

// namespaces of callers: what is in them must not matter.
var namespaces = []string{"", "a", "a:b", "żółw", "{x}", "line\nbreak", "nul\x00", "*", strings.Repeat("long", 100)}

// Requests returns n requests of two short documents each, all different, for
// the scorers in turn.
func Requests(n int, scorers []prune.Scorer) []prune.Request {
	out := make([]prune.Request, n)
	for i := range out {
		one, two := paragraphs[i%len(paragraphs)], paragraphs[(i+3)%len(paragraphs)]
		text := fmt.Sprintf("%s This is note %d.", one.text, i)
		page := fmt.Sprintf("<article><h1>Note %d</h1><p>%s</p></article>", i, two.text)
		out[i] = prune.Request{
			Query: one.question, Documents: []prune.Document{{Text: &text}, {HTML: &page}},
			Scorer: scorers[i%len(scorers)], Namespace: namespaces[i%len(namespaces)], Explain: true,
		}
	}
	return out
}
