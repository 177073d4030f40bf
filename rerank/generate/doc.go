// Package generate scores the blocks of a document by how probable a causal
// language model finds the path of each as the answer to "where in this page is
// the answer?": the fine step of HtmlRAG (arXiv 2411.02959, section 3.4).
//
//	generator.go  Options, Generator, Generator.Score: one document
//	prompt.go     the document and the query as the model reads them, cut to
//	              the window
//	tree.go       the paths of all blocks as a tree of tokens
//	walk.go       the tree depth first, with caches shared along the paths
//	caches.go     caches with more than one user
//	metrics.go    what an operator sees of it
//
// The paths are spelled as tokens and make a tree. The probability of a token
// is the softmax of the model's last logits over the tokens beside it in the
// tree; that of a block is the product over its path. Where only one token can
// come nothing is computed. The prompt is read once; each further pass reads
// the tokens between two branchings behind the cache of the first.
//
// What is not here: how documents become markup and paths (htmlprune), ONNX
// (models/ort), what becomes of the scores (prune).
package generate
