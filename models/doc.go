// Package models opens a model bundle: a folder with a manifest, an ONNX graph
// and a tokenizer.
//
//	manifest.go  Manifest: what manifest.json says, and its rules
//	bundle.go    Open, Bundle.Verify: a folder whose files are what they claim
//
// Beside it lie the parts that use a bundle:
//
//	models/tokenizer       text to token ids, in pure Go
//	models/ort             ONNX Runtime: the library and sessions
//	models/export          Python that makes bundles from published weights
//	models/ragprune-small  the default bundle
//
// What is not here: how text is cut into windows and how token probabilities
// become scores (package labeler).
package models
