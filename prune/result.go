package prune

import "github.com/ragprune/ragprune/htmlprune"

// Response is the answer to a Request.
type Response struct {
	Results []Result `json:"results"`
	// Warnings concern the request as a whole, such as a query that was cut.
	Warnings []htmlprune.Warning `json:"warnings"`
	// Model is name and version of the model bundle, "name@version".
	Model  string `json:"model"`
	Usage  Usage  `json:"usage"`
	Timing Timing `json:"timing_ms"`
}

// Result is what is left of one document.
type Result struct {
	// Index is the document's place in the request.
	Index int    `json:"index"`
	ID    string `json:"id,omitzero"`
	// Score is the calibrated probability that the document helps, 0 to 1.
	Score float64 `json:"score"`
	// Logit is the model's raw relevance; null where a scorer has none.
	Logit *float64 `json:"logit"`
	// RetrieverScore is Document.Score.
	RetrieverScore *float64 `json:"retriever_score,omitzero"`
	// Title is the page's own or the document's.
	Title string `json:"title,omitzero"`
	// Text is what was kept, in Format.
	Text   string           `json:"text"`
	Format htmlprune.Format `json:"format"`
	// Kept are the places of what was kept, in document order.
	Kept   []Kept `json:"kept"`
	Tokens Tokens `json:"tokens"`
	// Cached is set when no model ran for this document.
	Cached bool `json:"cached"`
	// Truncated is set when part of the document was not read.
	Truncated bool `json:"truncated"`
	// Degraded says that and why a cheaper way was taken; null otherwise.
	Degraded *Degraded           `json:"degraded"`
	Warnings []htmlprune.Warning `json:"warnings"`
	// Units are all units with their scores, if the request asked to explain.
	Units    []UnitScore    `json:"units,omitzero"`
	Metadata map[string]any `json:"metadata,omitzero"`
}

// Kept is the place of a kept piece in the document as it was sent.
type Kept struct {
	// Start and End bound the piece, in the request's unit of offsets.
	Start int `json:"start"`
	End   int `json:"end"`
	// Path is the DOM path in HTML documents.
	Path string `json:"path,omitzero"`
}

// Tokens counts a document before and after, with the tokenizer of the request.
type Tokens struct {
	// Before counts the document as it came, markup included.
	Before int `json:"before"`
	// After counts Text.
	After int `json:"after"`
}

// Degraded says what was done instead of the scorer asked for.
type Degraded struct {
	// Reason is a stable word: deadline, overload, model_error.
	Reason string `json:"reason"`
	// Used is the scorer that was used, or "original" for the untouched document.
	Used string `json:"used"`
}

// UnitScore explains the decision about one unit.
type UnitScore struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Path  string `json:"path,omitzero"`
	// Kind is sentence, heading, item, row, code, title or quote.
	Kind string `json:"kind"`
	// Text is the unit as the scorer read it.
	Text  string  `json:"text"`
	Score float64 `json:"score"`
	Kept  bool    `json:"kept"`
	// Why is threshold, pinned, pattern, title, heading, structure, around,
	// block, best or original if kept; below_threshold, budget, boilerplate,
	// coarse or empty if not.
	Why string `json:"why"`
	// Boilerplate says that the page says it around its content.
	Boilerplate bool `json:"boilerplate,omitzero"`
}

// Usage sums up the request.
type Usage struct {
	Documents int `json:"documents"`
	// Returned is the number of results.
	Returned     int `json:"returned"`
	TokensBefore int `json:"tokens_before"`
	TokensAfter  int `json:"tokens_after"`
	// ModelTokens is the number of tokens the model read for this request.
	ModelTokens int `json:"model_tokens"`
	// CacheHits is the number of documents that needed no model.
	CacheHits int `json:"cache_hits"`
	// CoarseUnits is the number of units that the coarse step left out, so that
	// the scorer read none of them.
	CoarseUnits int `json:"coarse_units,omitzero"`
	// Generation is what the generator did; nil if it did not run.
	Generation *GenerationUsage `json:"generation,omitzero"`
}

// GenerationUsage says what ScorerGenerate took. What comes from the store took
// nothing.
type GenerationUsage struct {
	// Passes is the number of forward passes of the model.
	Passes int `json:"passes"`
	// Nodes is the number of tokens in the trees of block paths.
	Nodes int `json:"nodes"`
	// Skipped is the number of those that stood alone and needed no pass.
	Skipped int `json:"skipped"`
}

// Timing is the time of each stage in milliseconds. Stages of several
// documents run side by side, so Parse, Score and Render are wall time of the
// whole stage.
type Timing struct {
	Queue  float64 `json:"queue"`
	Parse  float64 `json:"parse"`
	Coarse float64 `json:"coarse"`
	Cache  float64 `json:"cache"`
	Score  float64 `json:"score"`
	Decide float64 `json:"decide"`
	Render float64 `json:"render"`
	Total  float64 `json:"total"`
}
