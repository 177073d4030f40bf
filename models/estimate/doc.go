// Package estimate says about how many tokens a text has for chat models whose
// tokenizer is not at hand. The estimates are meant to be too high rather than
// too low: a budget in them is a budget that holds.
//
//	estimate.go  Estimate: New, Names, Count
//	classes.go   a text to how often each class of character occurs
//	weights.go   what each class costs for each family of models, and how far
//	             off that was
//
// What is not here: exact counts (package models/tokenizer reads any
// tokenizer.json) and budgets (package prune).
package estimate
