package eval

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"runtime"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// Options of a Run.
type Options struct {
	// Thresholds are those at which systems with absolute scores are measured,
	// beside their presets. Nil means 0.05, 0.1, 0.3 and 0.5.
	Thresholds []float64
	// Resamples is the number of bootstrap samples. 0 means 1,000; a negative
	// number none, then intervals are the figures themselves.
	Resamples int
	// Seed of the bootstrap.
	Seed uint64
	// Workers is the number of requests at once. 0 means the number of cores.
	Workers int
	// Counter counts tokens. Nil means that tokens are not counted.
	Counter Counter
	// Stamp says when, where and by which command the run is made; the rest of
	// it is filled in. See Stamp.
	Stamp RunInfo
	// Progress is told of passages when they are scored, from several
	// goroutines. Nil means nobody is.
	Progress func(passages int)
}

// DefaultThresholds are Options.Thresholds when those are nil.
func DefaultThresholds() []float64 { return []float64{0.05, 0.1, 0.3, 0.5} }

// Validate reports what is out of range.
func (o Options) Validate() error {
	for _, t := range o.Thresholds {
		if !(t >= 0 && t <= 1) {
			return fmt.Errorf("eval: threshold %v, want 0 to 1", t)
		}
	}
	if o.Workers < 0 {
		return errors.New("eval: Workers must be 0 or more")
	}
	return nil
}

func (o Options) orDefault() Options {
	if o.Thresholds == nil {
		o.Thresholds = DefaultThresholds()
	}
	if o.Resamples == 0 {
		o.Resamples = 1000
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	o.Resamples = max(o.Resamples, 0)
	return o
}

// Run scores every passage of the plan once with each system, one system after
// the other, so that their times do not disturb each other, and derives all
// figures from the scores.
func Run(ctx context.Context, p *Plan, systems []System, o Options) (*Report, error) {
	if err := errors.Join(o.Validate(), checkSystems(systems)); err != nil {
		return nil, err
	}
	o = o.orDefault()
	r := &Report{Format: reportFormat, Runs: []RunInfo{o.Stamp}}
	r.Runs[0].Plan, r.Runs[0].Skipped = p.Options, p.Skipped
	r.Runs[0].Resamples, r.Runs[0].Workers = o.Resamples, o.Workers
	runs := make([]systemRun, len(systems))
	for i, s := range systems {
		runs[i] = systemRun{system: s, info: s.Info()}
		runs[i].settings = settingsOf(runs[i].info, o.Thresholds)
	}
	for i := range p.Sets {
		l := newLabels(&p.Sets[i], o.Counter)
		r.Sets = append(r.Sets, l.info())
		for s := range runs {
			if err := runs[s].set(ctx, l, o); err != nil {
				return nil, fmt.Errorf("system %s, set %s: %w", runs[s].info.Name, p.Sets[i].Name, err)
			}
		}
	}
	first := meanOf(runs[0].samples)
	for s := range runs {
		r.Systems = append(r.Systems, runs[s].report(first, s > 0))
	}
	return r, nil
}

func checkSystems(systems []System) error {
	if len(systems) == 0 {
		return errors.New("eval: there is no system to measure")
	}
	names := map[string]bool{}
	for _, s := range systems {
		name := s.Info().Name
		if name == "" || names[name] {
			return fmt.Errorf("eval: two systems are called %q, or one has no name", name)
		}
		names[name] = true
	}
	return nil
}

// settingsOf are the thresholds, if they mean something, and the presets.
func settingsOf(info Info, thresholds []float64) []Setting {
	settings := []Setting{}
	if info.Absolute {
		for _, t := range thresholds {
			settings = append(settings, Setting{Name: strconv.FormatFloat(t, 'g', -1, 64), Threshold: t})
		}
	}
	for _, name := range presetNames(info.Presets) {
		settings = append(settings, Setting{Name: name, Threshold: info.Presets[name]})
	}
	return settings
}

// info describes the set.
func (l *labels) info() SetInfo {
	s := SetInfo{Name: l.set.Name}
	h := fnv.New64a()
	for i := range l.rows {
		row := &l.rows[i]
		for p, passage := range l.set.Queries[i].Passages {
			_, _ = fmt.Fprintf(h, "%q %q %d\n", l.set.Queries[i].ID, passage.ID, len(passage.Sentences)) // a hash never fails
			if p > 0 || !row.positive() {
				s.Negatives++
				continue
			}
			s.Positives++
			s.Sentences += len(passage.Sentences)
			s.Characters += total(row.characters[p])
			if row.tokens != nil {
				s.Tokens += total(row.tokens[p])
			}
		}
	}
	s.Fingerprint = hex.EncodeToString(h.Sum(nil))
	return s
}

func total(sizes []int) int {
	n := 0
	for _, s := range sizes {
		n += s
	}
	return n
}

// systemRun gathers what comes of one system.
type systemRun struct {
	system   System
	info     Info
	settings []Setting
	figures  []Figures
	samples  []samples
}

// set scores and measures one set.
func (r *systemRun) set(ctx context.Context, l *labels, o Options) error {
	start := time.Now()
	scores, err := r.score(ctx, l.set, o)
	if err != nil {
		return err
	}
	seconds := time.Since(start).Seconds()
	t := newTally(l, scores, r.info, r.settings)
	s, err := resample(ctx, t, l.set.Name, o.Resamples, o.Seed)
	if err != nil {
		return err
	}
	f := s.figures(len(r.settings))
	t.draw(&f, l, scores)
	f.Seconds = seconds
	for i := range l.rows {
		for _, tokens := range l.rows[i].tokens {
			f.Tokens += total(tokens)
		}
	}
	r.figures, r.samples = append(r.figures, f), append(r.samples, s)
	return nil
}

// score asks for all requests of a set, several at once.
func (r *systemRun) score(ctx context.Context, set *PlannedSet, o Options) ([][]Scores, error) {
	out := make([][]Scores, len(set.Queries))
	group, bound := errgroup.WithContext(ctx)
	group.SetLimit(o.Workers)
	for i := range set.Queries {
		if bound.Err() != nil {
			break
		}
		group.Go(func() (err error) {
			q := &set.Queries[i]
			if out[i], err = r.system.Score(bound, q.Request); err == nil {
				err = checkScores(q.Request, out[i])
			}
			if err != nil {
				return fmt.Errorf("row %s: %w", q.ID, err)
			}
			if o.Progress != nil {
				o.Progress(len(q.Passages))
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return out, ctx.Err()
}

// checkScores finds scores that no measure can be trusted on.
func checkScores(r Request, scores []Scores) error {
	if len(scores) != len(r.Passages) {
		return fmt.Errorf("scores of %d passages, want %d", len(scores), len(r.Passages))
	}
	for i, s := range scores {
		if n := len(s.Sentences); n > 0 && n != len(r.Passages[i].Sentences) {
			return fmt.Errorf("passage %s: %d scores for %d sentences", r.Passages[i].ID, n, len(r.Passages[i].Sentences))
		}
		if slices.ContainsFunc(s.Sentences, func(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) }) {
			return fmt.Errorf("passage %s: a score is not a number", r.Passages[i].ID)
		}
	}
	return nil
}

// report averages over sets, and compares with the first system if asked to.
func (r *systemRun) report(first samples, compare bool) SystemReport {
	mean := meanOf(r.samples)
	out := SystemReport{Info: r.info, Settings: r.settings, Sets: r.figures, Mean: meanDrawn(r.figures)}
	f := mean.figures(len(r.settings))
	out.Mean.Ranked, out.Mean.At = f.Ranked, f.At
	if compare {
		n := len(ranked())
		out.Behind = first.minus(mean, n).estimates(0, ranked())
	}
	return out
}
