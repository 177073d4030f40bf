// Package rerank turns the scores of documents into an order, and scores the
// units of documents otherwise than the labeler does: by words, by vectors, by
// both, and by vectors beside the labeler.
//
//	calibrate.go      raw relevance logits to probabilities
//	order.go          documents by score, and the best of them
//	bm25.go           scores of units from the words of the query
//	words.go          text to the words that BM25 compares
//	embedder.go       Embedder: queries and texts to vectors, with a bi-encoder
//	embed_plan.go     long texts to windows
//	embed_run.go      windows through the workers and the model to vectors
//	embeddings.go     Embeddings, and how near two texts are
//	fusion.go         scores of several scorers to one
//	metrics.go        what an operator sees of the embedder
//
// What is not here: the generative scorer (rerank/generate), the labeler's own
// scores (labeler), how vectors are kept, and what is done with scores (prune).
package rerank
