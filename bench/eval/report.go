package eval

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/ragprune/ragprune/bench/eval/measure"
)

// reportFormat is the version of the JSON of a Report.
const reportFormat = 1

// Report is what came of a run.
type Report struct {
	Format int `json:"format"`
	// Runs say how it was measured; a comparison has several.
	Runs []RunInfo `json:"runs"`
	// Sets are what was measured, by name.
	Sets []SetInfo `json:"sets"`
	// Notes say what to bear in mind when reading the figures.
	Notes []string `json:"notes,omitempty"`
	// Systems in the order of the run.
	Systems []SystemReport `json:"systems"`
}

// RunInfo says when, where and how a run was made.
type RunInfo struct {
	// Name tells the runs of a comparison apart.
	Name    string `json:"name,omitempty"`
	Time    string `json:"time"`
	Machine string `json:"machine"`
	// Commit is that of the working folder, "unknown" outside git.
	Commit  string `json:"commit"`
	Program string `json:"program"`
	Command string `json:"command"`
	// Plan is what was asked to be measured.
	Plan PlanOptions `json:"plan"`
	// Resamples and Workers are those of Options.
	Resamples int `json:"resamples"`
	Workers   int `json:"workers"`
	// Problems is the number of lines of the data that were left out.
	Problems int `json:"problems"`
	// Skipped are sets without a positive row.
	Skipped []string `json:"skipped"`
}

// SetInfo describes what was measured of a set.
type SetInfo struct {
	Name string `json:"name"`
	// Positives are rows whose passage helps, Negatives passages that do not,
	// each with the query that it was scored for.
	Positives int `json:"positives"`
	Negatives int `json:"negatives"`
	// Sentences, Characters and Tokens of the positive passages.
	Sentences  int `json:"sentences"`
	Characters int `json:"characters"`
	Tokens     int `json:"tokens"`
	// Fingerprint is equal for the same rows with the same negatives.
	Fingerprint string `json:"fingerprint"`
}

// SystemReport is what came of one system.
type SystemReport struct {
	Info
	// Settings are the thresholds that it was measured at.
	Settings []Setting `json:"settings"`
	// Sets are its figures of each set, in the order of Report.Sets.
	Sets []Figures `json:"sets"`
	// Mean is the unweighted mean over the sets where a figure is defined.
	Mean Figures `json:"mean"`
	// Behind is how much lower than that of the first system the mean is, for
	// the measures without a threshold; the interval is of the difference on
	// the same samples. Empty for the first system.
	Behind map[Measure]Estimate `json:"behind,omitempty"`
}

// Setting is a threshold with a name.
type Setting struct {
	Name      string  `json:"name"`
	Threshold float64 `json:"threshold"`
}

// Figures are those of one system on one set, or their mean.
type Figures struct {
	// Ranked are the measures without a threshold that are defined.
	Ranked map[Measure]Estimate `json:"ranked"`
	// At are the measures at each setting, in the order of the settings.
	At []map[Measure]Estimate `json:"at"`
	// Curve is the share of answers kept when 0, 1, ... 100 % of the
	// characters are removed. Empty if all scores are the same.
	Curve []float64 `json:"curve,omitempty"`
	// Sweep are figures at evenly spaced thresholds, for systems with absolute
	// scores.
	Sweep []SweepPoint `json:"sweep,omitempty"`
	// Documents and Sentences are reliability diagrams, for systems whose
	// scores are probabilities.
	Documents []measure.Bin `json:"documents,omitempty"`
	Sentences []measure.Bin `json:"sentences,omitempty"`
	// Missing is the number of positive rows that the system has no scores of;
	// the figures leave them out.
	Missing int `json:"missing,omitempty"`
	// Seconds is the time to score all passages, negatives included, and
	// Tokens the number of tokens in them, counted by Options.Counter.
	Seconds float64 `json:"seconds"`
	Tokens  int     `json:"tokens"`
}

// Estimate is a figure with its 95 % bootstrap interval.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// SweepPoint is a point of precision and recall over thresholds.
type SweepPoint struct {
	Threshold  float64 `json:"threshold"`
	Precision  float64 `json:"precision"`
	Recall     float64 `json:"recall"`
	AnswerKept float64 `json:"answer_kept"`
	Removed    float64 `json:"characters_removed"`
	// NegativesRemoved is 0 where there are no negatives.
	NegativesRemoved float64 `json:"negatives_removed"`
}

// WriteJSON writes a report so that ReadReport can read it.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	return enc.Encode(r)
}

// ReadReport reads the JSON of an earlier run.
func ReadReport(path string) (*Report, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("%s: not a report of an evaluation: %w", path, err)
	}
	if r.Format != reportFormat {
		return nil, fmt.Errorf("%s: not a report of an evaluation: format is %d, this program reads format %d", path, r.Format, reportFormat)
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("%s: not a report of an evaluation: %w", path, err)
	}
	return &r, nil
}

// check finds what would keep a report from being shown.
func (r *Report) check() error {
	if len(r.Systems) == 0 || len(r.Sets) == 0 {
		return errors.New("it has no system or no set")
	}
	for _, s := range r.Systems {
		if len(s.Sets) != len(r.Sets) {
			return fmt.Errorf("system %s has figures of %d sets, the report has %d", s.Name, len(s.Sets), len(r.Sets))
		}
		for _, f := range append([]Figures{s.Mean}, s.Sets...) {
			if len(f.At) != len(s.Settings) {
				return fmt.Errorf("system %s has %d settings, but figures at %d", s.Name, len(s.Settings), len(f.At))
			}
		}
	}
	return nil
}
