// Package rerank turns the scores of documents into an order, and scores the
// units of documents without a model.
//
//	calibrate.go  raw relevance logits to probabilities
//	order.go      documents by score, and the best of them
//	bm25.go       scores of units from the words of the query
//	words.go      text to the words that BM25 compares
//
// What is not here: the model's scores (labeler), and what is done with scores
// (prune).
package rerank
