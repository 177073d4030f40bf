package htmlprune

// Format names the notation of a source or of an output.
type Format string

// The formats. A source is Text (which may hold Markdown) or HTML; an output
// may be any of the three.
const (
	Text     Format = "text"
	Markdown Format = "markdown"
	HTML     Format = "html"
)

// Span is the half-open range [Start, End) of bytes in Tree.Source.
type Span struct {
	Start, End int
}

// Kind says what a node is, whatever its tag was called.
type Kind uint8

// The kinds of node. Container and Inline have no meaning for a reader of
// plain text; all others shape the output.
const (
	Document  Kind = iota // the root
	Container             // div, section, body: groups blocks
	Title                 // <title>
	Heading               // h1-h6, "# x"
	Paragraph             // p, or bare text among blocks
	List                  // ul, ol, dl
	Item                  // li, dt, dd
	Table                 // a data table; layout tables are Containers
	Row                   // tr
	Cell                  // td, th
	Code                  // pre, fenced code: verbatim
	Quote                 // blockquote
	Inline                // a, b, code, span
	Run                   // a leaf: text that belongs to exactly one unit
)

// Node is a node of the cleaned tree. Nodes that a reader cannot see and
// nodes without text are not in the tree.
//
// A page has very many of them, so their fields are in the order and of the
// size that take the least memory.
type Node struct {
	Kind Kind
	// Level is 1-6 for a Heading; otherwise 0.
	Level uint8
	// Header marks a header Row (thead, or all th) and a th Cell.
	Header bool
	// pinned marks a Run below an element that Options.Pin selects.
	pinned bool
	// Unit is, for a Run, the index of its unit in Tree.Units; otherwise -1.
	Unit int
	// Tag is the original tag in lower case; empty for Run and for nodes of
	// a text source.
	Tag string
	// Path is the place in the original document, for example
	// "html>body>div[2]>p": tags from the root, with a 1-based index where the
	// parent has several children of that tag. An Inline or Run has the path
	// of its block, and a place more than 64 elements deep that of its ancestor
	// at that depth. Empty for text sources.
	Path string
	// Span covers the node's visible text in the source.
	Span Span
	// Attrs are the attributes worth keeping in HTML output, in source order.
	Attrs []Attr
	// Text is, for a Run, its visible text, white space collapsed except
	// under Code.
	Text string

	Parent   *Node
	Children []*Node

	// region is, for a Run of HTML, what is around it.
	region *region
}

// Attr is one kept attribute, its value decoded.
type Attr struct {
	Name, Value string
}

// Unit is the smallest thing that is scored, kept or dropped: a sentence, a
// heading, a table row, a piece of code, a title.
type Unit struct {
	// Kind is the kind of Block: Paragraph, Heading, Item, Row, Code, Title, Quote.
	Kind Kind
	// Pinned is set when a selector of Options.Pin matches an ancestor.
	Pinned bool
	// Boilerplate is set when the page says it around its content: in a
	// navigation, footer, cookie banner, share bar or list of related links.
	// Never for the title and headings of level 1. HTML only.
	Boilerplate bool
	// Text is what the model reads: visible text, white space collapsed
	// (verbatim for Code), never empty, never with hidden characters.
	Text string
	// Span is the range in the source from the unit's first to its last
	// visible byte. In HTML it may include inner tags.
	Span Span
	// Block is the nearest enclosing block node (never Inline or Run).
	Block *Node
	// Requires lists the units without which this one would be misread: the
	// header rows of its table, the term of its definition. Ascending.
	Requires []int
	// Headings lists the heading units above it, outermost first.
	Headings []int
}

// Tree is a parsed document. It is read-only after Parse and safe for
// concurrent use.
type Tree struct {
	// Source is the document as given; all spans point into it.
	Source string
	// Format is HTML or Text.
	Format Format
	// Title is the text of <title> or of the first top-level heading; it may
	// be empty.
	Title string
	Root  *Node
	// Units are in document order; their spans do not overlap.
	Units []Unit
	// Warnings say what was cut or repaired.
	Warnings []Warning
	// Truncated is set when part of the source is not in Units.
	Truncated bool
}

// Warning reports that a document was not read quite as given. It never
// quotes the document.
type Warning struct {
	// Code is stable and fit for a metric label, for example "html_depth".
	Code string `json:"code"`
	// Message says what happened and what was done, in one sentence.
	Message string `json:"message"`
}

// Block is a run of consecutive units that are kept or dropped together.
type Block struct {
	// Path is the DOM path of the common ancestor; empty for text sources.
	Path string
	// First and Last are the half-open range of its units.
	First, Last int
	// Words is the number of words in its units.
	Words int
}
