package playground

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"

	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/prune"
)

// Report is an answer in a page of its own, which shows what another threshold
// or budget would keep. It fetches nothing and can be opened from a file.
type Report struct {
	// Request is what was asked. Explain must be set and Offsets be UTF-16.
	Request prune.Request
	// Response is the answer. Mandatory.
	Response *prune.Response
	// Scorer is the one that was used; a request may leave it out.
	Scorer prune.Scorer
	// Presets are the thresholds by name of every scorer.
	Presets map[prune.Scorer]map[string]float64
}

// Validate reports what is missing.
func (r Report) Validate() error {
	var errs []error
	if r.Response == nil {
		errs = append(errs, errors.New("Response is mandatory"))
	}
	if !r.Request.Explain {
		errs = append(errs, errors.New("Request.Explain is not set, so the answer has no units"))
	}
	if r.Request.Offsets != htmlprune.UTF16 {
		errs = append(errs, fmt.Errorf("Request.Offsets is %q, want utf16", r.Request.Offsets))
	}
	if r.Scorer == "" {
		errs = append(errs, errors.New("Scorer is mandatory"))
	}
	return errors.Join(errs...)
}

// Write writes the page.
func (r Report) Write(w io.Writer) error {
	if err := r.Validate(); err != nil {
		return fmt.Errorf("playground: report: %w", err)
	}
	page, err := join("report.html")
	if err != nil {
		return fmt.Errorf("playground: report: %w", err)
	}
	// encoding/json writes <, > and & as \u escapes: no text of a document can
	// end the element or begin another.
	data, err := json.Marshal(r.data())
	if err != nil {
		return fmt.Errorf("playground: report: %w", err)
	}
	before, after, ok := bytes.Cut(page.HTML, []byte(dataElement))
	if !ok {
		return errors.New("playground: report: the page has no place for the data")
	}
	const head = `<meta charset="utf-8">`
	policy := head + "\n" + `<meta http-equiv="Content-Security-Policy" content="` + html.EscapeString(page.Policy) + `">`
	before = bytes.Replace(before, []byte(head), []byte(policy), 1)
	for _, part := range [][]byte{before, []byte(dataElement), data, after} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// dataElement begins the element of report.html that takes the data.
const dataElement = `<script type="application/json" id="data">`

// reportData is what report.js reads.
type reportData struct {
	Request reportRequest                       `json:"request"`
	Answer  *prune.Response                     `json:"answer"`
	Scorer  prune.Scorer                        `json:"scorer"`
	Presets map[prune.Scorer]map[string]float64 `json:"presets"`
}

type reportRequest struct {
	Query       string            `json:"query"`
	Documents   []reportDocument  `json:"documents"`
	Threshold   *float64          `json:"threshold,omitzero"`
	Preset      string            `json:"preset,omitzero"`
	MaxTokens   int               `json:"max_tokens,omitzero"`
	Boilerplate prune.Boilerplate `json:"boilerplate,omitzero"`
}

// reportDocument has the text between the units of a text; in a page the paths
// of units tell where a block begins.
type reportDocument struct {
	Text *string `json:"text,omitzero"`
}

func (r Report) data() reportData {
	q := r.Request
	documents := make([]reportDocument, len(q.Documents))
	for i, d := range q.Documents {
		documents[i] = reportDocument{Text: d.Text}
	}
	return reportData{
		Request: reportRequest{
			Query: q.Query, Documents: documents, Threshold: q.Threshold, Preset: q.Preset,
			MaxTokens: q.MaxTokens, Boilerplate: q.Boilerplate,
		},
		Answer: r.Response, Scorer: r.Scorer, Presets: r.Presets,
	}
}
