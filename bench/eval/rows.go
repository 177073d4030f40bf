package eval

import (
	"slices"
	"unicode/utf8"

	"github.com/ragprune/ragprune/bench/eval/dataset"
)

// Counter counts the tokens of a text. It is safe for concurrent use.
type Counter interface{ Count(text string) int }

// labels is what the data says of a planned set; one entry for each query.
type labels struct {
	set  *PlannedSet
	rows []labelled
}

// labelled is what is known of a query and its passages without any score.
type labelled struct {
	// relevant says which sentences of the own passage help; nil if the
	// passage does not help.
	relevant []bool
	// answers are the places of the answer in the own passage: runs of
	// sentences [first, last) all of which must stay.
	answers [][2]int
	// characters and tokens of the sentences, by passage.
	characters, tokens [][]int
}

// positive says that the own passage helps.
func (l *labelled) positive() bool { return l.relevant != nil }

func newLabels(set *PlannedSet, counter Counter) *labels {
	l := &labels{set: set, rows: make([]labelled, len(set.Queries))}
	for i := range set.Queries {
		q, r := &set.Queries[i], &l.rows[i]
		for _, p := range q.Passages {
			r.characters = append(r.characters, sizes(p.Sentences, utf8.RuneCountInString))
			if counter != nil {
				r.tokens = append(r.tokens, sizes(p.Sentences, counter.Count))
			}
		}
		r.read(q.Row)
	}
	return l
}

// read takes over what the data says of the own passage.
func (l *labelled) read(row *dataset.Row) {
	if !row.Positive {
		return
	}
	l.relevant = make([]bool, len(row.Sentences))
	for _, s := range row.Relevant {
		l.relevant[s] = true
	}
	l.answers = answerPlaces(row)
}

// Level is the score that a threshold must stay below for the answer of a
// positive row to be kept. There is a score for each sentence.
func Level(row *dataset.Row, scores []float32) float32 {
	var l labelled
	l.read(row)
	return l.level(scores)
}

func sizes(sentences []string, size func(string) int) []int {
	out := make([]int, len(sentences))
	for i, s := range sentences {
		out[i] = size(s)
	}
	return out
}

// answerPlaces are the runs of sentences that hold an answer.
func answerPlaces(r *dataset.Row) [][2]int {
	var out [][2]int
	for _, found := range dataset.Find(r.Text, r.Answers) {
		first := slices.IndexFunc(r.Sentences, func(s dataset.Span) bool { return s.End > found.Start })
		last := first
		for last >= 0 && last < len(r.Sentences) && r.Sentences[last].Start < found.End {
			last++
		}
		if first >= 0 && last > first {
			out = append(out, [2]int{first, last})
		}
	}
	return out
}

// level is the score that a threshold must stay below for the answer to be
// kept: all sentences of one of its places, or, where the text does not hold
// it literally, one relevant sentence.
func (l *labelled) level(scores []float32) float32 {
	if len(l.answers) == 0 {
		return l.best(scores)
	}
	best := slices.Min(scores[l.answers[0][0]:l.answers[0][1]])
	for _, a := range l.answers[1:] {
		best = max(best, slices.Min(scores[a[0]:a[1]]))
	}
	return best
}

// best is the highest score of a relevant sentence.
func (l *labelled) best(scores []float32) float32 {
	first, best := true, float32(0)
	for i, r := range l.relevant {
		if r && (first || scores[i] > best) {
			first, best = false, scores[i]
		}
	}
	return best
}

// counts are sums over the passages of a query for one threshold.
type counts struct {
	rows, answers, gold, emptied float64
	characters, charactersKept   float64
	tokens, tokensKept           float64
	relevant, kept, relevantKept float64
	negative, negativeKept       float64 // characters of passages that do not help
}

// count applies a threshold to the scores of a query.
func (l *labelled) count(scores []Scores, threshold float64) counts {
	var c counts
	for p, s := range scores {
		own := p == 0 && l.positive()
		for i, score := range s.Sentences {
			keep := 0.0
			if float64(score) > threshold {
				keep = 1
			}
			size := float64(l.characters[p][i])
			if !own {
				c.negative += size
				c.negativeKept += keep * size
				continue
			}
			c.characters += size
			c.charactersKept += keep * size
			if l.tokens != nil {
				c.tokens += float64(l.tokens[p][i])
				c.tokensKept += keep * float64(l.tokens[p][i])
			}
			c.kept += keep
			if l.relevant[i] {
				c.relevant++
				c.relevantKept += keep
			}
		}
	}
	if l.positive() && len(scores[0].Sentences) > 0 {
		c.judge(l, scores[0].Sentences, threshold)
	}
	return c
}

// judge counts the row itself.
func (c *counts) judge(l *labelled, scores []float32, threshold float64) {
	c.rows = 1
	if float64(l.level(scores)) > threshold {
		c.answers = 1
	}
	if c.relevantKept > 0 {
		c.gold = 1
	}
	if c.kept == 0 {
		c.emptied = 1
	}
}

// add adds w times o.
func (c *counts) add(w float64, o *counts) {
	c.rows += w * o.rows
	c.answers += w * o.answers
	c.gold += w * o.gold
	c.emptied += w * o.emptied
	c.characters += w * o.characters
	c.charactersKept += w * o.charactersKept
	c.tokens += w * o.tokens
	c.tokensKept += w * o.tokensKept
	c.relevant += w * o.relevant
	c.kept += w * o.kept
	c.relevantKept += w * o.relevantKept
	c.negative += w * o.negative
	c.negativeKept += w * o.negativeKept
}
