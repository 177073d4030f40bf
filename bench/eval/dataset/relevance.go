package dataset

import (
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// relevance finds which sentences help, and whether the passage does.
func (d *decoder) relevance(s source) {
	helps := make([]bool, len(d.row.Sentences))
	switch {
	case s.Relevant != nil:
		d.given(s, helps)
	case s.Positive != nil && !*s.Positive:
	case len(d.row.Answers) > 0:
		for _, found := range Find(d.row.Text, d.row.Answers) {
			d.touch(found, helps)
		}
		if !slices.Contains(helps, true) {
			d.fault("relevant is missing, and no answer is in the text")
		}
	default:
		d.fault("relevant is missing, and there is no answer to find it by")
	}
	for i, h := range helps {
		if h {
			d.row.Relevant = append(d.row.Relevant, i)
		}
	}
	any := len(d.row.Relevant) > 0
	if d.row.Positive = any; s.Positive != nil && *s.Positive != any && len(d.wrong) == 0 {
		d.fault("positive is %v, but %d sentences are relevant", *s.Positive, len(d.row.Relevant))
	}
}

// given reads the field relevant: numbers of sentences, or ranges of the text.
func (d *decoder) given(s source, helps []bool) {
	if s.HTML != nil && len(s.Relevant) > 0 {
		d.fault("relevant needs text; those of html are found by the answer")
		return
	}
	places := offsets{}
	for i, v := range s.Relevant {
		if v.Kind() == '[' {
			if places.count == 0 {
				places = newOffsets(d.row.Text)
			}
			d.relevantRange(i, v, places, helps)
			continue
		}
		d.relevantNumber(i, v, s.Sentences != nil, helps)
	}
}

func (d *decoder) relevantNumber(i int, v jsontext.Value, cut bool, helps []bool) {
	var n int
	switch err := json.Unmarshal(v, &n); {
	case err != nil:
		d.fault("relevant[%d] is neither the number of a sentence nor a range", i)
	case !cut:
		d.fault("relevant[%d] is the number of a sentence, but there are no sentences; give ranges of the text instead", i)
	case n < 0 || n >= len(helps):
		d.fault("relevant[%d] is %d; there are %d sentences, counted from 0", i, n, len(helps))
	case helps[n]:
		d.fault("relevant[%d] names sentence %d again", i, n)
	default:
		helps[n] = true
	}
}

func (d *decoder) relevantRange(i int, v jsontext.Value, places offsets, helps []bool) {
	var r []int
	if err := json.Unmarshal(v, &r); err != nil || len(r) != 2 {
		d.fault("relevant[%d] is not a range [start, end)", i)
		return
	}
	if r[0] < 0 || r[0] >= r[1] || r[1] > places.count {
		d.fault("relevant[%d] is [%d, %d); the text has %d code points", i, r[0], r[1], places.count)
		return
	}
	if !d.touch(places.span(r[0], r[1]), helps) {
		d.fault("relevant[%d] touches no sentence", i)
	}
}

// touch marks the sentences of which s holds more than white space.
func (d *decoder) touch(s Span, helps []bool) (any bool) {
	for i, sentence := range d.row.Sentences {
		start, end := max(s.Start, sentence.Start), min(s.End, sentence.End)
		if start < end && !isBlank(d.row.Text[start:end]) {
			helps[i], any = true, true
		}
	}
	return any
}
