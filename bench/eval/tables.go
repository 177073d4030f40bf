package eval

import (
	"fmt"
	"math"

	"github.com/ragprune/ragprune/bench/eval/measure"
	"github.com/ragprune/ragprune/bench/internal/report"
)

// rankedColumns are the measures without a threshold that have a table of
// their own.
var rankedColumns = [...]struct {
	measure Measure
	head    string
}{
	{AveragePrecision, "AP"},
	{Area, "area"},
	{DocumentAUC, "document AUC"},
	{DocumentMRR, "document MRR"},
	{DocumentNDCG, "document nDCG@10"},
	{DocumentECE, "document ECE"},
	{SentenceECE, "sentence ECE"},
}

func rankedHeader() []string {
	header := []string{"system"}
	for _, c := range rankedColumns {
		header = append(header, c.head)
	}
	return header
}

func rankedCells(m map[Measure]Estimate) []string {
	var cells []string
	for _, c := range rankedColumns {
		cells = append(cells, number(m, c.measure))
	}
	return cells
}

// removedHeader are columns, then one for each of keptAt.
func removedHeader(columns ...string) []string {
	for _, k := range keptAt {
		columns = append(columns, report.Number(100*k.removed, 0)+" % removed")
	}
	return columns
}

func thresholdHeader(first string) []string {
	return []string{
		first, "answer kept", "relevant kept", "emptied", "characters removed", "tokens removed", "removed from negatives", "precision", "recall", "F2",
	}
}

func thresholdCells(m map[Measure]Estimate) []string {
	return []string{
		percent(m, AnswerKept), percent(m, RelevantKept), percent(m, Emptied), percent(m, CharactersRemoved), percent(m, TokensRemoved),
		percent(m, NegativesRemoved), number(m, Precision), number(m, Recall), number(m, F2),
	}
}

// number is a figure with its interval, "-" where there is none.
func number(m map[Measure]Estimate, name Measure) string {
	e, ok := m[name]
	switch {
	case !ok:
		return "-"
	case e.Low == e.High:
		return fmt.Sprintf("%.3f", e.Value)
	}
	return fmt.Sprintf("%.3f (%.3f to %.3f)", e.Value, e.Low, e.High)
}

// percent is a share with its interval in percent.
func percent(m map[Measure]Estimate, name Measure) string {
	e, ok := m[name]
	switch {
	case !ok:
		return "-"
	case e.Low == e.High:
		return fmt.Sprintf("%.1f %%", 100*e.Value)
	}
	return fmt.Sprintf("%.1f %% (%.1f to %.1f)", 100*e.Value, 100*e.Low, 100*e.High)
}

// settingName names a threshold, with its value where the name is not it.
func settingName(s Setting) string {
	value := fmt.Sprintf("%.3g", s.Threshold)
	if s.Name == value {
		return s.Name
	}
	return s.Name + " (" + value + ")"
}

// keptLike is the mean share of answers that s keeps when it removes as much
// of each set as o does at its setting i. NaN if s has no curve anywhere.
func (s SystemReport) keptLike(o SystemReport, i int) float64 {
	if s.Name == o.Name {
		return s.Mean.At[i][AnswerKept].Value
	}
	var values []float64
	for set := range s.Sets {
		removed, ok := o.Sets[set].At[i][CharactersRemoved]
		if curve := s.Sets[set].Curve; ok && len(curve) > 0 {
			values = append(values, interpolate(curve, removed.Value))
		}
	}
	return measure.Mean(values)
}

// interpolate reads an evenly spaced curve over 0 to 1.
func interpolate(curve []float64, x float64) float64 {
	at := min(max(x, 0), 1) * float64(len(curve)-1)
	low := int(math.Floor(at))
	high := min(low+1, len(curve)-1)
	return curve[low] + (at-float64(low))*(curve[high]-curve[low])
}

// eachSet writes the tables of every set.
func (p page) eachSet() {
	p.Section("Each set")
	for _, c := range rankedColumns {
		p.acrossSystems(c.head, func(f Figures) string { return number(f.Ranked, c.measure) })
	}
	for _, k := range keptAt {
		p.acrossSystems("Answers kept with "+report.Number(100*k.removed, 0)+" % of the characters removed",
			func(f Figures) string { return percent(f.Ranked, k.measure) })
	}
	for _, s := range p.report.Systems {
		if s.Absolute {
			p.setsOf(s)
		}
	}
}

// acrossSystems has a row for each set and a column for each system. A measure
// that no system has is left out.
func (p page) acrossSystems(title string, cell func(Figures) string) {
	header, mean, any := []string{"set"}, []string{"mean"}, false
	rows := make([][]string, len(p.report.Sets))
	for i, set := range p.report.Sets {
		rows[i] = []string{set.Name}
	}
	for _, s := range p.report.Systems {
		c := cell(s.Mean)
		header, mean, any = append(header, s.Name), append(mean, c), any || c != "-"
		for i := range rows {
			rows[i] = append(rows[i], cell(s.Sets[i]))
		}
	}
	if any {
		p.Part(title)
		p.Table(header, append(rows, mean))
	}
}

// setsOf writes a table for each threshold of a system.
func (p page) setsOf(s SystemReport) {
	for _, g := range grouped(s.Settings) {
		p.Part(s.Name + " at " + g.title)
		var rows [][]string
		for set, info := range p.report.Sets {
			rows = append(rows, append([]string{info.Name}, thresholdCells(s.Sets[set].At[g.setting])...))
		}
		p.Table(thresholdHeader("set"), append(rows, append([]string{"mean"}, thresholdCells(s.Mean.At[g.setting])...)))
	}
}

// group is a setting with the names of all that have its threshold.
type group struct {
	setting int
	title   string
}

// grouped are the settings, those of equal threshold as one.
func grouped(settings []Setting) []group {
	var out []group
	at := map[float64]int{}
	for i, s := range settings {
		if first, ok := at[s.Threshold]; ok {
			out[first].title += ", " + s.Name
			continue
		}
		at[s.Threshold] = len(out)
		out = append(out, group{i, settingName(s)})
	}
	return out
}
