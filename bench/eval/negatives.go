package eval

import (
	"strings"

	"github.com/ragprune/ragprune/bench/eval/dataset"
)

// shortestCopy is the length in bytes from which a relevant sentence that is
// in another passage, too, makes that passage an answer.
const shortestCopy = 20

// negatives finds hard negatives: of the other passages of a set those nearest
// to the query by BM25. A passage is none if it is paired with the same
// wording of the query in some row, if it holds an answer, or if it holds a
// sentence that is relevant in the row, for then it helps, too.
type negatives struct {
	rows  []dataset.Row
	count int
	index *index
	// paired are the texts that rows pair with a wording.
	paired map[string]map[string]bool
}

func newNegatives(rows []dataset.Row, count int) *negatives {
	n := &negatives{rows: rows, count: count, paired: map[string]map[string]bool{}}
	if count == 0 {
		return n
	}
	texts := make([]string, len(rows))
	for i, r := range rows {
		texts[i] = r.Title + "\n" + r.Text
		key := wording(r.Query)
		if n.paired[key] == nil {
			n.paired[key] = map[string]bool{}
		}
		n.paired[key][r.Text] = true
	}
	n.index = newIndex(texts)
	return n
}

// of returns at most count negatives of r, the nearest first, no text twice.
func (n *negatives) of(r *dataset.Row) []*dataset.Row {
	if n.count == 0 {
		return nil
	}
	seen := map[string]bool{}
	var out []*dataset.Row
	for _, i := range n.index.rank(r.Query) {
		other := &n.rows[i]
		if seen[other.Text] || n.helps(r, other) {
			continue
		}
		seen[other.Text] = true
		if out = append(out, other); len(out) == n.count {
			break
		}
	}
	return out
}

func (n *negatives) helps(r, other *dataset.Row) bool {
	if n.paired[wording(r.Query)][other.Text] || len(dataset.Find(other.Text, r.Answers)) > 0 {
		return true
	}
	for _, i := range r.Relevant {
		if s := r.Sentence(i); len(s) >= shortestCopy && strings.Contains(other.Text, s) {
			return true
		}
	}
	return false
}
