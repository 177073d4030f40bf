// Package eval measures how well systems tell the sentences of a passage that
// help to answer a query from those that do not, and passages that help from
// those that do not. A system is anything that gives scores; see System.
//
//	plan.go       which rows, and with which other passages they are ranked
//	negatives.go  the passages that look most like an answer and are none
//	index.go      the search for them
//	system.go     System, Request, Scores
//	label.go      the system that is measured: a model of this project
//	baselines.go  keep all, the first sentences, chance, BM25
//	embed.go      the similarity of sentence embeddings
//	fused.go      a labeller and an embedder together; sharing scores
//	external.go   scores that another program wrote
//	run.go        Run: every passage scored once by each system
//	measures.go   the names of the figures and what they mean
//	rows.go       labels of a set, and what a threshold makes of scores
//	tally.go      what one system made of one set, ready to be weighed
//	figures.go    bootstrap, intervals, means over sets
//	report.go     Report: what came of it, and its JSON
//	compare.go    several reports as one
//	markdown.go   a report as a page, with tables.go and onethreshold.go;
//	              text.go for a terminal
//	stamp.go      when and where a run was made
//
// Beside it are eval/dataset (the data), eval/measure (the measures) and
// eval/plots (pictures of a Report).
//
// What is not here: models, and pruning itself (package prune): eval compares
// scores with thresholds, and knows nothing of budgets or rendering.
package eval
