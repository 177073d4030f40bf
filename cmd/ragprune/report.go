package main

import (
	"fmt"
	"io"

	"github.com/alecthomas/kong"

	"github.com/ragprune/ragprune/api/playground"
	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/prune"
)

// explainMode says how an answer is explained; empty is not at all.
type explainMode string

const (
	// explainUnits adds every unit to the JSON.
	explainUnits explainMode = "units"
	// explainHTML writes a page instead of the answer.
	explainHTML explainMode = "html"
)

// Decode reads what stands behind --explain: nothing, "units" or "html". Any
// other word is no part of the flag but the next path.
func (m *explainMode) Decode(ctx *kong.DecodeContext) error {
	next := ctx.Scan.Peek()
	switch word := explainMode(next.String()); {
	case word == explainUnits || word == explainHTML:
		ctx.Scan.Pop()
		*m = word
	case next.Type == kong.FlagValueToken:
		return fmt.Errorf("%q is neither html nor units", next)
	default:
		*m = explainUnits
	}
	return nil
}

// IsBool lets the flag stand alone.
func (explainMode) IsBool() bool { return true }

// reportRequest makes of r a request that a report can be made of.
func reportRequest(r prune.Request) prune.Request {
	r.Explain, r.Offsets = true, htmlprune.UTF16
	return r
}

// writeReport writes the answer to r as a page.
func writeReport(w io.Writer, p *prune.Pruner, r prune.Request, response *prune.Response) error {
	report := playground.Report{
		Request: r, Response: response, Scorer: r.Scorer, Presets: make(map[prune.Scorer]map[string]float64),
	}
	scorers := p.Scorers()
	if report.Scorer == "" {
		report.Scorer = scorers[0]
	}
	for _, s := range scorers {
		report.Presets[s] = p.Presets(s)
	}
	return report.Write(w)
}
