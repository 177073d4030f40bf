//go:build !noplots

package plots

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"gonum.org/v1/plot"

	"github.com/ragprune/ragprune/bench/eval"
	"github.com/ragprune/ragprune/bench/eval/measure"
)

// Write draws r into PNG files in dir, which it makes, and returns them with
// their captions; paths begin with dir. A picture that would be empty is left
// out.
func Write(r *eval.Report, dir string) ([]eval.Picture, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	d := &drawer{dir: dir}
	d.curve("curve-mean", "Answers kept against characters removed, mean over the sets", curves(r.Systems, mean))
	d.sweep("thresholds-mean", "Sentence precision (solid) and recall (dashed) over thresholds, mean over the sets", r.Systems, mean)
	d.reliability("reliability-documents", "Calibration of document scores, all sets of equal weight", r.Systems,
		func(f eval.Figures) []measure.Bin { return f.Documents })
	d.reliability("reliability-sentences", "Calibration of sentence scores, all sets of equal weight", r.Systems,
		func(f eval.Figures) []measure.Bin { return f.Sentences })
	for i, set := range r.Sets {
		of := func(s eval.SystemReport) eval.Figures { return s.Sets[i] }
		d.curve("curve-"+fileName(set.Name), set.Name+": answers kept against characters removed", curves(r.Systems, of))
	}
	return d.pictures, d.err
}

func mean(s eval.SystemReport) eval.Figures { return s.Mean }

// fileName keeps the name of a set from naming another folder.
func fileName(set string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_.", r) {
			return r
		}
		return '_'
	}, set)
}

// drawer saves pictures until one fails.
type drawer struct {
	dir      string
	pictures []eval.Picture
	err      error
}

// save writes a plot; nil is a picture that would be empty.
func (d *drawer) save(name, caption string, p *plot.Plot, err error) {
	if d.err != nil || p == nil && err == nil {
		return
	}
	path := filepath.Join(d.dir, name+".png")
	if err == nil {
		p.Title.Text = caption
		err = p.Save(width, height, path)
	}
	if err != nil {
		d.err = fmt.Errorf("picture %s: %w", path, err)
		return
	}
	d.pictures = append(d.pictures, eval.Picture{Path: path, Caption: caption})
}
