// Package pruning sends labelled documents through prune.Pruner in this
// process and says what became of their sentences.
//
//	pruner.go   Pruner: one document with a threshold or a preset
//	outcome.go  Judge: what a result kept of a labelled row
//	ranking.go  average precision of the labelled sentences
//	span.go     Span: ranges of code points and their overlap
//
// What is not here: reading data and measures of scores alone (bench/eval), and
// tables of results.
package pruning
