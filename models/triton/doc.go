// Package triton writes a bundle as a model repository of a serving engine: the
// graph as NAME/1/model.onnx, and NAME/config.pbtxt, which Triton reads.
// OpenVINO Model Server and KServe take the same folders and read the graph
// alone.
//
//	export.go  Export: the files
//	config.go  Config: what config.pbtxt says, and why
//
// What is not here: how the engine is asked (package remote).
package triton
