// Package ort runs ONNX graphs with the ONNX Runtime shared library.
//
//	library.go  Locate: where the library is
//	runtime.go  Start, Runtime: the library, loaded once per process
//	provider.go Provider: what computes the graphs beside the CPU
//	session.go  Runtime.Open, Session.Run: one graph, many concurrent runs
//	signature.go Runtime.Signature: what a graph that does not run has
//	decoder.go  Runtime.OpenDecoder, Decoder.Decode: the graph of a causal
//	            language model that goes on from a cache; decoder_graph.go
//	            holds it to its manifest, decoder_pass.go runs it
//	orttest     both for tests
//
// What is not here: what inputs and outputs mean (packages labeler
// and rerank).
package ort
