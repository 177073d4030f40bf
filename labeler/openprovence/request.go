package openprovence

import (
	"encoding/json"
	"fmt"
	"strings"
)

// InvalidError says what is wrong with a request.
type InvalidError struct {
	// Field is the argument, as JSON names it; empty for the whole request.
	Field string
	// Message goes on after the name of the field.
	Message string
}

func (e *InvalidError) Error() string {
	return strings.TrimSpace("openprovence: " + e.Field + " " + e.Message)
}

// Invalid returns the field as a JSON pointer, and the message.
func (e *InvalidError) Invalid() (pointer, message string) {
	if e.Field == "" {
		return "", e.Message
	}
	return "/" + e.Field, e.Message
}

// Texts is a text or a list of Texts: how process() takes questions, contexts
// and titles.
type Texts struct {
	// Text is the text, if this is none.
	Text string
	// List is the list. A list of nothing is not nil.
	List []Texts
	// read says that JSON had it.
	read bool
}

// Text returns a single text.
func Text(s string) Texts { return Texts{Text: s} }

// List returns a list.
func List(items ...Texts) Texts { return Texts{List: append([]Texts{}, items...)} }

// Strings returns a list of texts.
func Strings(s ...string) Texts {
	t := List()
	for _, x := range s {
		t.List = append(t.List, Text(x))
	}
	return t
}

func (t Texts) isList() bool { return t.List != nil }

// missing reports whether JSON had nothing for t.
func (t Texts) missing() bool { return !t.read }

// strings returns a list's texts; ok is false if it holds lists.
func (t Texts) strings() (out []string, ok bool) {
	for _, x := range t.List {
		if x.isList() {
			return nil, false
		}
		out = append(out, x.Text)
	}
	return out, true
}

// UnmarshalJSON reads a string or an array of such.
func (t *Texts) UnmarshalJSON(b []byte) error {
	t.read = string(b) != "null"
	if strings.HasPrefix(string(b), "[") {
		t.List = []Texts{}
		return json.Unmarshal(b, &t.List)
	}
	return json.Unmarshal(b, &t.Text)
}

// Title says what process() is to take as titles. The zero value is its
// default, the first sentence of each text.
type Title struct {
	// None says that there is no title.
	None bool
	// Texts is one title for all, one per text, or one list of them per
	// question. Nil means the first sentence.
	Texts *Texts
}

// UnmarshalJSON reads null, "first_sentence", or titles.
func (t *Title) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		t.None = true
		return nil
	}
	var texts Texts
	if err := json.Unmarshal(b, &texts); err != nil {
		return err
	}
	if texts.isList() || texts.Text != "first_sentence" {
		t.Texts = &texts
	}
	return nil
}

// Request has the arguments of process() by their names. Zero values are its
// defaults.
type Request struct {
	// Question is one question or a list. Mandatory.
	Question Texts `json:"question"`
	// Context is a text, a list of texts or of lists of sentences, or, for
	// several questions, a list with an entry for each. Mandatory.
	Context Texts `json:"context"`
	Title   Title `json:"title"`
	// FirstLineAsTitle takes the first line of each text for its title.
	FirstLineAsTitle bool `json:"first_line_as_title"`
	// Threshold is what a sentence's score must exceed. Nil means the model's.
	Threshold *float64 `json:"threshold"`
	// AlwaysSelectTitle keeps the title, once anything is kept.
	AlwaysSelectTitle bool `json:"always_select_title"`
	// Reorder sorts the texts of each question by score; TopK then keeps the
	// best. Nil means all.
	Reorder bool `json:"reorder"`
	TopK    *int `json:"top_k"`
	// Language is auto (also when empty), en or ja.
	Language string `json:"language"`
	// UseBestRerankerScore takes the best score of a text's blocks, not that of
	// the first. Nil means true.
	UseBestRerankerScore *bool `json:"use_best_reranker_score"`
	// ZeroScoreWhenEmpty gives a text of which nothing is kept the score 0. Nil
	// means true.
	ZeroScoreWhenEmpty *bool `json:"zero_score_when_empty"`
	// StripSentences drops white space around sentences.
	StripSentences bool `json:"strip_sentences"`
	// RespectSentenceBoundaries cuts only sentences that no block can hold.
	RespectSentenceBoundaries bool `json:"respect_sentence_boundaries"`
	// ReturnSentenceMetrics and ReturnSentenceTexts put the scores of sentences
	// and the sentences themselves into the JSON of the answer.
	ReturnSentenceMetrics bool `json:"return_sentence_metrics"`
	ReturnSentenceTexts   bool `json:"return_sentence_texts"`
	// BatchSize is accepted and changes nothing.
	BatchSize int `json:"batch_size"`
	// Defects brings back the known defects of the reference, which has no such
	// argument; see the package.
	Defects bool `json:"defects"`
}

// shape is how the answer is nested.
type shape int

const (
	shapeText    shape = iota // one question, one text
	shapeList                 // one question, a list of texts
	shapeAligned              // a text per question
	shapeNested               // a list of texts per question
)

// source is a text, or its sentences.
type source struct {
	text string
	// sentences are given, not found; nil means that they are to be found.
	sentences []string
}

// task is a question with its texts.
type task struct {
	question string
	sources  []source
	// titles has the title of each text; it may be shorter. firstSentence says
	// that the first sentence is the title instead.
	titles        []string
	firstSentence bool
}

func invalid(field, format string, args ...any) error {
	return &InvalidError{Field: field, Message: fmt.Sprintf(format, args...)}
}

// tasks brings the forms that process() takes into one.
func (r *Request) tasks() ([]task, shape, error) {
	questions := []string{r.Question.Text}
	if r.Question.isList() {
		var ok bool
		if questions, ok = r.Question.strings(); !ok {
			return nil, 0, invalid("question", "holds a list of lists")
		}
	}
	groups, form, err := r.groups(len(questions))
	if err != nil {
		return nil, 0, err
	}
	tasks := make([]task, len(questions))
	for i, q := range questions {
		tasks[i] = task{question: q}
		for _, item := range groups[i] {
			s, err := newSource(item)
			if err != nil {
				return nil, 0, err
			}
			tasks[i].sources = append(tasks[i].sources, s)
		}
	}
	return tasks, form, r.setTitles(tasks)
}

// groups returns the texts of each question.
func (r *Request) groups(questions int) ([][]Texts, shape, error) {
	c := r.Context
	switch {
	case !c.isList() && questions == 1:
		return [][]Texts{{c}}, shapeText, nil
	case !c.isList():
		return nil, 0, invalid("context", "is one text, question has %d entries", questions)
	case questions == 1:
		return [][]Texts{c.List}, shapeList, nil
	case len(c.List) != questions:
		return nil, 0, invalid("context", "has %d entries, question %d", len(c.List), questions)
	}
	groups, lists := make([][]Texts, questions), 0
	for i, item := range c.List {
		groups[i] = []Texts{item}
		if item.isList() {
			groups[i] = item.List
			lists++
		}
	}
	switch lists {
	case 0:
		return groups, shapeAligned, nil
	case questions:
		return groups, shapeNested, nil
	default:
		return nil, 0, invalid("context", "mixes texts and lists, want one kind for several questions")
	}
}

func newSource(t Texts) (source, error) {
	if !t.isList() {
		return source{text: t.Text}, nil
	}
	given, ok := t.strings()
	if !ok {
		return source{}, invalid("context", "is nested too deeply")
	}
	return source{sentences: append([]string{}, given...)}, nil
}

// setTitles gives each text its title.
func (r *Request) setTitles(tasks []task) error {
	if r.FirstLineAsTitle {
		if r.Title.Texts != nil {
			return invalid("title", "and first_line_as_title exclude each other")
		}
		for i := range tasks {
			tasks[i].cutTitles()
		}
		return nil
	}
	t := r.Title.Texts
	switch {
	case r.Title.None:
		return nil
	case t == nil:
		for i := range tasks {
			tasks[i].firstSentence = true
		}
		return nil
	case !t.isList():
		for i := range tasks {
			tasks[i].repeatTitle(t.Text)
		}
		return nil
	}
	return setTitleList(tasks, *t)
}

func setTitleList(tasks []task, t Texts) error {
	if titles, ok := t.strings(); ok && (len(tasks) == 1 || len(titles) == len(tasks)) {
		for i := range tasks {
			if len(tasks) == 1 {
				tasks[i].titles = titles
			} else {
				tasks[i].repeatTitle(titles[i])
			}
		}
		return nil
	}
	if len(t.List) != len(tasks) {
		return invalid("title", "has %d entries, want one per text or one per question", len(t.List))
	}
	for i, item := range t.List {
		titles, ok := item.strings()
		if !ok || !item.isList() {
			return invalid("title", "mixes texts and lists")
		}
		tasks[i].titles = titles
	}
	return nil
}

func (t *task) repeatTitle(title string) {
	for range t.sources {
		t.titles = append(t.titles, title)
	}
}

// cutTitles takes the first line that is not blank off each text.
func (t *task) cutTitles() {
	for i, s := range t.sources {
		parts := s.sentences
		if parts == nil {
			parts = lines(s.text)
		}
		title, rest := "", parts
		for k, p := range parts {
			if !isBlank(p) {
				title, rest = strings.TrimRight(p, "\r\n"), parts[k+1:]
				break
			}
		}
		t.titles = append(t.titles, title)
		if s.sentences == nil {
			t.sources[i].text = strings.Join(rest, "")
		} else {
			t.sources[i].sentences = append([]string{}, rest...)
		}
	}
}
