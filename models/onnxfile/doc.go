// Package onnxfile looks into an ONNX file as far as it must be known before
// ONNX Runtime may see it: whether the file is whole, and which other files it
// keeps weights in. It reads the fields of the protocol buffer onnx.ModelProto
// that lead there, and skips the rest.
package onnxfile
