package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ragprune/ragprune/models/ort"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"ragprune": func() { os.Exit(mainExit()) },
	})
}

// The scripts run the program as a user does, with the default bundles.
func TestScripts(t *testing.T) {
	library, err := ort.Locate(os.Getenv("RAGPRUNE_ORT_LIBRARY"))
	if err != nil {
		t.Fatal(err)
	}
	bundles, err := filepath.Abs("../../models")
	if err != nil {
		t.Fatal(err)
	}
	// A generator with random weights; none is shipped.
	generator, err := filepath.Abs("../../rerank/generate/testdata/tiny")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("BUNDLES", bundles)
			e.Setenv("GENERATOR", generator)
			e.Setenv("RAGPRUNE_ORT_LIBRARY", library)
			e.Setenv("RAGPRUNE_MODEL", filepath.Join(bundles, bundleName))
			e.Setenv("RAGPRUNE_EMBEDDER", filepath.Join(bundles, embedderName))
			return nil
		},
	})
}
