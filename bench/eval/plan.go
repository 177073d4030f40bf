package eval

import (
	"errors"
	"math/rand/v2"
	"strings"
	"unicode/utf8"

	"github.com/ragprune/ragprune/bench/eval/dataset"
)

// PlanOptions say what of the data is measured.
type PlanOptions struct {
	// Limit is the number of positive rows of each set at most, and of half as
	// many labelled negatives, drawn at random. 0 means all.
	Limit int
	// Characters stops the drawing of positive rows of a set once their
	// passages have so many code points together, so that sets of long
	// passages do not take all the time. 0 means no bound.
	Characters int
	// Negatives is the number of hard negatives for each query. 0 means none:
	// then documents are ranked only where the data labels negatives.
	Negatives int
	// Ranked bounds the number of queries of each set that get hard negatives,
	// which are most of what is to be scored. 0 means all.
	Ranked int
	// Seed of the drawing.
	Seed uint64
}

// Validate reports what is out of range.
func (o PlanOptions) Validate() error {
	if min(o.Limit, o.Characters, o.Negatives, o.Ranked) < 0 {
		return errors.New("eval: Limit, Characters, Negatives and Ranked must be 0 or more")
	}
	return nil
}

// Plan is what a run scores.
type Plan struct {
	Options PlanOptions
	Sets    []PlannedSet
	// Skipped are the names of sets without a positive row.
	Skipped []string
}

// PlannedSet is the part of a set that is scored.
type PlannedSet struct {
	Name    string
	Queries []PlannedQuery
}

// PlannedQuery is a request with the row that its first passage is of.
type PlannedQuery struct {
	Request
	// Row is positive, or a labelled negative whose query has no positive row.
	Row *dataset.Row
}

// NewPlan draws rows and finds their negatives. The same data and options give
// the same plan. It is an error if no set has a positive row.
func NewPlan(data *dataset.Data, o PlanOptions) (*Plan, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	p := &Plan{Options: o}
	for i := range data.Sets {
		if set := planSet(&data.Sets[i], o); len(set.Queries) > 0 {
			p.Sets = append(p.Sets, set)
		} else {
			p.Skipped = append(p.Skipped, set.Name)
		}
	}
	if len(p.Sets) == 0 {
		return nil, errors.New("eval: there is nothing to measure: no row is positive")
	}
	return p, nil
}

// Passages is the number of passages to score.
func (p *Plan) Passages() int {
	n := 0
	for _, s := range p.Sets {
		n += s.passages()
	}
	return n
}

func (s *PlannedSet) passages() int {
	n := 0
	for _, q := range s.Queries {
		n += len(q.Passages)
	}
	return n
}

// planSet returns a set without queries if no row is positive.
func planSet(set *dataset.Set, o PlanOptions) PlannedSet {
	out := PlannedSet{Name: set.Name}
	positives, labelled := draw(set.Rows, o)
	if len(positives) == 0 {
		return out
	}
	hard := newNegatives(set.Rows, o.Negatives)
	first := map[string]int{} // the first query of a wording
	for i, r := range positives {
		q := newQuery(r)
		if o.Ranked == 0 || i < o.Ranked {
			for _, n := range hard.of(r) {
				q.Passages = append(q.Passages, newPassage(n))
			}
		}
		if key := wording(r.Query); !hasKey(first, key) {
			first[key] = len(out.Queries)
		}
		out.Queries = append(out.Queries, q)
	}
	for _, r := range labelled {
		if i, ok := first[wording(r.Query)]; ok {
			q := &out.Queries[i]
			q.Passages = append(q.Passages, newPassage(r))
			continue
		}
		out.Queries = append(out.Queries, newQuery(r))
	}
	return out
}

func hasKey[K comparable, V any](m map[K]V, k K) bool {
	_, ok := m[k]
	return ok
}

func newQuery(r *dataset.Row) PlannedQuery {
	return PlannedQuery{
		Request: Request{Set: r.Dataset, ID: r.ID, Query: r.Query, Passages: []Passage{newPassage(r)}},
		Row:     r,
	}
}

func newPassage(r *dataset.Row) Passage {
	p := Passage{ID: r.ID, Title: r.Title, Sentences: make([]string, len(r.Sentences))}
	for i := range p.Sentences {
		p.Sentences[i] = r.Sentence(i)
	}
	return p
}

// draw takes rows in random order until the bounds are reached, and returns
// them in that order.
func draw(rows []dataset.Row, o PlanOptions) (positives, labelled []*dataset.Row) {
	limit := len(rows)
	if o.Limit > 0 {
		limit = o.Limit
	}
	characters := 0
	for _, i := range rand.New(rand.NewPCG(o.Seed, 2)).Perm(len(rows)) {
		r := &rows[i]
		switch {
		case !r.Positive && 2*len(labelled) < limit+limit%2:
			labelled = append(labelled, r)
		case r.Positive && len(positives) < limit && (o.Characters == 0 || characters < o.Characters):
			positives = append(positives, r)
			characters += utf8.RuneCountInString(r.Text)
		}
	}
	return positives, labelled
}

// wording is a query without case and spacing.
func wording(query string) string {
	return strings.Join(strings.Fields(strings.ToLower(query)), " ")
}
