//go:build !noplots

package plots

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/ragprune/ragprune/bench/eval"
	"github.com/ragprune/ragprune/bench/eval/measure"
)

// reliability draws the share of positives against the mean score of each bin;
// a calibrated system lies on the diagonal.
func (d *drawer) reliability(name, caption string, systems []eval.SystemReport, of func(eval.Figures) []measure.Bin) {
	p := unitPlot("mean score", "share that is positive", true)
	drawn := false
	for i, s := range systems {
		var points plotter.XYs
		for _, b := range of(s.Mean) {
			if b.Weight > 0 {
				points = append(points, plotter.XY{X: b.Score, Y: b.Positive})
			}
		}
		if len(points) == 0 {
			continue
		}
		drawn = true
		if err := addPoints(p, i, line{s.Name, points}); err != nil {
			d.save(name, caption, p, err)
			return
		}
	}
	if !drawn {
		return
	}
	diagonal, err := plotter.NewLine(plotter.XYs{{X: 0, Y: 0}, {X: 1, Y: 1}})
	if err == nil {
		diagonal.Color = color.Gray{Y: 160}
		diagonal.Dashes = []vg.Length{vg.Points(2), vg.Points(2)}
		p.Add(diagonal)
	}
	d.save(name, caption, p, err)
}

func addPoints(p *plot.Plot, i int, l line) error {
	joined, points, err := plotter.NewLinePoints(l.points)
	if err != nil {
		return err
	}
	joined.Color, points.Color = colour(i), colour(i)
	joined.Width = vg.Points(1.8)
	points.Shape = draw.CircleGlyph{}
	p.Add(joined, points)
	p.Legend.Add(l.name, joined, points)
	return nil
}
