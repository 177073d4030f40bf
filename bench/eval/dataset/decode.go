package dataset

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ragprune/ragprune/htmlprune"
)

// source is a line as it comes. Nil means that the field is missing or null.
type source struct {
	ID        jsontext.Value   `json:"id"`
	Dataset   *string          `json:"dataset"`
	Query     *string          `json:"query"`
	Title     *string          `json:"title"`
	Text      *string          `json:"text"`
	HTML      *string          `json:"html"`
	Sentences *[][]int         `json:"sentences"`
	Relevant  []jsontext.Value `json:"relevant"`
	Answer    jsontext.Value   `json:"answer"`
	Positive  *bool            `json:"positive"`
}

// decode returns the row of a line, or what is wrong with it.
func decode(line []byte, set string) (row Row, wrong []string) {
	if !utf8.Valid(line) {
		return Row{}, []string{"invalid UTF-8"}
	}
	var s source
	if err := json.Unmarshal(line, &s); err != nil {
		return Row{}, []string{jsonProblem(err)}
	}
	d := decoder{row: Row{Dataset: set}}
	d.names(s)
	d.passage(s)
	d.answers(s)
	if len(d.wrong) == 0 {
		d.relevance(s)
	}
	return d.row, d.wrong
}

// jsonProblem says what is wrong in the words of the file, not of the program.
func jsonProblem(err error) string {
	var semantic *json.SemanticError
	if errors.As(err, &semantic) && semantic.JSONPointer != "" {
		return fmt.Sprintf("%s has the wrong type: %s", strings.TrimPrefix(string(semantic.JSONPointer), "/"), semantic.JSONKind)
	}
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fmt.Sprintf("invalid JSON at byte %d: %v", syntactic.ByteOffset, syntactic.Err)
	}
	return "no JSON object: " + err.Error()
}

// decoder fills a row and notes what is wrong.
type decoder struct {
	row   Row
	wrong []string
}

func (d *decoder) fault(format string, args ...any) {
	d.wrong = append(d.wrong, fmt.Sprintf(format, args...))
}

func (d *decoder) names(s source) {
	d.row.ID = d.identity(s.ID)
	if d.row.Query = deref(s.Query); s.Query == nil {
		d.fault("query is missing")
	} else if isBlank(d.row.Query) {
		d.fault("query is empty")
	}
	d.row.Title = deref(s.Title)
	if s.Dataset != nil && *s.Dataset != "" {
		d.row.Dataset = *s.Dataset
	}
}

// identity reads an id that is a string or a number.
func (d *decoder) identity(v jsontext.Value) string {
	switch v.Kind() {
	case '"':
		var id string
		if err := json.Unmarshal(v, &id); err == nil && id != "" {
			return id
		}
		d.fault("id is empty")
	case '0':
		return string(v)
	case 'n', 0:
		d.fault("id is missing")
	default:
		d.fault("id is neither a string nor a number")
	}
	return ""
}

func (d *decoder) passage(s source) {
	switch {
	case s.Text == nil && s.HTML == nil:
		d.fault("text is missing")
	case s.Text != nil && s.HTML != nil:
		d.fault("text and html exclude each other")
	case s.HTML != nil && s.Sentences != nil:
		d.fault("sentences need text; those of html are cut by htmlprune")
	case s.HTML != nil:
		d.page(*s.HTML)
	case isBlank(*s.Text):
		d.fault("text is empty")
	default:
		d.row.Text = *s.Text
		d.sentences(s.Sentences)
	}
}

// page takes the units of a page as sentences, one a line.
func (d *decoder) page(html string) {
	var b strings.Builder
	for _, u := range htmlprune.Parse(html, htmlprune.Options{Format: htmlprune.HTML}).Units {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		start := b.Len()
		b.WriteString(u.Text)
		d.row.Sentences = append(d.row.Sentences, Span{start, b.Len()})
	}
	if d.row.Text = b.String(); isBlank(d.row.Text) {
		d.fault("html has no visible text")
	}
}

func (d *decoder) sentences(given *[][]int) {
	if given == nil {
		for _, u := range htmlprune.Parse(d.row.Text, htmlprune.Options{Format: htmlprune.Text}).Units {
			d.row.Sentences = append(d.row.Sentences, Span(u.Span))
		}
		if len(d.row.Sentences) == 0 {
			d.fault("text is empty")
		}
		return
	}
	if len(*given) == 0 {
		d.fault("sentences is empty; leave it out to have the text cut")
	}
	places, end := newOffsets(d.row.Text), 0
	for i, s := range *given {
		switch {
		case len(s) != 2:
			d.fault("sentences[%d] has %d numbers; it must be [start, end)", i, len(s))
			return
		case s[0] >= s[1]:
			d.fault("sentences[%d] is [%d, %d), which holds nothing", i, s[0], s[1])
			return
		case s[0] < end:
			d.fault("sentences[%d] starts at %d, before %d, where the text or the sentence before it leaves off", i, s[0], end)
			return
		case s[1] > places.count:
			d.fault("sentences[%d] ends at %d; the text has %d code points", i, s[1], places.count)
			return
		}
		end = s[1]
		span := places.span(s[0], s[1])
		if isBlank(d.row.Text[span.Start:span.End]) {
			d.fault("sentences[%d] is blank", i)
		}
		d.row.Sentences = append(d.row.Sentences, span)
	}
}

// answers reads a string or a list of strings; empty ones are left out.
func (d *decoder) answers(s source) {
	var list []string
	switch s.Answer.Kind() {
	case 'n', 0:
	case '"':
		list = make([]string, 1)
		if err := json.Unmarshal(s.Answer, &list[0]); err != nil {
			d.fault("answer: %v", err)
		}
	default:
		if err := json.Unmarshal(s.Answer, &list); err != nil {
			d.fault("answer is neither a string nor a list of strings")
		}
	}
	for _, a := range list {
		if !isBlank(a) {
			d.row.Answers = append(d.row.Answers, a)
		}
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func isBlank(s string) bool { return strings.TrimSpace(s) == "" }
