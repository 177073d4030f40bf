package prune

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// The limits that a zero Limits stands for.
const (
	DefaultDocuments     = 1000
	DefaultQueryBytes    = 16 << 10
	DefaultDocumentBytes = 8 << 20
	DefaultNodes         = 1 << 16
	DefaultUnits         = 200_000
	DefaultPatterns      = 100
	DefaultPatternBytes  = 1000
	DefaultLabelling     = 4096
	DefaultCoarseTokens  = 32 << 10
)

// What a request may ask for at most, whatever the Limits: values above are
// mistakes, and some would overflow.
const (
	maxAround      = 1000
	maxAttributes  = 16
	maxGranularity = 1_000_000
	maxTokens      = 1 << 30
	maxTimeoutMS   = 24 * 60 * 60 * 1000
)

// nodeBytes is how much of a document brings another node beside Limits.Nodes.
const nodeBytes = 48

// Limits bound what a request may bring. A zero field means its default.
type Limits struct {
	// Documents is the largest number of documents. More is an error.
	Documents int
	// QueryBytes is where a query is cut, with a warning.
	QueryBytes int
	// DocumentBytes is where a document is cut, with a warning.
	DocumentBytes int
	// Nodes is how many elements and texts of the documents of a request are read,
	// small documents first, beside one for every 48 bytes of each; sentences are
	// three quarters of that (htmlprune.Limits). Behind it a document is cut, with
	// a warning: this is what bounds the memory that a request takes.
	Nodes int
	// Units is the largest number of units over all documents of a request
	// that models score. The documents behind are answered as Fallback
	// says.
	Units int
	// Patterns bounds the number of patterns, and that of selectors. More is
	// an error.
	Patterns int
	// PatternBytes bounds the length of one pattern or selector. Longer is an
	// error.
	PatternBytes int
	// Labelling is the largest number of documents in the labeler, the
	// embedder and the generator at once over all requests, those of callers who have gone
	// included. The documents above are answered as Fallback says.
	Labelling int
	// CoarseTokens is how much of the documents of a request reaches the models
	// that has all of Options.Timeout; less time means its part. The coarse step
	// leaves out the rest. The default is about 10 s of the default model on two
	// cores, a third of the default timeout: others have requests too.
	CoarseTokens int
}

// share gives every job the nodes that its document may have: of Limits.Nodes all
// the same number, less where a document is too small to have so many.
func (l Limits) share(jobs []*job) {
	size := func(j *job) int {
		source, _ := j.document.source()
		return min(len(source), l.DocumentBytes)
	}
	bySize := slices.SortedFunc(slices.Values(jobs), func(a, b *job) int { return cmp.Compare(size(a), size(b)) })
	left := l.Nodes
	for i, j := range bySize {
		j.nodes = min(size(j), left/(len(jobs)-i))
		left -= j.nodes
		j.nodes += size(j)/nodeBytes + 1
	}
}

// Validate reports negative limits.
func (l Limits) Validate() error {
	var errs []error
	for _, f := range l.fields() {
		if *f.value < 0 {
			errs = append(errs, fmt.Errorf("Limits.%s is %d, want 0 or more", f.name, *f.value))
		}
	}
	return errors.Join(errs...)
}

// withDefaults returns l with its zero fields filled in.
func (l Limits) withDefaults() Limits {
	for _, f := range l.fields() {
		if *f.value == 0 {
			*f.value = f.standard
		}
	}
	return l
}

type limitField struct {
	name     string
	value    *int
	standard int
}

func (l *Limits) fields() []limitField {
	return []limitField{
		{"Documents", &l.Documents, DefaultDocuments},
		{"QueryBytes", &l.QueryBytes, DefaultQueryBytes},
		{"DocumentBytes", &l.DocumentBytes, DefaultDocumentBytes},
		{"Nodes", &l.Nodes, DefaultNodes},
		{"Units", &l.Units, DefaultUnits},
		{"Patterns", &l.Patterns, DefaultPatterns},
		{"PatternBytes", &l.PatternBytes, DefaultPatternBytes},
		{"Labelling", &l.Labelling, DefaultLabelling},
		{"CoarseTokens", &l.CoarseTokens, DefaultCoarseTokens},
	}
}
