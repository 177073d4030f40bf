// Package api serves ragprune over HTTP, as openapi.yaml says.
//
//	openapi.yaml    the contract, written by hand, OpenAPI 3.0.3
//	api.go          Options, New, Handler: routes and the order of middleware
//	server.go       NewServer: an http.Server with every time bounded
//	prune.go        POST /prune: body, admission, pruner, answer
//	stream.go       the same line by line, as its documents are done
//	accept.go       who wants lines
//	lines.go        answers in lines
//	batch.go        POST /prune/batch: many requests in one, each by itself
//	batch_decode.go its body
//	messages.go     POST /prune/messages: the context in chat messages (prune/messages)
//	openprovence.go POST /v1/openprovence: the form of OpenProvence's process()
//	admit.go        the way through the queue (api/admission), and what a request costs
//	rerank.go       POST /rerank, /v1/rerank, /v2/rerank: the pruner's answer
//	                as Cohere, Jina, vLLM and infinity have it
//	rerank_tei.go   the same as TEI has it, and what TEI's clients read in /info
//	rerank_decode.go  the bodies of all of them, leniently
//	rerank_error.go problems in the shapes that their clients read
//	body.go         bytes of a body: media type, gzip, limits
//	held.go         the bytes of all bodies in memory
//	decode.go       bytes to a prune.Request, faults with their place
//	problem.go      errors on the wire and the table of their codes
//	auth.go         API keys and the namespace of each
//	observe.go      request id, access log, panics
//	metrics.go      what is counted
//	models.go       which models there are: Models, GET /v1/models
//	status.go       /livez /readyz /health /info
//	pages.go        the contract and the playground
//	api/admission   which requests are worked on, wait, or are refused
//	api/playground  the page at / and the report of the command line
//	api/client      the Go client, generated from the contract
//
// Open to everyone, with keys or without, are the probes, the contract and the
// playground, which hold nothing of a caller. /info and /metrics need a key
// where there are keys: they tell what runs here and how much it is used.
//
// What is not here: the rules of a request and what is done with it (prune),
// listening, signals and settings (cmd/ragprune).
package api
