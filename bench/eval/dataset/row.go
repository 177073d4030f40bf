package dataset

import "fmt"

// Row is one query with one passage whose sentences are labelled.
type Row struct {
	// ID is unique in the set.
	ID string
	// Dataset is the name of the set.
	Dataset string
	Query   string
	Title   string
	// Text is the passage; of a page its visible text, one unit a line.
	Text string
	// Sentences are ranges of Text in ascending order, none of them blank.
	Sentences []Span
	// Relevant are the indices of the sentences that help, ascending.
	Relevant []int
	// Answers are strings of which one is enough.
	Answers []string
	// Positive says that the passage helps; then Relevant is not empty.
	Positive bool
}

// Span is the half-open range [Start, End) of bytes of a text.
type Span struct{ Start, End int }

// Sentence is the text of sentence i.
func (r *Row) Sentence(i int) string { return r.Text[r.Sentences[i].Start:r.Sentences[i].End] }

// Set is the rows of one name, in the order of reading.
type Set struct {
	Name string
	Rows []Row
}

// Problem is a line that cannot be used, and why.
type Problem struct {
	File string
	// Line counts from 1.
	Line int
	Text string
}

// String is "file:line: text".
func (p Problem) String() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text) }

// Data is what was read.
type Data struct {
	// Sets are sorted by name.
	Sets []Set
	// Problems are the lines that are in no set, in the order of reading.
	Problems []Problem
}
