// Package report writes the results of a benchmark as a Markdown file that
// says where, when and with which command it was measured.
//
//	report.go   Report: paragraphs and tables to a file
//	machine.go  the machine, the commit and the command line
//	stats.go    median, quantiles, shares
//
// What is not here: anything that measures.
package report
