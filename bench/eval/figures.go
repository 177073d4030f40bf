package eval

import (
	"context"
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/ragprune/ragprune/bench/eval/measure"
)

const (
	// interval is the share of samples that an interval holds.
	interval = 0.95
	// curveSteps and sweepSteps are the numbers of parts of a Curve and a Sweep.
	curveSteps = 100
	sweepSteps = 100
)

// samples are the statistics of a tally: of all queries, and of each bootstrap
// sample of them.
type samples struct {
	value  []float64
	sample [][]float64
}

// resample weighs the tally of a set by bootstrap samples. The samples depend
// on set and seed alone, so those of two systems belong together.
func resample(ctx context.Context, t *tally, set string, times int, seed uint64) (samples, error) {
	n := len(t.precision)
	s := samples{value: t.statistics(nil), sample: make([][]float64, times)}
	boot := measure.NewBootstrap(n, seed, set)
	group, ctx := errgroup.WithContext(ctx)
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		group.Go(func() error {
			weights := make([]float64, n)
			for i := w; i < times; i += workers {
				if err := ctx.Err(); err != nil {
					return err
				}
				boot.Sample(i, weights)
				s.sample[i] = t.statistics(weights)
			}
			return nil
		})
	}
	return s, group.Wait()
}

// meanOf averages sets, sample by sample; what is not defined for a set is left
// out of the mean.
func meanOf(sets []samples) samples {
	m := samples{value: meanColumns(sets, func(s samples) []float64 { return s.value })}
	for i := range sets[0].sample {
		m.sample = append(m.sample, meanColumns(sets, func(s samples) []float64 { return s.sample[i] }))
	}
	return m
}

// meanColumns leaves out a column of a set whose value over all queries is not
// defined, so that every sample averages the same sets.
func meanColumns(sets []samples, row func(samples) []float64) []float64 {
	out := make([]float64, len(sets[0].value))
	values := make([]float64, 0, len(sets))
	for c := range out {
		values = values[:0]
		for _, s := range sets {
			if !math.IsNaN(s.value[c]) {
				values = append(values, row(s)[c])
			}
		}
		out[c] = measure.Mean(values)
	}
	return out
}

// minus is the difference to o, sample by sample, of the first n columns.
func (s samples) minus(o samples, n int) samples {
	subtract := func(a, b []float64) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = a[i] - b[i]
		}
		return out
	}
	d := samples{value: subtract(s.value, o.value)}
	for i := range s.sample {
		d.sample = append(d.sample, subtract(s.sample[i], o.sample[i]))
	}
	return d
}

// estimates names the columns from first on; what is not defined is left out.
func (s samples) estimates(first int, names []Measure) map[Measure]Estimate {
	out := make(map[Measure]Estimate, len(names))
	column := make([]float64, len(s.sample))
	for i, name := range names {
		value := s.value[first+i]
		if math.IsNaN(value) {
			continue
		}
		for b := range s.sample {
			column[b] = s.sample[b][first+i]
		}
		e := Estimate{Value: value, Low: value, High: value}
		if low, high := measure.Interval(column, interval); !math.IsNaN(low) {
			e.Low, e.High = low, high
		}
		out[name] = e
	}
	return out
}

// figures gives the columns their names.
func (s samples) figures(settings int) Figures {
	ranked, at := ranked(), thresholded()
	f := Figures{Ranked: s.estimates(0, ranked), At: []map[Measure]Estimate{}}
	for i := range settings {
		f.At = append(f.At, s.estimates(len(ranked)+i*len(at), at))
	}
	return f
}

// draw adds to f what is drawn and not resampled.
func (t *tally) draw(f *Figures, l *labels, scores [][]Scores) {
	removed := make([]float64, curveSteps+1)
	for i := range removed {
		removed[i] = float64(i) / curveSteps
	}
	if kept, area := t.curve.At(removed, nil); !math.IsNaN(area) {
		f.Curve = kept
	}
	if t.info.Absolute {
		f.Sweep = sweep(l, scores)
	}
	if t.info.Probability {
		f.Documents = measure.Reliability(t.documents, nil, bins, true)
		f.Sentences = measure.Reliability(t.sentences, nil, bins, false)
	}
	f.Missing = t.missing
}

func sweep(l *labels, scores [][]Scores) []SweepPoint {
	var out []SweepPoint
	for i := range sweepSteps {
		threshold := float64(i) / sweepSteps
		var c counts
		for q := range l.rows {
			one := l.rows[q].count(scores[q], threshold)
			c.add(1, &one)
		}
		p := SweepPoint{
			Threshold: threshold, Recall: c.relevantKept / c.relevant,
			AnswerKept: c.answers / c.rows, Removed: 1 - c.charactersKept/c.characters,
		}
		if c.rows == 0 {
			return nil
		}
		if c.negative > 0 {
			p.NegativesRemoved = 1 - c.negativeKept/c.negative
		}
		if c.kept > 0 {
			p.Precision = c.relevantKept / c.kept
		}
		out = append(out, p)
	}
	return out
}

// meanDrawn averages what is drawn over the sets that have it.
func meanDrawn(sets []Figures) (f Figures) {
	var curves [][]float64
	var sweeps [][]SweepPoint
	var documents, sentences [][]measure.Bin
	for _, s := range sets {
		f.Seconds += s.Seconds
		f.Tokens += s.Tokens
		f.Missing += s.Missing
		if len(s.Curve) > 0 {
			curves = append(curves, s.Curve)
		}
		if len(s.Sweep) > 0 {
			sweeps = append(sweeps, s.Sweep)
		}
		if len(s.Documents) > 0 {
			documents = append(documents, s.Documents)
			sentences = append(sentences, s.Sentences)
		}
	}
	f.Curve, f.Sweep = meanCurve(curves), meanSweep(sweeps)
	f.Documents, f.Sentences = meanBins(documents), meanBins(sentences)
	return f
}

func meanCurve(curves [][]float64) []float64 {
	var out []float64
	for _, c := range curves {
		if out == nil {
			out = make([]float64, len(c))
		}
		for i, v := range c {
			out[i] += v / float64(len(curves))
		}
	}
	return out
}

func meanSweep(sweeps [][]SweepPoint) []SweepPoint {
	var out []SweepPoint
	n := float64(len(sweeps))
	for _, s := range sweeps {
		if out == nil {
			out = make([]SweepPoint, len(s))
		}
		for i, p := range s {
			o := &out[i]
			o.Threshold = p.Threshold
			o.Precision += p.Precision / n
			o.Recall += p.Recall / n
			o.AnswerKept += p.AnswerKept / n
			o.Removed += p.Removed / n
			o.NegativesRemoved += p.NegativesRemoved / n
		}
	}
	return out
}

// meanBins pools the bins of sets of equal weight.
func meanBins(sets [][]measure.Bin) []measure.Bin {
	var out []measure.Bin
	for _, s := range sets {
		if out == nil {
			out = make([]measure.Bin, len(s))
		}
		for i, b := range s {
			o := &out[i]
			w := b.Weight / float64(len(sets))
			o.Weight += w
			o.Score += w * b.Score
			o.Positive += w * b.Positive
		}
	}
	for i := range out {
		if o := &out[i]; o.Weight > 0 {
			o.Score /= o.Weight
			o.Positive /= o.Weight
		}
	}
	return out
}
