package prune

import "github.com/ragprune/ragprune/htmlprune"

// Request asks for the parts of documents that help to answer a query. The
// zero value of every field but Query and Documents means the default.
type Request struct {
	// Query is the question or the keywords. Mandatory, not blank.
	Query string `json:"query"`
	// Documents are the retrieved texts, best first or in any order. Mandatory.
	Documents []Document `json:"documents"`
	// Model is the model to use, "name" or "name@version". Empty means the usual
	// one; a Pruner has no other.
	Model string `json:"model,omitzero"`
	// Threshold is what the score of a unit must exceed, 0 to 1; what scores
	// mean is up to the Scorer. Nil means the preset.
	Threshold *float64 `json:"threshold,omitzero"`
	// Preset names a threshold of the scorer: safe, balanced or aggressive.
	// Empty means balanced. It excludes Threshold.
	Preset string `json:"preset,omitzero"`
	// MaxTokens bounds the sum of Tokens.After over all results, counted with
	// Tokenizer. 0 means no bound.
	MaxTokens int `json:"max_tokens,omitzero"`
	// Tokenizer names what counts MaxTokens and the tokens of the answer: one of
	// Options.Counters, or DefaultTokenizer (also when empty).
	Tokenizer string `json:"tokenizer,omitzero"`
	// Fill says what a budget takes first: FillGreedy (default) or FillKnapsack.
	Fill Fill `json:"fill,omitzero"`
	// MinScore drops documents whose score is below it, 0 to 1.
	MinScore float64 `json:"min_score,omitzero"`
	// TopN keeps only the best documents by score. 0 means all.
	TopN int `json:"top_n,omitzero"`
	// Order of the results: OrderInput (default) or OrderScore.
	Order Order `json:"order,omitzero"`
	// Format of the output: FormatSame (default), text, html or markdown.
	Format Format `json:"format,omitzero"`
	// Granularity is the size in words up to which neighbouring units are kept
	// or dropped together, as one block, or GranularityAuto. 0 decides on every
	// sentence, heading, row and piece of code by itself.
	Granularity Granularity `json:"granularity,omitzero"`
	// Boilerplate says what becomes of navigation, footers and the like in HTML
	// documents: BoilerplateDemote (default), BoilerplateKeep or
	// BoilerplateDrop.
	Boilerplate Boilerplate `json:"boilerplate,omitzero"`
	// Coarse bounds what the models read. Its zero value means that a cheap
	// step leaves out what has least to do with the query where the documents
	// are larger than the models can read in the time of the request.
	Coarse Coarse `json:"coarse,omitzero"`
	// Attributes lists what of HTML attributes is wanted in the output: AttrAlt,
	// AttrHref, AttrDatetime, AttrTitle. Those that change how a text is read,
	// such as lang and dir, always are in HTML output. Nil means no others.
	Attributes []Attribute `json:"attributes,omitzero"`
	// Scorer names what scores the units. Empty means label.
	Scorer Scorer `json:"scorer,omitzero"`
	// Keep says what stays whatever its score.
	Keep Keep `json:"keep,omitzero"`
	// OnEmpty says what to answer for a document of which nothing is kept:
	// OnEmptyEmpty (default), OnEmptyBest or OnEmptyOriginal.
	OnEmpty OnEmpty `json:"on_empty,omitzero"`
	// Offsets is the unit of Kept.Start and Kept.End. Empty means codepoint.
	Offsets htmlprune.OffsetUnit `json:"offsets,omitzero"`
	// Explain adds every unit with its probability to the results.
	Explain bool `json:"explain,omitzero"`
	// TimeoutMS is the time after which the rest is answered by a cheaper
	// scorer. 0 means the server's default.
	TimeoutMS int `json:"timeout_ms,omitzero"`

	// Namespace separates the cached scores of callers who must not see each
	// other's; the API derives it from the key.
	Namespace string `json:"-"`
}

// Document is one retrieved text. Exactly one of Text and HTML is set.
type Document struct {
	// ID is the caller's name for the document; it is returned as it came.
	ID string `json:"id,omitzero"`
	// Title is read by the model before the text; it is not part of the output.
	Title string `json:"title,omitzero"`
	// Text is plain text or Markdown.
	Text *string `json:"text,omitzero"`
	// HTML is a page or a fragment.
	HTML *string `json:"html,omitzero"`
	// Score is the retriever's own; it is returned in Result.RetrieverScore.
	Score *float64 `json:"score,omitzero"`
	// Metadata is returned as it came.
	Metadata map[string]any `json:"metadata,omitzero"`

	// Repaired is set by a decoder that replaced invalid UTF-8 in this document.
	Repaired bool `json:"-"`
}

// Keep says what is kept whatever its score, once anything of the document is.
type Keep struct {
	// Title keeps the page's own title. Nil means true.
	Title *bool `json:"title,omitzero"`
	// Headings keeps the headings above kept units. Nil means true.
	Headings *bool `json:"headings,omitzero"`
	// Around keeps as many neighbours on each side of a kept unit.
	Around int `json:"around,omitzero"`
	// Patterns are regular expressions (RE2); a unit that matches one is never
	// pruned.
	Patterns []string `json:"patterns,omitzero"`
	// Selectors are CSS selectors; what they match is never pruned.
	Selectors []string `json:"selectors,omitzero"`
}

// Coarse is the step before the models: blocks of all documents are ranked
// together by cheap means, and the worst are left out until the rest fits (the
// first of the two steps of HtmlRAG, arXiv 2411.02959, section 4.2). What is left
// keeps its headings, the header rows of its tables and its title, which the
// model reads as context. The step is independent of threshold, budget and
// format, so that these still cost no inference. What is left depends on the
// query, though: of documents as large as that, ScorerEmbed reads other units
// for another query.
type Coarse struct {
	// Scorer ranks the blocks: CoarseAuto (default), CoarseBM25, CoarseEmbed,
	// CoarseHybrid or CoarseNone.
	Scorer CoarseScorer `json:"scorer,omitzero"`
	// Tokens is how much may reach the models, counted with the tokenizer of
	// the model over the documents in their own notation, tags included. With
	// less, nothing is left out. 0 means Limits.CoarseTokens, or its part for a
	// request that has less than the full time.
	Tokens int `json:"tokens,omitzero"`
}

// CoarseScorer names a way to rank blocks before the models.
type CoarseScorer string

// The coarse scorers. Those that embed need an Embedder.
const (
	// CoarseAuto is CoarseBM25: embedding a text takes about as long as
	// labelling it with the default models, so that nothing would be saved.
	CoarseAuto CoarseScorer = "auto"
	// CoarseBM25 compares words.
	CoarseBM25 CoarseScorer = "bm25"
	// CoarseEmbed compares vectors, which are kept for other queries.
	CoarseEmbed CoarseScorer = "embed"
	// CoarseHybrid joins the ranks of both.
	CoarseHybrid CoarseScorer = "hybrid"
	// CoarseNone leaves nothing out.
	CoarseNone CoarseScorer = "none"
)

// embeds reports whether c needs the embedder.
func (c CoarseScorer) embeds() bool { return c == CoarseEmbed || c == CoarseHybrid }

// Attribute names an HTML attribute that is wanted.
type Attribute string

// The attributes on request.
const (
	// AttrAlt is what an image shows, in words. It is scored and pruned like the
	// text around it, and written as an image without a source.
	AttrAlt Attribute = "alt"
	// AttrHref is where a link leads: in HTML and Markdown.
	AttrHref Attribute = "href"
	// AttrDatetime is the date that a time stands for: in brackets behind it in
	// Markdown and text.
	AttrDatetime Attribute = "datetime"
	// AttrTitle is what an inline element says when pointed at, such as the long
	// form of an abbr: in Markdown and text of an abbr and dfn in brackets
	// behind it, in Markdown also of a link.
	AttrTitle Attribute = "title"
)

// Order of the results.
type Order string

// The orders.
const (
	OrderInput Order = "input"
	OrderScore Order = "score"
)

// Format of the output.
type Format string

// The output formats. FormatSame is the format of the document.
const (
	FormatSame     Format = "same"
	FormatText     Format = "text"
	FormatHTML     Format = "html"
	FormatMarkdown Format = "markdown"
)

// Scorer names a way to score units.
type Scorer string

// The scorers. A server offers those it has models for; see Pruner.Scorers.
const (
	// ScorerLabel is the labeler: the probability that a unit helps.
	ScorerLabel Scorer = "label"
	// ScorerBM25 compares words: the share of what a unit could reach that
	// repeats every word of the query.
	ScorerBM25 Scorer = "bm25"
	// ScorerEmbed is the cosine to the query as the probability that a unit
	// helps. Another query on the same documents costs only the query.
	ScorerEmbed Scorer = "embed"
	// ScorerHybrid ranks all units of the request by embed and by bm25 and
	// joins the ranks: the share of units that are not better. A threshold T
	// leaves out the lowest share T, whether it helps or not.
	ScorerHybrid Scorer = "hybrid"
	// ScorerFused adds the cosine to the labeler's logit: the probability that
	// a unit helps.
	ScorerFused Scorer = "fused"
	// ScorerGenerate asks a generative model where in the document the answer
	// is. The score of a block of p in n blocks is n*p/(n*p + 1) for the
	// probability p of its path: 0.5 is no better than chance, whatever the
	// length of the document. All units of a block have its score; a Granularity
	// of 0 means the size of blocks that the model was made for. The only block
	// of a document has 0.5: the model compares, and finds nothing to compare.
	ScorerGenerate Scorer = "generate"
)

// OnEmpty says what to answer for a document of which nothing is kept.
type OnEmpty string

// What to answer when nothing is kept: nothing, the best unit, or the
// document as it came (without what a reader cannot see).
const (
	OnEmptyEmpty    OnEmpty = "empty"
	OnEmptyBest     OnEmpty = "best"
	OnEmptyOriginal OnEmpty = "original"
)
