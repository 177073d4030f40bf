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
	{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255},
	{230, 159, 0, 255}, {86, 180, 233, 255}, {120, 120, 120, 255}, {0, 0, 0, 255},
	{0, 60, 100, 255}, {120, 50, 0, 255}, {0, 90, 60, 255}, {120, 60, 95, 255},
}

func colour(i int) color.Color { return palette[i%len(palette)] }

// percentPlot has both axes from 0 to 100.
func percentPlot(x, y string) *plot.Plot { return newPlot(x, y, 100) }

// unitPlot has both axes from 0 to 1.
func unitPlot(x, y string) *plot.Plot { return newPlot(x, y, 1) }

func newPlot(x, y string, end float64) *plot.Plot {
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = x, y
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, end, 0, end
	p.Title.Padding = vg.Points(6)
	p.Legend.XOffs, p.Legend.YOffs = vg.Points(6), vg.Points(6)
	p.Legend.Left = true
	p.Add(plotter.NewGrid())
	return p
}
