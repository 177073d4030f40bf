// Package prune is the use case: a query and retrieved documents go in, and
// out comes what helps to answer, with scores, places in the source, and what
// was saved. A Go program embeds ragprune with this package; it knows no HTTP.
//
//	request.go   Request, Document, Keep: what a caller asks
//	validate.go  the rules of a request and the pointers of its errors
//	result.go    Response, Result, Kept, Usage: what a caller gets
//	pruner.go    Options, New, Pruner.Prune: the way of one request
//	scores.go    a document's scores: looked up, or computed once
//	fallback.go  what happens when the labeler cannot finish
//	decide.go    scores, threshold and wishes to the units wanted
//	budget.go    wanted units of all documents into a token budget
//	finish.go    a decided document to its Result
//
// The invariants of the product live here: order and count are kept unless
// asked otherwise, output is made of input, a document is never lost.
//
// What is not here: parsing and rendering (htmlprune), the model (labeler),
// the order of documents (rerank), storage (cache), HTTP (api).
package prune
