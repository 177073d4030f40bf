// Package htmlrag reproduces the Python package htmlrag 0.1.1 byte for byte:
// clean_html and build_block_tree, with their defects.
//
// It is for parity, not for serving. It answers two questions: does ragprune
// lose what htmlrag kept, and what would htmlrag have returned for this page,
// without Python at hand. To read documents for a model use package htmlprune,
// which keeps tables, lists and source places, and glues no words.
//
// htmlrag stands on Beautiful Soup (4.15.0) over Python's html.parser (3.11),
// which builds what is written: no implied tags, a paragraph that is not
// closed holds the next one. The tokenizer of x/net/html follows the HTML5
// standard where html.parser has rules of its own: it reads the input twice
// (feed, then close) and stops the first time at an open tag or reference, it
// ends comments at "-- >", resolves references by another grammar, takes
// white space of Unicode for white space, and loses the rest of an unclosed
// script. A scanner with html.parser's rules is shorter than a correction of
// another one's, and can be compared with its source line by line.
//
//	htmlrag.go    Clean, BuildBlockTree: the two functions, limits and errors
//	scan.go       html.parser's goahead: text, references, which markup it is
//	scan_tags.go  start and end tags, attributes
//	scan_decl.go  comments, declarations, processing instructions
//	reference.go  character references in text and in attributes
//	soup.go       Beautiful Soup's tree builder
//	node.go       the tree, its text and its edits
//	attributes.go attributes as Beautiful Soup keeps and writes them
//	output.go     the formatter "minimal"
//	clean.go      simplify_html and clean_xml
//	blocks.go     the cutting of build_block_tree
//	python.go     Python's white space and lower case
//
// What is not here: pruning (htmlrag's prune loop removes the wrong blocks),
// and Python's RecursionError on deep nesting.
package htmlrag
