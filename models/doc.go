// Package models opens a model bundle: a folder with a manifest, an ONNX graph
// and a tokenizer.
//
//	manifest.go  Manifest: what manifest.json says, and the rules of a pruner's
//	embedder.go  what it says of an embedder, and the rules of that
//	generator.go what it says of a generator, and the rules of that
//	bundle.go    Open, Bundle.Verify: a folder whose files are what they claim;
//	             Manifest.Digest: what names its output in a cache
//	outputs.go   CheckFinite: what no graph may give
//	rewrite.go   Bundle.WriteFit: other thresholds and another calibration
//
// Beside it lie the parts that use a bundle:
//
//	models/tokenizer       text to token ids, in pure Go
//	models/ort             ONNX Runtime: the library and sessions
//	models/estimate        about how many tokens a text has for chat models
//	models/folder          bundles in a folder: add, find, remove
//	models/catalog         the models that requests may name, in memory
//	models/onnxfile        what must be known of a graph before it is loaded
//	models/workers         how many runs go on at once
//	models/export          Python that makes bundles from published weights:
//	                       OpenProvence, Provence, cross-encoders, embedders
//	models/ragprune-small  the default pruner
//	models/ragprune-embed  the default embedder
//
// README.md tells the schema of the manifest, and what is checked when.
//
// What is not here: how text is cut into windows and how token probabilities
// become scores (package labeler).
package models
