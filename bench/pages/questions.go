package main

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ragprune/ragprune/prune"
)

//go:embed questions.jsonl
var questionsFile []byte

// question is one line of questions.jsonl.
type question struct {
	// Page is the name of the HTML file without its ending.
	Page  string `json:"page"`
	Query string `json:"query"`
	// Answers are strings of the visible text, any of which answers; none if
	// the page does not answer.
	Answers    []string `json:"answers"`
	Answerable bool     `json:"answerable"`
}

// page is a page with its questions.
type page struct {
	name      string
	questions []question
}

// loadPages reads the questions of the pages in a comma-separated list, of all
// if it is empty. In the file those of a page follow each other.
func loadPages(list string) ([]page, error) {
	var pages []page
	wanted := strings.Split(list, ",")
	lines := bufio.NewScanner(bytes.NewReader(questionsFile))
	for n := 1; lines.Scan(); n++ {
		var q question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			return nil, fmt.Errorf("questions.jsonl:%d: %w", n, err)
		}
		if q.Answerable != (len(q.Answers) > 0) {
			return nil, fmt.Errorf("questions.jsonl:%d: answerable and answers disagree", n)
		}
		if list != "" && !slices.Contains(wanted, q.Page) {
			continue
		}
		if len(pages) == 0 || pages[len(pages)-1].name != q.Page {
			pages = append(pages, page{name: q.Page})
		}
		last := &pages[len(pages)-1]
		last.questions = append(last.questions, q)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("questions.jsonl: %w", err)
	}
	if len(pages) == 0 {
		return nil, fmt.Errorf("no questions about %q", list)
	}
	return pages, nil
}

// setting is what a question is asked with.
type setting struct {
	name      string
	preset    string
	threshold *float64
	maxTokens int
	// boilerplate is empty for the service's default.
	boilerplate prune.Boilerplate
}

// parseSettings reads a list such as "safe,0.1,balanced/1024".
func parseSettings(list string) ([]setting, error) {
	var settings []setting
	for name := range strings.SplitSeq(list, ",") {
		s := setting{name: name}
		what, budget, limited := strings.Cut(name, "/")
		if limited {
			n, err := strconv.Atoi(budget)
			if err != nil || n <= 0 {
				return nil, fmt.Errorf("setting %q: the budget is not a positive number", name)
			}
			s.maxTokens = n
		}
		if t, err := strconv.ParseFloat(what, 64); err == nil {
			s.threshold = &t
		} else {
			s.preset = what
		}
		settings = append(settings, s)
	}
	return settings, nil
}

// withBoilerplate is every setting with every way of a list such as
// "keep,drop", way by way, or the settings if the list is empty.
func withBoilerplate(settings []setting, list string) []setting {
	if list == "" {
		return settings
	}
	var out []setting
	for way := range strings.SplitSeq(list, ",") {
		for _, s := range settings {
			s.name += " " + way
			s.boilerplate = prune.Boilerplate(way)
			out = append(out, s)
		}
	}
	return out
}

// request asks q about a page with the setting.
func (s setting) request(q question, source string, format prune.Format) prune.Request {
	return prune.Request{
		Query: q.Query, Documents: []prune.Document{{ID: q.Page, HTML: &source}},
		Preset: s.preset, Threshold: s.threshold, MaxTokens: s.maxTokens, Format: format,
		Boilerplate: s.boilerplate,
	}
}
