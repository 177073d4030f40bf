// Package htmlprune turns a document, plain text or HTML, into a tree of
// blocks and units, and a selection of units back into text, Markdown or HTML.
//
// It is pure: no model, no network, no log, no global state. Parse never
// fails; whatever it could not do is a Warning on the Tree.
//
// The way through the package:
//
//	parse.go     Parse: sniff the format, dispatch, assemble the Tree
//	tree.go      Tree, Node, Unit, Span: the types everything shares
//	prescan*.go  HTML source to a safe stream of tags and marked texts
//	dom.go       the stream to a DOM, by the HTML5 rules or simpler ones
//	build.go     the DOM to a cleaned node tree; text.go, table.go, elements.go,
//	             look.go (inline styles), path.go and boilerplate.go (what a
//	             page says around its content) are parts of it
//	hidden.go    characters a reader cannot see, and so nobody may get
//	transcript.go the visible text with its place in the source; write.go
//	units.go     any node tree to units; relations.go what they require
//	plaintext.go text and Markdown source to the same node tree
//	sentence.go  a block's text to sentence ranges
//	blocks.go    subtrees to blocks of a chosen granularity
//	outline.go   blocks with the paths that a generative model spells
//	selection.go a set of kept units, closed over the structure they need
//	render*.go   a selection to text, Markdown or HTML
//	offsets.go   byte spans to code points or UTF-16 units
//
// What is not here: which units to keep (package prune decides) and how they
// are scored (packages labeler and rerank).
package htmlprune
