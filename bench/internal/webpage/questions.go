package webpage

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

//go:embed questions.jsonl
var questionsFile []byte

// Question is one line of questions.jsonl.
type Question struct {
	// Page is the name of the HTML file without its ending.
	Page  string `json:"page"`
	Query string `json:"query"`
	// Answers are strings of the visible text, any of which answers; none if
	// the page does not answer.
	Answers    []string `json:"answers"`
	Answerable bool     `json:"answerable"`
}

// Page is a page with its questions.
type Page struct {
	// Name is that of the HTML file without its ending.
	Name      string
	Questions []Question
}

// Load reads the questions of the pages in a comma-separated list, of all
// if it is empty. In the file those of a page follow each other.
func Load(list string) ([]Page, error) {
	var pages []Page
	wanted := strings.Split(list, ",")
	lines := bufio.NewScanner(bytes.NewReader(questionsFile))
	for n := 1; lines.Scan(); n++ {
		var q Question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			return nil, fmt.Errorf("questions.jsonl:%d: %w", n, err)
		}
		if q.Answerable != (len(q.Answers) > 0) {
			return nil, fmt.Errorf("questions.jsonl:%d: answerable and answers disagree", n)
		}
		if list != "" && !slices.Contains(wanted, q.Page) {
			continue
		}
		if len(pages) == 0 || pages[len(pages)-1].Name != q.Page {
			pages = append(pages, Page{Name: q.Page})
		}
		last := &pages[len(pages)-1]
		last.Questions = append(last.Questions, q)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("questions.jsonl: %w", err)
	}
	if len(pages) == 0 {
		return nil, fmt.Errorf("no questions about %q", list)
	}
	return pages, nil
}
