package measure

import (
	"cmp"
	"math"
	"slices"
)

// Pruned is one passage as a threshold sees it.
type Pruned struct {
	// Scores and Sizes of its sentences. A sentence is kept if its score
	// exceeds the threshold.
	Scores []float32
	Sizes  []int
	// Level is the score that keeps the answer: the answer is kept if Level
	// exceeds the threshold.
	Level float32
}

// Curve gives the share of answers kept as a function of the share of text
// removed, when one threshold for all passages falls from above every score to
// below. Between two thresholds it is a straight line, as if equal scores were
// taken in random order.
type Curve struct {
	steps  []step
	levels int // distinct scores
}

// step is a sentence with its size, or with size 0 the answer of a passage.
type step struct {
	score float32
	unit  int32
	size  float32
}

// NewCurve reads the passages; the index of a passage is the unit of its
// weight. A passage without scores does not count.
func NewCurve(passages []Pruned) *Curve {
	c := &Curve{}
	for unit, p := range passages {
		if len(p.Scores) == 0 {
			continue
		}
		c.steps = append(c.steps, step{p.Level, int32(unit), 0})
		for i, s := range p.Scores {
			c.steps = append(c.steps, step{s, int32(unit), float32(p.Sizes[i])})
		}
	}
	slices.SortFunc(c.steps, func(a, b step) int { return cmp.Compare(b.score, a.score) })
	for i, s := range c.steps {
		if i == 0 || s.score != c.steps[i-1].score {
			c.levels++
		}
	}
	return c
}

// At returns the share of answers kept where each share in removed, ascending
// and 0 to 1, of the text is gone, and the area under the curve from 0 to 1:
// 1 is the best. All are NaN if every score is the same, for then no threshold
// tells anything from anything.
func (c *Curve) At(removed []float64, weights []float64) (kept []float64, area float64) {
	kept = make([]float64, len(removed))
	text, answers := c.totals(weights)
	if c.levels < 2 || text == 0 || answers == 0 {
		for i := range kept {
			kept[i] = math.NaN()
		}
		return kept, math.NaN()
	}
	next := len(removed) - 1 // the removal to fill in, from the highest down
	var size, hits float64
	for i := 0; i < len(c.steps); {
		fromSize, fromHits := size, hits
		for score := c.steps[i].score; i < len(c.steps) && c.steps[i].score == score; i++ {
			w := weight(weights, int(c.steps[i].unit))
			if s := c.steps[i].size; s > 0 {
				size += w * float64(s)
			} else {
				hits += w
			}
		}
		area += (size - fromSize) * (hits + fromHits) / 2
		for ; next >= 0 && (1-removed[next])*text <= size*(1+1e-12); next-- {
			at := hits
			if size > fromSize {
				at = fromHits + (hits-fromHits)*max((1-removed[next])*text-fromSize, 0)/(size-fromSize)
			}
			kept[next] = min(at, hits) / answers
		}
	}
	return kept, area / (text * answers)
}

func (c *Curve) totals(weights []float64) (text, answers float64) {
	for _, s := range c.steps {
		if w := weight(weights, int(s.unit)); s.size > 0 {
			text += w * float64(s.size)
		} else {
			answers += w
		}
	}
	return text, answers
}
