// Package inference has the messages and the client of the gRPC side of the
// Open Inference Protocol v2. All but this file is generated from
// inference.proto, by hand since it needs protoc: in this folder,
//
//	go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12
//	go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.0
//	protoc --go_out=. --go_opt=paths=source_relative \
//	  --go-grpc_out=. --go-grpc_opt=paths=source_relative inference.proto
package inference
