// Package ort runs ONNX graphs with the ONNX Runtime shared library.
//
//	library.go  Locate: where the library is
//	runtime.go  Start, Runtime: the library, loaded once per process
//	session.go  Runtime.Open, Session.Run: one graph, many concurrent runs
//	orttest     both for tests
//
// What is not here: what inputs and outputs mean (package labeler).
package ort
