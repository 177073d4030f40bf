// Package playground holds two pages that show what was kept and what was
// dropped: the playground that the service offers at /, and the report that
// the command line writes. They share style sheets and modules.
//
//	page.go       the files joined into one page, and its security policy
//	report.go     Report: an answer in a page of its own
//	page.html     the playground; main.js runs it
//	report.html   the report; report.js runs it
//	input.js      documents: written, pasted, opened, dropped
//	examples.js   the built-in examples
//	server.js     requests and what can go wrong with them
//	snippets.js   the request as curl, Python and TypeScript
//	results.js    answers: budget, lanes, documents
//	lane.js       one scorer: threshold, distribution, figures
//	document.js   one document with its text in place
//	decide.js     what another threshold or budget would keep
//	dom.js        elements, numbers, theme
//	style.css     colours, type, form; results.css the answers
//
// There is no build step: the modules run as they are, joined when the service
// starts or a report is written, less their import lines and the word export.
// So every import is one line of the form import { a, b } from "./c.js"; and no
// two modules have a name at top level in common.
//
// Text of documents becomes part of a page through textContent only; the
// policy forbids the rest, inline handlers, other hosts and, by trusted types,
// innerHTML.
//
// What is not here: who serves the page (api), who writes the report
// (cmd/ragprune), the figures of both (bench/results/playground.md).
package playground
