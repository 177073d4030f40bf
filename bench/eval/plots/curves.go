//go:build !noplots

package plots

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/ragprune/ragprune/bench/eval"
)

// line is a named line of a plot.
type line struct {
	name   string
	points plotter.XYs
}

// curves are the retention-compression curves of the systems that have one.
// The place in the list gives the colour, so systems without one are empty.
func curves(systems []eval.SystemReport, of func(eval.SystemReport) eval.Figures) []line {
	lines := make([]line, len(systems))
	for i, s := range systems {
		lines[i].name = s.Name
		curve := of(s).Curve
		for x, kept := range curve {
			lines[i].points = append(lines[i].points, plotter.XY{X: 100 * float64(x) / float64(len(curve)-1), Y: 100 * kept})
		}
	}
	return lines
}

func (d *drawer) curve(name, caption string, lines []line) {
	p := percentPlot("characters removed, %", "answers kept, %")
	drawn := false
	for i, l := range lines {
		if len(l.points) == 0 {
			continue
		}
		drawn = true
		if err := addLine(p, i, l, nil); err != nil {
			d.save(name, caption, p, err)
			return
		}
	}
	if drawn {
		d.save(name, caption, p, nil)
	}
}

// sweep draws precision and recall over thresholds.
func (d *drawer) sweep(name, caption string, systems []eval.SystemReport, of func(eval.SystemReport) eval.Figures) {
	p := unitPlot("threshold", "precision, recall", false)
	drawn := false
	for i, s := range systems {
		precision, recall := line{name: s.Name}, line{}
		for _, point := range of(s).Sweep {
			precision.points = append(precision.points, plotter.XY{X: point.Threshold, Y: point.Precision})
			recall.points = append(recall.points, plotter.XY{X: point.Threshold, Y: point.Recall})
		}
		if len(recall.points) == 0 {
			continue
		}
		drawn = true
		err := addLine(p, i, precision, nil)
		if err == nil {
			err = addLine(p, i, recall, []vg.Length{vg.Points(5), vg.Points(3)})
		}
		if err != nil {
			d.save(name, caption, p, err)
			return
		}
	}
	if drawn {
		d.save(name, caption, p, nil)
	}
}

// addLine draws a line in the colour of system i; without a name it is not in
// the legend.
func addLine(p *plot.Plot, i int, l line, dashes []vg.Length) error {
	drawn, err := plotter.NewLine(l.points)
	if err != nil {
		return err
	}
	drawn.Color = colour(i)
	drawn.Width = vg.Points(1.8)
	drawn.Dashes = dashes
	p.Add(drawn)
	if l.name != "" {
		p.Legend.Add(l.name, drawn)
	}
	return nil
}
