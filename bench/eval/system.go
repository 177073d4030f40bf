package eval

import "context"

// System scores sentences and passages for a query. It is safe for concurrent
// use.
type System interface {
	// Info says what the system is; the same at every call.
	Info() Info
	// Score returns the scores of every passage of r, in order. A higher score
	// means more relevant; no score is NaN except Scores.Passage.
	Score(ctx context.Context, r Request) ([]Scores, error)
}

// Info describes a system.
type Info struct {
	// Name heads its columns; unique in a run. Mandatory.
	Name string `json:"name"`
	// Version says exactly what was run.
	Version string `json:"version"`
	// Absolute says that sentence scores are 0 to 1 and mean the same in every
	// passage, so that one threshold serves all: the system is measured at
	// Options.Thresholds. Otherwise it is measured at its presets only, and
	// compared by rank.
	Absolute bool `json:"absolute"`
	// Probability says that all scores are meant as probabilities, so that
	// their calibration can be measured.
	Probability bool `json:"probability"`
	// Presets are the system's own thresholds by name.
	Presets map[string]float64 `json:"presets"`
	// Shares names the systems whose scores it takes over, so that the time
	// told for it is only what it adds to theirs.
	Shares []string `json:"shares,omitempty"`
}

// Request is a query with passages, as a retriever would deliver them.
type Request struct {
	// Set and ID name the row that the query comes from.
	Set, ID string
	Query   string
	// Passages are to be scored. The first is the row's own.
	Passages []Passage
}

// Passage is a text cut into sentences.
type Passage struct {
	// ID is that of the row which the passage comes from.
	ID    string
	Title string
	// Sentences are never empty.
	Sentences []string
}

// Scores are those of one passage.
type Scores struct {
	// Sentences has a score for each sentence. Empty means that there are
	// none, and the passage is left out where they would count.
	Sentences []float32
	// Passage is the relevance of the whole. NaN means that there is none.
	Passage float64
}
