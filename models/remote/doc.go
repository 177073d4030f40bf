// Package remote runs the graph of a bundle on a serving engine that speaks the
// Open Inference Protocol v2: Triton, OpenVINO Model Server, KServe, MLServer.
// Tokens go out, logits come back; all else stays here.
//
//	options.go   Options, and what their zero values mean
//	address.go   endpoints, as the settings write them
//	session.go   Session: New, Run, RunContext, Healthy, Close
//	attempt.go   one request to one endpoint, and what its failure means
//	check.go     ready, and the inputs and outputs that the manifest says
//	http.go      the protocol over HTTP; http_body.go has its JSON and the
//	             binary tensors, for servers that offer them
//	grpc.go      the protocol over gRPC
//	inference    messages of gRPC, generated
//	metrics.go   what is counted
//
// Each sequence is a request of its own, without padding. Whether several are
// computed together is for the engine to decide; package triton writes the
// configuration of one.
//
// What is not here: what inputs and outputs mean (packages labeler and rerank).
package remote
