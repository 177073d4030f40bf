package eval

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ragprune/ragprune/bench/internal/report"
)

// PageOptions say how a report is written as a page.
type PageOptions struct {
	// Title of the page. Empty means "Quality".
	Title string
	// Pictures are shown with their captions, in order.
	Pictures []Picture
}

// Picture is an image file and what it shows.
type Picture struct {
	// Path as the page names it.
	Path, Caption string
}

// Markdown writes the report as a page: means over the sets first, then every
// set.
func (r *Report) Markdown(o PageOptions) string {
	if o.Title == "" {
		o.Title = "Quality"
	}
	p := page{report.Blank(o.Title), r}
	for _, run := range r.Runs {
		p.run(run)
	}
	p.List(r.Notes)
	p.systems()
	p.sets()
	p.means()
	if len(o.Pictures) > 0 {
		p.Section("Pictures")
		for _, picture := range o.Pictures {
			p.Text("![%s](%s)", picture.Caption, picture.Path)
		}
	}
	p.eachSet()
	return strings.TrimRight(p.String(), "\n") + "\n"
}

// page is a report on its way to Markdown.
type page struct {
	*report.Report
	report *Report
}

func (p page) run(run RunInfo) {
	name := ""
	if run.Name != "" {
		name = run.Name + ": "
	}
	p.Text("%sMeasured %s on %s. Commit %s, ragprune %s.", name, run.Time, run.Machine, run.Commit, run.Program)
	p.Code(run.Command)
	var parts []string
	if run.Plan.Limit > 0 {
		parts = append(parts, fmt.Sprintf("At most %d positive rows of each set, drawn with seed %d.", run.Plan.Limit, run.Plan.Seed))
	}
	if run.Plan.Characters > 0 {
		parts = append(parts, fmt.Sprintf("No further row once the passages of a set have %d characters.", run.Plan.Characters))
	}
	queries := "each query"
	if run.Plan.Ranked > 0 {
		queries = fmt.Sprintf("%d queries of each set", run.Plan.Ranked)
	}
	parts = append(parts, fmt.Sprintf("At most %d hard negatives for %s. Intervals: 95 %%, %d bootstrap samples of the queries of each set. Requests at once: %d.",
		run.Plan.Negatives, queries, run.Resamples, run.Workers))
	if run.Problems > 0 {
		parts = append(parts, fmt.Sprintf("%d problems in the data: those lines are left out.", run.Problems))
	}
	if len(run.Skipped) > 0 {
		parts = append(parts, "Without a positive row, and left out: "+strings.Join(run.Skipped, ", ")+".")
	}
	p.Text("%s", strings.Join(parts, " "))
}

func (p page) systems() {
	p.Section("Systems")
	var rows [][]string
	for _, s := range p.report.Systems {
		var presets []string
		for _, name := range presetNames(s.Presets) {
			presets = append(presets, fmt.Sprintf("%s %.3g", name, s.Presets[name]))
		}
		missing := ""
		if s.Mean.Missing > 0 {
			missing = strconv.Itoa(s.Mean.Missing)
		}
		rows = append(rows, []string{
			s.Name, s.Version, strings.Join(presets, ", "), missing,
			seconds(s), rate(s),
		})
	}
	p.Table([]string{"system", "version", "presets", "rows without scores", "seconds", "tokens/s"}, rows)
	p.Text("Seconds to score all passages, negatives included; tokens are those of the passages, counted by the model's tokenizer.")
}

// seconds tells which times come on top.
func seconds(s SystemReport) string {
	return strings.Join(append([]string{report.Number(s.Mean.Seconds, 1)}, s.Shares...), " + ")
}

// rate is the number of tokens scored in a second; systems that look scores up
// have none worth telling.
func rate(s SystemReport) string {
	if s.Mean.Tokens == 0 || s.Mean.Seconds < 0.05 || len(s.Shares) > 0 {
		return "-"
	}
	return report.Number(float64(s.Mean.Tokens)/s.Mean.Seconds, 0)
}

func (p page) sets() {
	p.Section("Sets")
	var rows [][]string
	for _, s := range p.report.Sets {
		n := float64(max(s.Positives, 1))
		rows = append(rows, []string{
			s.Name, strconv.Itoa(s.Positives), strconv.Itoa(s.Negatives),
			report.Number(float64(s.Sentences)/n, 1), report.Number(float64(s.Characters)/n, 0), report.Number(float64(s.Tokens)/n, 0),
		})
	}
	p.Table([]string{"set", "positives", "negatives", "sentences each", "characters each", "tokens each"}, rows)
	p.Text("A negative is another passage of the set with the same query: of those nearest by BM25 that are not paired with the query, hold no answer and none of " +
		"the relevant sentences; or one that the data labels.")
}

func (p page) means() {
	p.Section("Mean over the sets")
	p.Part("Without a threshold")
	p.Text("Average precision (AP): of the relevant sentences among those of a passage, mean over passages. Area: under the curve of answers kept against characters " +
		"removed, one threshold for all passages of a set. Document AUC: that a positive scores above a negative, over all queries; MRR and nDCG@10: the positive " +
		"among the negatives of its query. ECE: expected calibration error over ten bins, of documents with positives and negatives of equal weight, and of the " +
		"sentences of positives. Equal scores count as in random order.")
	p.Table(rankedHeader(), p.eachSystem(func(s SystemReport) []string { return rankedCells(s.Mean.Ranked) }))
	if first := p.report.Systems[0].Name; len(p.report.Runs) == 1 && len(p.report.Systems) > 1 {
		p.Part("How far " + first + " is ahead")
		p.Text("Differences of the means on the same samples; below 0, the other is ahead. For ECE, less is better.")
		rows := p.eachSystem(func(s SystemReport) []string { return rankedCells(s.Behind) })
		p.Table(rankedHeader(), rows[1:])
	}
	p.equalRemoval()
	p.oneThreshold()
	p.Part("At thresholds")
	p.Text("Answer kept: an answer that the passage holds is kept, or, where it holds none literally, one relevant sentence. Relevant kept: at least one relevant " +
		"sentence is kept. Emptied: nothing is kept. Removed: of the characters and tokens of positive passages, and of the characters of negative ones. Precision, " +
		"recall and F2: of sentences, over a whole set.")
	var rows [][]string
	for _, s := range p.report.Systems {
		for _, g := range grouped(s.Settings) {
			rows = append(rows, append([]string{s.Name + " " + g.title}, thresholdCells(s.Mean.At[g.setting])...))
		}
	}
	p.Table(thresholdHeader("system, threshold"), rows)
}

// equalRemoval compares all systems where they remove the same.
func (p page) equalRemoval() {
	p.Part("Answers kept at equal removal")
	p.Table(removedHeader("system"), p.eachSystem(func(s SystemReport) []string {
		var cells []string
		for _, k := range keptAt {
			cells = append(cells, percent(s.Mean.Ranked, k.measure))
		}
		return cells
	}))
	first := p.report.Systems[0]
	if len(first.Settings) == 0 || len(p.report.Systems) < 2 {
		return
	}
	p.Text("The same at the removal that %s reaches on each set at its thresholds, mean over the sets:", first.Name)
	header := []string{"threshold", "removed"}
	for _, s := range p.report.Systems {
		header = append(header, s.Name)
	}
	var rows [][]string
	for _, g := range grouped(first.Settings) {
		row := []string{g.title, percent(first.Mean.At[g.setting], CharactersRemoved)}
		for _, s := range p.report.Systems {
			row = append(row, report.Percent(s.keptLike(first, g.setting)))
		}
		rows = append(rows, row)
	}
	p.Table(header, rows)
}

// eachSystem makes a row for each system.
func (p page) eachSystem(cells func(SystemReport) []string) [][]string {
	var rows [][]string
	for _, s := range p.report.Systems {
		rows = append(rows, append([]string{s.Name}, cells(s)...))
	}
	return rows
}
