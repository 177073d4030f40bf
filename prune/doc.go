// Package prune is the use case: a query and retrieved documents go in, and
// out comes what helps to answer, with scores, places in the source, and what
// was saved. A Go program embeds ragprune with this package; it knows no HTTP.
//
//	request.go   Request, Document, Keep: what a caller asks
//	limits.go    Limits: what a request may bring
//	validate.go  the rules of a request and the pointers of its errors
//	result.go    Response, Result, Kept, Usage: what a caller gets
//	pruner.go    Options, New, Pruner.Prune: the stages of one request
//	stream.go    Pruner.Stream: results as soon as their documents are done
//	run.go       the state of a request, its documents side by side, parse
//	embedding.go Embedder, and which scorers there are with which presets
//	coarse.go    what is left out before the models read anything
//	generation.go Generator, the blocks that it scores, and its scores
//	fetch.go     what the models say of a document: looked up, or computed once
//	models.go    the models, held to their contracts
//	scores.go    what the models say to the scores of a scorer
//	labels.go    the labeler's scores as the store keeps them
//	vectors.go   the embedder's vectors as the store keeps them
//	generated.go the generator's scores as the store keeps them
//	keys.go      the keys of all of them
//	fallback.go  what happens when a model cannot finish
//	granularity.go the size of what is kept or dropped together
//	decide.go    scores, threshold and wishes to the units wanted
//	boilerplate.go what becomes of navigation, footers and the like
//	fill.go      which of them a token budget takes first
//	budget.go    wanted units of all documents into a token budget
//	explain.go   why each unit was kept or dropped
//	finish.go    the documents to return, rendered, and their Results
//
// The invariants of the product live here: order and count are kept unless
// asked otherwise, output is made of input, a document is never lost.
//
// What is not here: parsing and rendering (htmlprune), the models (labeler,
// rerank), the order of documents (rerank), storage (cache), HTTP (api).
package prune
