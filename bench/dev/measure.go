package main

import (
	"context"
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"github.com/ragprune/ragprune/bench/internal/devset"
	"github.com/ragprune/ragprune/bench/internal/engine"
	"github.com/ragprune/ragprune/cache"
	"github.com/ragprune/ragprune/prune"
	"github.com/ragprune/ragprune/rerank"
)

// measurer prunes rows with every setting. The model runs once for a row: the
// other settings take its scores from the cache.
type measurer struct {
	pruner   *prune.Pruner
	model    string
	settings []string
	named    map[string]float64
}

func newMeasurer(e *engine.Engine, settings []string) (*measurer, error) {
	store, err := cache.NewMemory(cache.Options{Bytes: 256 << 20})
	if err != nil {
		return nil, err
	}
	m := &measurer{model: e.Bundle.ID(), settings: settings, named: e.Bundle.Thresholds.Presets}
	m.pruner, err = prune.New(prune.Options{
		Labeler: e.Labeler, Counter: e.Tokenizer, Store: store, Model: m.model,
		Presets: m.named, DefaultPreset: e.Bundle.Thresholds.Default,
		Calibration: rerank.Calibration(e.Bundle.Calibration), Timeout: time.Hour,
	})
	return m, err
}

// presets lists the thresholds behind the names.
func (m *measurer) presets() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(m.named)) {
		parts = append(parts, fmt.Sprintf("%s %g", name, m.named[name]))
	}
	return strings.Join(parts, ", ")
}

// setResult is what came of one set.
type setResult struct {
	name string
	rows []rowResult
	// negatives are the scores of documents that do not answer.
	negatives []float64
	seconds   float64
}

// rowResult is what came of one positive row.
type rowResult struct {
	// score is the document's raw relevance.
	score            float64
	averagePrecision float64
	sentences, gold  int
	// settings has one entry for each setting.
	settings []outcome
}

// outcome of one row with one setting.
type outcome struct {
	// survived: an answer is in the output, or without answers a gold sentence.
	survived bool
	// kept and goldKept count sentences of which at least half was kept.
	kept, goldKept int
	// chars and charsKept are the code points of the text and of the output.
	chars, charsKept int
}

// set measures the rows of a set, several side by side.
func (m *measurer) set(ctx context.Context, name string, s sample) (setResult, error) {
	result := setResult{name: name, rows: make([]rowResult, len(s.positives)), negatives: make([]float64, len(s.negatives))}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2 * runtime.NumCPU())
	for i, r := range s.positives {
		group.Go(func() (err error) {
			result.rows[i], err = m.row(ctx, r)
			return err
		})
	}
	for i, r := range s.negatives {
		group.Go(func() error {
			got, err := m.prune(ctx, r, m.settings[0], false)
			result.negatives[i] = logit(got)
			return err
		})
	}
	return result, group.Wait()
}

func (m *measurer) row(ctx context.Context, r devset.Row) (rowResult, error) {
	out := rowResult{sentences: len(r.Sentences), gold: len(r.Relevant)}
	for i, setting := range m.settings {
		got, err := m.prune(ctx, r, setting, i == 0)
		if err != nil {
			return out, err
		}
		if i == 0 {
			out.score, out.averagePrecision = logit(got), rankSentences(r, got.Units)
		}
		out.settings = append(out.settings, judge(r, got))
	}
	return out, nil
}

// prune sends one row. The setting is a threshold or the name of a preset.
func (m *measurer) prune(ctx context.Context, r devset.Row, setting string, explain bool) (prune.Result, error) {
	request := prune.Request{
		Query: r.Query, Documents: []prune.Document{{ID: r.ID, Title: r.Title, Text: &r.Text}}, Explain: explain,
	}
	if t, err := strconv.ParseFloat(setting, 64); err == nil {
		request.Threshold = &t
	} else {
		request.Preset = setting
	}
	response, err := m.pruner.Prune(ctx, request)
	if err != nil {
		return prune.Result{}, fmt.Errorf("row %s: %w", r.ID, err)
	}
	got := response.Results[0]
	if got.Degraded != nil {
		return got, fmt.Errorf("row %s: degraded: %s", r.ID, got.Degraded.Reason)
	}
	return got, nil
}

// logit is the raw relevance of a document, NaN if it has none.
func logit(r prune.Result) float64 {
	if r.Logit == nil {
		return math.NaN()
	}
	return *r.Logit
}

func judge(r devset.Row, got prune.Result) outcome {
	var spans []span
	for _, k := range got.Kept {
		spans = append(spans, span{k.Start, k.End})
	}
	o := outcome{chars: utf8.RuneCountInString(r.Text), charsKept: utf8.RuneCountInString(got.Text)}
	for i, s := range r.Sentences {
		if (span{s[0], s[1]}).covered(spans) {
			o.kept++
			if slices.Contains(r.Relevant, i) {
				o.goldKept++
			}
		}
	}
	if o.survived = o.goldKept > 0; holdsAny(r.Text, r.Answers) {
		o.survived = holdsAny(got.Text, r.Answers)
	}
	return o
}

// rankSentences is the average precision of the labelled sentences. The score
// of a sentence is the mean of the units it overlaps, weighted by how much.
func rankSentences(r devset.Row, units []prune.UnitScore) float64 {
	scores, relevant := make([]float64, len(r.Sentences)), make([]bool, len(r.Sentences))
	for i, s := range r.Sentences {
		weight := 0.0
		for _, u := range units {
			w := float64((span{s[0], s[1]}).overlap([]span{{u.Start, u.End}}))
			scores[i] += w * u.Score
			weight += w
		}
		if weight > 0 {
			scores[i] /= weight
		}
		relevant[i] = slices.Contains(r.Relevant, i)
	}
	return averagePrecision(scores, relevant)
}
