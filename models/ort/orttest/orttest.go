// Package orttest opens ONNX Runtime and graphs for tests that run real models,
// and closes them after the test. What is not here: bundles and tokenizers.
package orttest

import (
	"os"
	"testing"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/ort"
)

// Start loads the library, which it finds as the program does: it needs that of
// `make setup`, or RAGPRUNE_ORT_LIBRARY.
func Start(tb testing.TB) *ort.Runtime {
	tb.Helper()
	library, err := ort.Locate(os.Getenv("RAGPRUNE_ORT_LIBRARY"))
	if err != nil {
		tb.Fatal(err)
	}
	runtime, err := ort.Start(library)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := runtime.Close(); err != nil {
			tb.Error(err)
		}
	})
	return runtime
}

// Open opens the graph of a bundle, with the outputs of its kind.
func Open(tb testing.TB, runtime *ort.Runtime, b *models.Bundle) *ort.Session {
	tb.Helper()
	session, err := runtime.Open(b.ModelPath(), ort.OptionsOf(&b.Manifest))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := session.Close(); err != nil {
			tb.Error(err)
		}
	})
	return session
}
