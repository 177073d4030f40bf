// Package labeler turns a query and the units of a document into a keep score
// per unit and a relevance logit for the document, with one pass of a
// cross-encoder over [CLS] query [SEP] text [SEP] (Provence, arXiv 2501.16214,
// section 3).
//
//	labeler.go    Options, New, Label: the way of one document
//	cross.go      Cross: units one by one, with a model that has no keep logits
//	reader.go     query and text to tokens, which both share
//	normalize.go  the query as some models want it
//	windows.go    a long document to windows that overlap
//	run.go        windows through the workers and the model
//	aggregate.go  token probabilities to one score per unit
//	calibrate.go  scores of units beside those of their document
//	metrics.go    what an operator sees
//
// What is not here: the graph and the tokenizer (package models), the workers
// that run the windows of all documents (models/workers), thresholds and
// budgets (package prune).
package labeler
