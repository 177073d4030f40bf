package eval

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/ragprune/ragprune/bench/eval/measure"
)

// Merge puts the systems of several reports side by side. Names say what to
// call the runs, one for each report; they are added to the names of systems
// that several runs have. Sets that a report lacks are left out; means are then
// taken anew, without intervals.
func Merge(reports []*Report, names []string) (*Report, error) {
	if len(reports) == 0 || len(reports) != len(names) {
		return nil, errors.New("eval: Merge needs reports and a name for each")
	}
	m := &Report{Format: reportFormat, Sets: commonSets(reports)}
	if len(m.Sets) == 0 {
		return nil, errors.New("the runs have no set in common")
	}
	count := map[string]int{}
	for _, r := range reports {
		for _, s := range r.Systems {
			count[s.Name]++
		}
	}
	for i, r := range reports {
		for _, run := range r.Runs {
			run.Name = names[i]
			m.Runs = append(m.Runs, run)
		}
		m.Notes = append(m.Notes, differences(reports[0], r, names[0], names[i])...)
		for _, s := range r.Systems {
			s = s.restricted(r.Sets, m.Sets)
			if s.Behind = nil; count[s.Name] > 1 {
				s.Name = names[i] + ": " + s.Name
			}
			m.Systems = append(m.Systems, s)
		}
	}
	return m, nil
}

func commonSets(reports []*Report) []SetInfo {
	var out []SetInfo
	for _, set := range reports[0].Sets {
		everywhere := !slices.ContainsFunc(reports, func(r *Report) bool { return setIndex(r.Sets, set.Name) < 0 })
		if everywhere {
			out = append(out, set)
		}
	}
	return out
}

func setIndex(sets []SetInfo, name string) int {
	return slices.IndexFunc(sets, func(s SetInfo) bool { return s.Name == name })
}

// differences says what keeps the figures of b from being compared with those
// of a.
func differences(a, b *Report, nameA, nameB string) []string {
	var out []string
	for _, set := range b.Sets {
		switch i := setIndex(a.Sets, set.Name); {
		case i < 0:
			out = append(out, fmt.Sprintf("%s was measured in %s only, and is left out.", set.Name, nameB))
		case a.Sets[i].Fingerprint != set.Fingerprint:
			out = append(out, fmt.Sprintf("%s has other rows or negatives in %s than in %s: the difference is not of the systems alone.", set.Name, nameB, nameA))
		}
	}
	for _, set := range a.Sets {
		if setIndex(b.Sets, set.Name) < 0 {
			out = append(out, fmt.Sprintf("%s was measured in %s and not in %s, and is left out.", set.Name, nameA, nameB))
		}
	}
	return out
}

// restricted is s with the figures of the sets in want.
func (s SystemReport) restricted(have, want []SetInfo) SystemReport {
	sets := make([]Figures, len(want))
	for i, set := range want {
		sets[i] = s.Sets[setIndex(have, set.Name)]
	}
	s.Sets = sets
	if len(want) == len(have) {
		return s
	}
	s.Mean = meanDrawn(sets)
	s.Mean.Ranked = meanEstimates(sets, func(f Figures) map[Measure]Estimate { return f.Ranked })
	for i := range s.Settings {
		s.Mean.At = append(s.Mean.At, meanEstimates(sets, func(f Figures) map[Measure]Estimate { return f.At[i] }))
	}
	return s
}

// meanEstimates averages values; their intervals cannot be averaged.
func meanEstimates(sets []Figures, of func(Figures) map[Measure]Estimate) map[Measure]Estimate {
	values := map[Measure][]float64{}
	for _, f := range sets {
		for name, e := range of(f) {
			values[name] = append(values[name], e.Value)
		}
	}
	out := map[Measure]Estimate{}
	for name, list := range values {
		if v := measure.Mean(list); !math.IsNaN(v) {
			out[name] = Estimate{v, v, v}
		}
	}
	return out
}
