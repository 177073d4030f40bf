// Package webpage has the questions about the real pages of the shared data
// folder, and the words of a page by a way that shares nothing with package
// htmlprune.
//
//	questions.go  Load: pages with their questions
//	visible.go    Text, Words: what a page says, and what an output made of it
//
// What is not here: the pages (package shared finds them) and asking.
package webpage
