package prune

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ragprune/ragprune/htmlprune"
)

// The codes of a FieldError.
const (
	// CodeRequired says that a mandatory field is missing, empty or blank.
	CodeRequired = "required"
	// CodeOutOfRange says that a number is outside its range, or not a number.
	CodeOutOfRange = "out_of_range"
	// CodeTooMany says that a list is longer than allowed.
	CodeTooMany = "too_many"
	// CodeTooLong says that a string is longer than allowed.
	CodeTooLong = "too_long"
	// CodeUnknownValue says that a word is not among those allowed.
	CodeUnknownValue = "unknown_value"
	// CodeConflict says that fields exclude each other.
	CodeConflict = "conflict"
	// CodeInvalidPattern says that a regular expression cannot be read.
	CodeInvalidPattern = "invalid_pattern"
	// CodeInvalidSelector says that a CSS selector cannot be read.
	CodeInvalidSelector = "invalid_selector"
	// CodeScorerUnavailable says that no model for the scorer is loaded.
	CodeScorerUnavailable = "scorer_unavailable"
)

// FieldError is one broken rule of a request. It never quotes the request.
type FieldError struct {
	// Pointer is the RFC 6901 pointer of the field, such as
	// "/documents/3/text".
	Pointer string
	// Code is stable; see the constants.
	Code string
	// Message says what is allowed.
	Message string
}

// InvalidError says which rules a request breaks. Fields is not empty.
type InvalidError struct {
	Fields []FieldError
}

// Error lists the broken rules.
func (e *InvalidError) Error() string {
	parts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		parts[i] = f.Pointer + " " + f.Message
	}
	return "prune: invalid request: " + strings.Join(parts, "; ")
}

// maxFieldErrors bounds the list of an InvalidError.
const maxFieldErrors = 20

// Validate reports every broken rule that needs no model to see, as an
// *InvalidError; Pruner.Prune also checks presets and scorers.
func (r *Request) Validate(l Limits) error {
	_, err := r.check(l.withDefaults())
	return err
}

// checked holds what the check of a request has compiled.
type checked struct {
	patterns  []*regexp.Regexp
	selectors []htmlprune.Selector
	fields    []FieldError
}

func (c *checked) fail(pointer, code, format string, args ...any) {
	if len(c.fields) < maxFieldErrors {
		c.fields = append(c.fields, FieldError{pointer, code, fmt.Sprintf(format, args...)})
	}
}

// ok reports whether no rule of the field is broken so far.
func (c *checked) ok(pointer string) bool {
	return !slices.ContainsFunc(c.fields, func(f FieldError) bool { return f.Pointer == pointer })
}

func (c *checked) err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return &InvalidError{Fields: c.fields}
}

func (r *Request) check(l Limits) (*checked, error) {
	c := &checked{}
	if strings.TrimSpace(r.Query) == "" {
		c.fail("/query", CodeRequired, "must hold a question or keywords")
	}
	r.checkNumbers(c)
	r.checkWords(c)
	r.checkKeep(c, l)
	r.checkDocuments(c, l)
	return c, c.err()
}

func (r *Request) checkNumbers(c *checked) {
	if r.Threshold != nil && !isShare(*r.Threshold) {
		c.fail("/threshold", CodeOutOfRange, "must be between 0 and 1")
	}
	if r.Threshold != nil && r.Preset != "" {
		c.fail("/preset", CodeConflict, "must not be sent together with threshold")
	}
	if !isShare(r.MinScore) {
		c.fail("/min_score", CodeOutOfRange, "must be between 0 and 1")
	}
	for _, f := range []struct {
		pointer    string
		value, max int
	}{
		{"/max_tokens", r.MaxTokens, maxTokens},
		{"/top_n", r.TopN, maxTokens},
		{"/timeout_ms", r.TimeoutMS, maxTimeoutMS},
		{"/keep/around", r.Keep.Around, maxAround},
		{"/coarse/tokens", r.Coarse.Tokens, maxTokens},
	} {
		if f.value < 0 || f.value > f.max {
			c.fail(f.pointer, CodeOutOfRange, "must be between 0 and %d", f.max)
		}
	}
}

func (r *Request) checkWords(c *checked) {
	if g := r.Granularity; g < GranularityAuto || g > maxGranularity {
		c.fail("/granularity", CodeOutOfRange, "must be between 0 and %d, or %q", maxGranularity, auto)
	}
	oneOf(c, "/order", r.Order, OrderInput, OrderScore)
	oneOf(c, "/format", r.Format, FormatSame, FormatText, FormatHTML, FormatMarkdown)
	if len(r.Attributes) > maxAttributes {
		c.fail("/attributes", CodeTooMany, "must have at most %d entries", maxAttributes)
	}
	for i, a := range r.Attributes[:min(len(r.Attributes), maxAttributes)] {
		at := "/attributes/" + strconv.Itoa(i)
		if a == "" {
			c.fail(at, CodeRequired, "must not be empty")
		}
		oneOf(c, at, a, AttrAlt, AttrHref, AttrDatetime, AttrTitle)
	}
	oneOf(c, "/fill", r.Fill, FillGreedy, FillKnapsack)
	oneOf(c, "/on_empty", r.OnEmpty, OnEmptyEmpty, OnEmptyBest, OnEmptyOriginal)
	oneOf(c, "/boilerplate", r.Boilerplate, BoilerplateDemote, BoilerplateKeep, BoilerplateDrop)
	oneOf(c, "/offsets", r.Offsets, htmlprune.Codepoint, htmlprune.Byte, htmlprune.UTF16)
	oneOf(c, "/coarse/scorer", r.Coarse.Scorer, CoarseAuto, CoarseBM25, CoarseEmbed, CoarseHybrid, CoarseNone)
	oneOf(c, "/scorer", r.Scorer, ScorerLabel, ScorerBM25, ScorerEmbed, ScorerHybrid, ScorerFused, ScorerGenerate)
}

// oneOf checks that value is empty or among allowed.
func oneOf[T ~string](c *checked, pointer string, value T, allowed ...T) {
	if value != "" && !slices.Contains(allowed, value) {
		c.fail(pointer, CodeUnknownValue, "must be one of: %s", list(allowed))
	}
}

func list[T ~string](words []T) string {
	parts := make([]string, len(words))
	for i, w := range words {
		parts[i] = string(w)
	}
	return strings.Join(parts, ", ")
}

func (r *Request) checkKeep(c *checked, l Limits) {
	eachOf(c, "/keep/patterns", r.Keep.Patterns, l, func(pointer, p string) {
		re, err := regexp.Compile(p)
		if err != nil {
			c.fail(pointer, CodeInvalidPattern, "must be a regular expression in RE2 syntax")
			return
		}
		c.patterns = append(c.patterns, re)
	})
	eachOf(c, "/keep/selectors", r.Keep.Selectors, l, func(pointer, s string) {
		sel, err := htmlprune.ParseSelector(s)
		if err != nil {
			c.fail(pointer, CodeInvalidSelector, "must be a CSS selector")
			return
		}
		c.selectors = append(c.selectors, sel)
	})
}

// eachOf calls compile for the strings that are not longer than allowed.
func eachOf(c *checked, pointer string, values []string, l Limits, compile func(pointer, value string)) {
	if len(values) > l.Patterns {
		c.fail(pointer, CodeTooMany, "must have at most %d entries", l.Patterns)
		return
	}
	for i, v := range values {
		at := pointer + "/" + strconv.Itoa(i)
		switch {
		case v == "":
			c.fail(at, CodeRequired, "must not be empty")
		case len(v) > l.PatternBytes:
			c.fail(at, CodeTooLong, "must have at most %d bytes", l.PatternBytes)
		default:
			compile(at, v)
		}
	}
}

func (r *Request) checkDocuments(c *checked, l Limits) {
	switch n := len(r.Documents); {
	case n == 0:
		c.fail("/documents", CodeRequired, "must have at least one document")
	case n > l.Documents:
		c.fail("/documents", CodeTooMany, "must have at most %d documents", l.Documents)
		return
	}
	for i := range r.Documents {
		d := &r.Documents[i]
		at := "/documents/" + strconv.Itoa(i)
		switch {
		case d.Text == nil && d.HTML == nil:
			c.fail(at, CodeRequired, "must have text or html")
		case d.Text != nil && d.HTML != nil:
			c.fail(at, CodeConflict, "must not have both text and html")
		}
		if d.Score != nil && !isFinite(*d.Score) {
			c.fail(at+"/score", CodeOutOfRange, "must be a finite number")
		}
	}
}

// check applies all rules to r.
func (p *Pruner) check(r *Request) (*checked, error) {
	c, _ := r.check(p.limits)
	if !p.isModel(r.Model) {
		c.fail("/model", CodeUnknownValue, "must be one of: %s", p.options.Model)
	}
	if r.Scorer != "" && !slices.Contains(p.scorers, r.Scorer) && c.ok("/scorer") {
		c.fail("/scorer", CodeScorerUnavailable, "is not available here; available: %s", list(p.scorers))
	}
	if t := r.Tokenizer; t != "" && t != DefaultTokenizer && !hasKey(p.options.Counters, t) {
		c.fail("/tokenizer", CodeUnknownValue, "must be one of: %s", list(p.Tokenizers()))
	}
	if r.Coarse.Scorer.embeds() && p.options.Embedder == nil {
		c.fail("/coarse/scorer", CodeScorerUnavailable, "is not available here, for want of an embedder; available: %s, %s", CoarseBM25, CoarseNone)
	}
	if presets := p.Presets(p.scorer(r)); r.Preset != "" && !hasKey(presets, r.Preset) {
		c.fail("/preset", CodeUnknownValue, "must be one of: %s", list(slices.Sorted(maps.Keys(presets))))
	}
	return c, c.err()
}

// isModel reports whether name is the model of p, with or without its version.
func (p *Pruner) isModel(name string) bool {
	bare, _, _ := strings.Cut(p.options.Model, "@")
	return name == "" || name == p.options.Model || name == bare
}

func hasKey[V any](m map[string]V, key string) bool {
	_, ok := m[key]
	return ok
}

// isShare reports whether x is a number from 0 to 1.
func isShare(x float64) bool { return x >= 0 && x <= 1 }

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
