// Package client calls a ragprune server from Go.
//
// client.gen.go is generated from the contract, openapi.yaml, and is not
// edited; go generate makes it again, as oapi-codegen.yaml and overlay.yaml
// say. stream.go reads answers that come line by line. documents.go has what the generator cannot know: short ways to make
// documents and to read a problem; granularity.go those to say how large blocks
// are.
//
// A call returns a reply with one field for each status of the contract, for
// example JSON200; Problem returns the error of any other.
package client

//go:generate go tool oapi-codegen -config oapi-codegen.yaml -o client.gen.go ../openapi.yaml
