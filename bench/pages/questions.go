package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ragprune/ragprune/bench/internal/webpage"
	"github.com/ragprune/ragprune/prune"
)

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
func (s setting) request(q webpage.Question, source string, format prune.Format) prune.Request {
	return prune.Request{
		Query: q.Query, Documents: []prune.Document{{ID: q.Page, HTML: &source}},
		Preset: s.preset, Threshold: s.threshold, MaxTokens: s.maxTokens, Format: format,
		Boilerplate: s.boilerplate,
	}
}
