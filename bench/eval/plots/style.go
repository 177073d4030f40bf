//go:build !noplots

package plots

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

const (
	width  = 18 * vg.Centimeter
	height = 12 * vg.Centimeter
)

// palette can be told apart by colour-blind readers (Okabe and Ito 2008), and
// goes on with darker shades.
var palette = [...]color.RGBA{
	{0, 114, 178, 255},
	{213, 94, 0, 255},
	{0, 158, 115, 255},
	{204, 121, 167, 255},
	{230, 159, 0, 255},
	{86, 180, 233, 255},
	{120, 120, 120, 255},
	{0, 0, 0, 255},
	{0, 60, 100, 255},
	{120, 50, 0, 255},
	{0, 90, 60, 255},
	{120, 60, 95, 255},
}

func colour(i int) color.Color { return palette[i%len(palette)] }

// percentPlot has both axes from 0 to 100, and its legend at the lower left,
// where a falling curve leaves room.
func percentPlot(x, y string) *plot.Plot {
	p := newPlot(x, y, 100)
	p.Legend.Left = true
	p.Legend.XOffs, p.Legend.YOffs = vg.Points(6), vg.Points(6)
	return p
}

// unitPlot has both axes from 0 to 1, and its legend at the top: at the left
// above a rising diagonal, or at the right.
func unitPlot(x, y string, left bool) *plot.Plot {
	p := newPlot(x, y, 1)
	p.Legend.Top, p.Legend.Left = true, left
	p.Legend.XOffs, p.Legend.YOffs = -vg.Points(6), -vg.Points(6)
	if left {
		p.Legend.XOffs = vg.Points(6)
	}
	return p
}

func newPlot(x, y string, end float64) *plot.Plot {
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = x, y
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, end, 0, end
	p.Title.Padding = vg.Points(6)
	p.Add(plotter.NewGrid())
	return p
}
