// Package devset has a labelled row as it is written, for programs that write
// or carry some. What is not here: reading and checking (package
// bench/eval/dataset).
package devset

// Row is one query with one passage.
type Row struct {
	ID      string `json:"id"`
	Dataset string `json:"dataset"`
	Query   string `json:"query"`
	Title   string `json:"title"`
	Text    string `json:"text"`
	// Sentences are half-open ranges of code points in Text.
	Sentences [][2]int `json:"sentences"`
	// Relevant are the indices of the sentences that answer.
	Relevant []int    `json:"relevant"`
	Answers  []string `json:"answer"`
	// Positive is false for a passage that is known not to answer.
	Positive bool `json:"positive"`
}
