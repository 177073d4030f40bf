package fit

import (
	"errors"
	"fmt"
	"math"

	"github.com/ragprune/ragprune/bench/eval/measure"
	"github.com/ragprune/ragprune/rerank"
)

// LeastQueries is the number of queries with a passage that helps below which
// nothing is fitted: thresholds would be noise.
const LeastQueries = 10

// Options of a fit.
type Options struct {
	// Aims are the shares of answers that each preset is to keep, 0 to 1.
	Aims map[string]float64
	// Rescale says that the calibration is also applied to the scores of
	// sentences, which are then sigmoid(logit): those of a reranker.
	Rescale bool
}

// DefaultAims are those of the default bundles.
func DefaultAims() map[string]float64 {
	return map[string]float64{"safe": 0.99, "balanced": 0.98, "aggressive": 0.92}
}

// Validate reports what is out of range.
func (o Options) Validate() error {
	if len(o.Aims) == 0 {
		return errors.New("fit: there is no preset to fit")
	}
	for name, aim := range o.Aims {
		if !(aim > 0 && aim <= 1) {
			return fmt.Errorf("fit: preset %s is to keep the share %v, want more than 0 and at most 1", name, aim)
		}
	}
	return nil
}

// Result is what was fitted.
type Result struct {
	Presets     map[string]float64
	Calibration rerank.Calibration
}

// Fit chooses presets and calibration on passages.
func Fit(passages []Passage, o Options) (*Result, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	helpful, others := map[int]bool{}, 0
	for _, p := range passages {
		if p.Positive {
			helpful[p.Query] = true
		} else {
			others++
		}
	}
	switch {
	case len(helpful) < LeastQueries:
		return nil, fmt.Errorf("fit: %d queries have a passage that helps, want %d or more", len(helpful), LeastQueries)
	case others == 0:
		return nil, errors.New("fit: there is no passage that does not help; label some, or give a set several rows so that each is a negative of the others")
	}
	r := fit(passages, o)
	if !(r.Calibration.Scale > 0) || math.IsInf(r.Calibration.Scale, 0) || math.IsNaN(r.Calibration.Bias) {
		return nil, errors.New("fit: the model does not rank passages that help above those that do not; a calibration cannot mend that")
	}
	return r, nil
}

func fit(passages []Passage, o Options) *Result {
	weights := weigh(passages)
	r := &Result{Presets: make(map[string]float64), Calibration: platt(passages, weights)}
	passages = o.rescaled(passages, r.Calibration)
	for name, aim := range o.Aims {
		r.Presets[name] = threshold(passages, weights, aim)
	}
	return r
}

// weigh lets the passages of a class and a set weigh 1 together.
func weigh(passages []Passage) []float64 {
	type group struct{ set, class int }
	count := map[group]float64{}
	for _, p := range passages {
		count[group{p.Set, class(p)}]++
	}
	weights := make([]float64, len(passages))
	for i, p := range passages {
		weights[i] = 1 / count[group{p.Set, class(p)}]
	}
	return weights
}

// rescaled are the passages as c makes them, if sentences have it too.
func (o Options) rescaled(passages []Passage, c rerank.Calibration) []Passage {
	if !o.Rescale {
		return passages
	}
	out := make([]Passage, len(passages))
	for i, p := range passages {
		scores := make([]float32, len(p.Scores))
		for j, s := range p.Scores {
			scores[j] = again(s, c)
		}
		p.Scores, p.Level = scores, again(p.Level, c)
		out[i] = p
	}
	return out
}

// again is what c makes of the logit whose sigmoid is score; 0 stays, as it is
// the score of what has no text.
func again(score float32, c rerank.Calibration) float32 {
	if score <= 0 {
		return 0
	}
	p := min(float64(score), 1-1e-7)
	return float32(c.Probability(math.Log(p / (1 - p))))
}

// Figures say what presets and a calibration do. Means are over sets.
type Figures struct {
	// Kept is the share of answers that each preset keeps, Removed that of the
	// text that it removes from passages that help.
	Kept, Removed map[string]float64
	// Error is the expected calibration error of passages, where those that
	// help weigh as much as the others.
	Error float64
}

// Check says what r does to passages.
func (r *Result) Check(passages []Passage, o Options) Figures {
	return r.applied(passages, o).figures()
}

// CrossCheck says what a fit is worth on passages that it has not seen: each of
// folds parts of the queries is measured with what is fitted on the others.
func CrossCheck(passages []Passage, o Options, folds int) Figures {
	var all applied
	for fold := range folds {
		var seen, held []Passage
		for _, p := range passages {
			if p.Query%folds == fold {
				held = append(held, p)
			} else {
				seen = append(seen, p)
			}
		}
		all.add(fit(seen, o).applied(held, o))
	}
	return all.figures()
}

// applied is what results have made of passages.
type applied struct {
	sets  map[int]map[string]*sums
	cases []measure.Case
}

// sums of a set for a preset.
type sums struct{ answers, kept, text, removed float64 }

func (r *Result) applied(passages []Passage, o Options) applied {
	a := applied{sets: make(map[int]map[string]*sums)}
	for _, p := range o.rescaled(passages, r.Calibration) {
		a.cases = append(a.cases, measure.Case{Score: r.Calibration.Probability(p.Logit), Positive: p.Positive})
		if !p.Positive {
			continue
		}
		if a.sets[p.Set] == nil {
			a.sets[p.Set] = make(map[string]*sums)
		}
		for name, t := range r.Presets {
			if a.sets[p.Set][name] == nil {
				a.sets[p.Set][name] = &sums{}
			}
			a.sets[p.Set][name].count(p, t)
		}
	}
	return a
}

func (s *sums) count(p Passage, threshold float64) {
	s.answers++
	if float64(p.Level) > threshold {
		s.kept++
	}
	for i, score := range p.Scores {
		s.text += float64(p.Sizes[i])
		if float64(score) <= threshold {
			s.removed += float64(p.Sizes[i])
		}
	}
}

func (a *applied) add(b applied) {
	if a.sets == nil {
		a.sets = make(map[int]map[string]*sums)
	}
	a.cases = append(a.cases, b.cases...)
	for set, presets := range b.sets {
		if a.sets[set] == nil {
			a.sets[set] = presets
			continue
		}
		for name, s := range presets {
			sum := a.sets[set][name]
			sum.answers, sum.kept = sum.answers+s.answers, sum.kept+s.kept
			sum.text, sum.removed = sum.text+s.text, sum.removed+s.removed
		}
	}
}

// bins are those of the reports of package eval.
const bins = 10

func (a applied) figures() Figures {
	f := Figures{Kept: make(map[string]float64), Removed: make(map[string]float64)}
	for _, presets := range a.sets {
		for name, s := range presets {
			f.Kept[name] += s.kept / s.answers / float64(len(a.sets))
			f.Removed[name] += s.removed / max(s.text, 1) / float64(len(a.sets))
		}
	}
	f.Error = measure.CalibrationError(measure.Reliability(a.cases, nil, bins, true))
	return f
}
