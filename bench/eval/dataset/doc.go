// Package dataset reads labelled passages: a query, a passage, and which of its
// sentences help to answer. A line of a file is a JSON object:
//
//	{"id": "7", "query": "who built it?", "text": "It was old. Ana built it.",
//	 "sentences": [[0, 11], [12, 25]], "relevant": [1], "answer": ["Ana"]}
//
//	id         string or number, unique in its set. Mandatory.
//	query      the question or keywords. Mandatory.
//	text       the passage; or html, a page. Mandatory.
//	sentences  half-open ranges of code points in text, ascending. Missing:
//	           htmlprune cuts the text.
//	relevant   the numbers of the sentences that help, from 0; or ranges of
//	           code points in text, and every sentence that one touches helps.
//	           Missing: the sentences that hold an answer help.
//	answer     a string, or several of which one is enough. Missing: none.
//	title      of the passage. Missing: empty.
//	dataset    name of the set. Missing: the file's name without its ending.
//	positive   whether the passage helps. Missing: whether a sentence does.
//
// Other fields are ignored. A file ends in .jsonl or .jsonl.gz.
//
//	read.go       files and folders to sets
//	lines.go      a stream to lines
//	decode.go     a line to a Row, or to what is wrong with it
//	relevance.go  which sentences help, where the line says it by other means
//	answers.go    where a text holds an answer
//	offsets.go    code points to bytes
//
// What is not here: which rows are measured and how (package eval).
package dataset
