package main

import (
	"context"
	"fmt"

	"github.com/ragprune/ragprune/bench/internal/remote"
	"github.com/ragprune/ragprune/bench/internal/report"
	"github.com/ragprune/ragprune/bench/internal/webpage"
	"github.com/ragprune/ragprune/prune"
)

// asker asks questions and keeps count.
type asker struct {
	client   *remote.Client
	settings []setting
	// model is what the service said it is.
	model string
}

// pageResult is what came back for the questions of a page.
type pageResult struct {
	webpage.Page
	// before is the page's tokens with markup, visible those of all its text.
	before, visible int
	outcomes        []outcome
}

// outcome is one answer of the service.
type outcome struct {
	webpage.Question
	setting string
	format  prune.Format
	// kept reports whether an answer is in the output.
	kept         bool
	tokens       int
	invented     int
	milliseconds float64
	// read is what the model read, in tokens.
	read int
	// cold is set if the model ran for this answer.
	cold bool
	// degraded is set if the service took a cheaper way.
	degraded bool
}

// ask sends every question with every setting, as text and as HTML. The first
// request of a question runs the model; the others use its scores.
func (a *asker) ask(ctx context.Context, p webpage.Page, source string) (pageResult, error) {
	result := pageResult{Page: p}
	pageWords := webpage.Words(webpage.NumberedText(source))
	for i, q := range p.Questions {
		for _, s := range a.settings {
			for _, format := range []prune.Format{prune.FormatText, prune.FormatHTML} {
				answer, err := a.client.Prune(ctx, s.request(q, source, format))
				if err != nil {
					return result, fmt.Errorf("%q: %w", q.Query, err)
				}
				if len(answer.Results) != 1 {
					return result, fmt.Errorf("%q: %d results for one document", q.Query, len(answer.Results))
				}
				a.model, result.before = answer.Model, answer.Results[0].Tokens.Before
				result.outcomes = append(result.outcomes, judge(q, s, format, answer, pageWords))
			}
		}
		if i == 0 {
			visible, err := a.visible(ctx, q, source)
			if err != nil {
				return result, err
			}
			result.visible = visible
		}
	}
	return result, nil
}

func judge(q webpage.Question, s setting, format prune.Format, answer remote.Answer, pageWords []string) outcome {
	got := answer.Results[0]
	text := got.Text
	if format == prune.FormatHTML {
		text = webpage.Text(text)
	}
	return outcome{
		Question: q, setting: s.name, format: format,
		kept: webpage.HoldsAnswer(text, q.Answers), tokens: got.Tokens.After, invented: webpage.Invented(webpage.Words(text), pageWords),
		milliseconds: report.Milliseconds(answer.Elapsed),
		read:         answer.Usage.ModelTokens,
		cold:         answer.Usage.ModelTokens > 0, degraded: got.Degraded != nil,
	}
}

// visible is the number of tokens of the page's whole text: at threshold 0
// every unit stays.
func (a *asker) visible(ctx context.Context, q webpage.Question, source string) (int, error) {
	zero := 0.0
	answer, err := a.client.Prune(ctx, setting{threshold: &zero}.request(q, source, prune.FormatText))
	if err != nil {
		return 0, fmt.Errorf("whole text: %w", err)
	}
	return answer.Results[0].Tokens.After, nil
}

// progress is one line about the page.
func (r pageResult) progress(s setting) string {
	got := r.where(s.name, prune.FormatText)
	return fmt.Sprintf("%d of %d answers kept, %d of %d tokens, %.0f ms cold", kept(got), answerable(got),
		int(report.Mean(values(got, tokensAfter))), r.visible, report.Median(times(r.outcomes, true)))
}

// where selects the outcomes of a setting and a format.
func (r pageResult) where(setting string, format prune.Format) []outcome {
	var out []outcome
	for _, o := range r.outcomes {
		if o.setting == setting && o.format == format {
			out = append(out, o)
		}
	}
	return out
}
