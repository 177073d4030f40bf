package eval

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"github.com/go-json-experiment/json"
)

// WritePairs writes a line for every passage of the plan, for another program
// to score: the query with the texts of the sentences. The program adds scores
// and gives the lines back; see ReadScores.
func (p *Plan) WritePairs(w io.Writer) error {
	out := bufio.NewWriter(w)
	for _, s := range p.Sets {
		for _, q := range s.Queries {
			for i, passage := range q.Passages {
				line := pair{Set: q.Set, ID: q.ID, Query: q.Query, Title: passage.Title, Sentences: passage.Sentences}
				if i > 0 {
					line.Passage = passage.ID
				}
				if err := json.MarshalWrite(out, line); err != nil {
					return err
				}
				if err := out.WriteByte('\n'); err != nil {
					return err
				}
			}
		}
	}
	return out.Flush()
}

// pair is a line of WritePairs and, with scores, of ReadScores.
type pair struct {
	Set string `json:"dataset,omitempty"`
	ID  string `json:"id"`
	// Passage is the id of the row that the passage comes from, if that is
	// another one.
	Passage   string    `json:"passage,omitempty"`
	Query     string    `json:"query,omitempty"`
	Title     string    `json:"title,omitempty"`
	Sentences []string  `json:"sentences,omitempty"`
	Scores    []float32 `json:"scores,omitempty"`
	Score     *float64  `json:"score,omitempty"`
}

// External is a system whose scores are in a file.
type External struct {
	info   Info
	scores map[[3]string]Scores // by set, id and passage
}

// ReadScores reads a file of JSON lines:
//
//	{"id": "7", "scores": [0.1, 0.9], "score": 0.8}
//	{"id": "7", "passage": "12", "scores": [0.1, 0.2, 0.1], "score": 0.2}
//
// id names the row of the query; scores has one number for each of its
// sentences and score one for the passage, a higher one meaning more relevant.
// passage is the id of the row whose passage it is, where it is another one: a
// negative. dataset is needed if an id is in several sets. Without score the
// ranking of passages is not measured; without lines for the negatives, that
// of what the data labels only. Other fields are ignored, so that the lines of
// Plan.WritePairs can come back with scores added.
//
// The scores are taken as probabilities if all are 0 to 1. A file that cannot
// be used is an error that names the line.
func ReadScores(name, path string) (*External, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	e := &External{info: Info{Name: name, Version: path, Absolute: true, Probability: true}, scores: map[[3]string]Scores{}}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		if err := e.add(lines.Bytes()); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return e, nil
}

func (e *External) add(line []byte) error {
	var p pair
	if err := json.Unmarshal(line, &p); err != nil {
		return err
	}
	key := [3]string{p.Set, p.ID, p.Passage}
	if p.ID == p.Passage {
		key[2] = ""
	}
	switch {
	case p.ID == "":
		return errors.New("id is missing")
	case hasKey(e.scores, key):
		return fmt.Errorf("id %q, passage %q was already given", p.ID, p.Passage)
	case len(p.Scores) == 0 && p.Score == nil:
		return fmt.Errorf("id %q has neither scores nor score", p.ID)
	}
	s := Scores{Sentences: p.Scores, Passage: math.NaN()}
	if p.Score != nil {
		s.Passage = *p.Score
		e.range01(s.Passage)
	}
	for _, v := range p.Scores {
		e.range01(float64(v))
	}
	e.scores[key] = s
	return nil
}

// range01 notes whether scores can be probabilities.
func (e *External) range01(v float64) {
	if v < 0 || v > 1 {
		e.info.Absolute, e.info.Probability = false, false
	}
}

// Info describes the file.
func (e *External) Info() Info { return e.info }

// Check returns what the file lacks for a plan: a line for each row without
// scores of its own passage, and for each whose number of scores is wrong.
func (e *External) Check(p *Plan) []error {
	var errs []error
	ids := map[string]string{} // the set of an id, "" of several
	for _, s := range p.Sets {
		for _, q := range s.Queries {
			if set, ok := ids[q.ID]; ok && set != q.Set {
				ids[q.ID] = ""
			} else {
				ids[q.ID] = q.Set
			}
		}
	}
	for _, s := range p.Sets {
		for _, q := range s.Queries {
			if _, ok := e.scores[[3]string{"", q.ID, ""}]; ok && ids[q.ID] == "" {
				errs = append(errs, fmt.Errorf("%s: id %q is in several sets; its line must name the dataset", e.info.Version, q.ID))
			}
			errs = append(errs, e.checkQuery(q.Request)...)
		}
	}
	return errs
}

func (e *External) checkQuery(r Request) []error {
	var errs []error
	for i, p := range r.Passages {
		s, ok := e.find(r, i)
		switch {
		case !ok && i == 0:
			errs = append(errs, fmt.Errorf("%s: no scores for id %q of %s", e.info.Version, r.ID, r.Set))
		case ok && len(s.Sentences) > 0 && len(s.Sentences) != len(p.Sentences):
			errs = append(errs, fmt.Errorf("%s: id %q of %s, passage %q: %d scores for %d sentences",
				e.info.Version, r.ID, r.Set, p.ID, len(s.Sentences), len(p.Sentences)))
		}
	}
	return errs
}

// find looks for the scores of passage i.
func (e *External) find(r Request, i int) (Scores, bool) {
	passage := ""
	if i > 0 {
		passage = r.Passages[i].ID
	}
	s, ok := e.scores[[3]string{r.Set, r.ID, passage}]
	if !ok {
		s, ok = e.scores[[3]string{"", r.ID, passage}]
	}
	return s, ok
}

// Score looks the scores up; what is not in the file, or has another number of
// sentences, has none.
func (e *External) Score(_ context.Context, r Request) ([]Scores, error) {
	out := make([]Scores, len(r.Passages))
	for i, p := range r.Passages {
		s, ok := e.find(r, i)
		if !ok || len(s.Sentences) > 0 && len(s.Sentences) != len(p.Sentences) {
			s = Scores{Passage: math.NaN()}
		}
		out[i] = s
	}
	return out, nil
}

// presetNames are the names of presets, the lowest threshold first.
func presetNames(presets map[string]float64) []string {
	names := make([]string, 0, len(presets))
	for name := range presets {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(presets[a], presets[b]), cmp.Compare(a, b))
	})
	return names
}
