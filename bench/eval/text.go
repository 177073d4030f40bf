package eval

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteText writes the means over the sets for a terminal.
func (r *Report) WriteText(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "Mean over %d sets: %s\n\n", len(r.Sets), r.setNames())
	fmt.Fprintln(w, "SYSTEM\tAP\tAREA\tAUC\tMRR\tNDCG@10\tDOC ECE\tSENT ECE\tKEPT AT 50 %\tAT 70 %\tAT 90 %\tSECONDS")
	for _, s := range r.Systems {
		m := s.Mean.Ranked
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%.1f\n", s.Name,
			brief(m, AveragePrecision), brief(m, Area), brief(m, DocumentAUC), brief(m, DocumentMRR), brief(m, DocumentNDCG),
			brief(m, DocumentECE), brief(m, SentenceECE),
			brief(m, keptAt[1].measure), brief(m, keptAt[3].measure), brief(m, keptAt[5].measure), s.Mean.Seconds)
	}
	fmt.Fprintln(w, "\nSYSTEM\tTHRESHOLD\tANSWER KEPT\tCHARS REMOVED\tTOKENS REMOVED\tPRECISION\tRECALL\tF2")
	for _, s := range r.Systems {
		for _, g := range grouped(s.Settings) {
			m := s.Mean.At[g.setting]
			kept := "-"
			if e, ok := m[AnswerKept]; ok {
				kept = fmt.Sprintf("%.3f [%.3f, %.3f]", e.Value, e.Low, e.High)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s.Name, g.title, kept,
				brief(m, CharactersRemoved), brief(m, TokensRemoved), brief(m, Precision), brief(m, Recall), brief(m, F2))
		}
	}
	for _, note := range r.Notes {
		fmt.Fprintf(w, "\n%s\n", note)
	}
	return w.Flush()
}

func (r *Report) setNames() string {
	var names strings.Builder
	for i, s := range r.Sets {
		if i > 0 {
			names.WriteString(", ")
		}
		names.WriteString(s.Name)
	}
	return names.String()
}

// brief is a figure without its interval.
func brief(m map[Measure]Estimate, name Measure) string {
	e, ok := m[name]
	if !ok {
		return "-"
	}
	return fmt.Sprintf("%.3f", e.Value)
}
