package dataset_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/ragprune/ragprune/bench/eval/dataset"
)

// Whatever the lines are, each is a row that keeps its promises or is named.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"id":"a","query":"q","text":"Ünë. Two.","sentences":[[0,4],[5,9]],"relevant":[1],"answer":["Two"],"positive":true}`))
	f.Add([]byte(`{"id":1,"query":"q","text":"One. Two.","relevant":[[0,3]]}`))
	f.Add([]byte(`{"id":1,"query":"q","html":"<p>One.<p>Two.","answer":"İ two"}` + "\n{}\n\xff"))
	f.Fuzz(func(t *testing.T, lines []byte) {
		data, err := dataset.ReadStream("f.jsonl", bytes.NewReader(lines))
		if err != nil {
			t.Fatal(err)
		}
		used := 0
		for _, s := range data.Sets {
			for i := range s.Rows {
				used++
				check(t, s.Name, &s.Rows[i])
			}
		}
		named := map[int]bool{}
		for _, p := range data.Problems {
			named[p.Line] = true
		}
		given := 0
		for l := range bytes.SplitSeq(bytes.TrimPrefix(lines, []byte("\xef\xbb\xbf")), []byte("\n")) {
			if len(bytes.TrimSpace(l)) > 0 {
				given++
			}
		}
		if used+len(named) != given {
			t.Errorf("%d rows and %d bad lines of %d", used, len(named), given)
		}
	})
}

func check(t *testing.T, set string, r *dataset.Row) {
	if r.ID == "" || r.Dataset != set || strings.TrimSpace(r.Query) == "" || len(r.Sentences) == 0 {
		t.Errorf("row %+v lacks something", r)
	}
	end := 0
	for i, s := range r.Sentences {
		if s.Start < end || s.End > len(r.Text) || strings.TrimSpace(r.Sentence(i)) == "" {
			t.Errorf("sentence %d of %+v is out of place", i, r)
		}
		end = s.End
	}
	if !slices.IsSorted(r.Relevant) || r.Positive != (len(r.Relevant) > 0) {
		t.Errorf("relevant of %+v", r)
	}
	for _, i := range r.Relevant {
		if i < 0 || i >= len(r.Sentences) {
			t.Errorf("relevant %d of %d", i, len(r.Sentences))
		}
	}
	for _, s := range dataset.Find(r.Text, r.Answers) {
		if s.Start < 0 || s.Start >= s.End || s.End > len(r.Text) {
			t.Errorf("answer at %v of %d bytes", s, len(r.Text))
		}
	}
}
