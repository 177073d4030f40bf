// Package shared finds the optional data folder that benchmarks and recipes
// read: pages and labelled development sets that may not be copied into the
// repository. What is not here: reading the data.
package shared

import (
	"fmt"
	"os"
	"path/filepath"
)

// Variable names the data folder; without it, it is ../shared beside the
// repository.
const Variable = "RAGPRUNE_SHARED"

// Dir returns the path of a folder below the data folder. If it is missing,
// the error says which variable to set.
func Dir(elem ...string) (string, error) {
	root := os.Getenv(Variable)
	if root == "" {
		top, err := repository()
		if err != nil {
			return "", err
		}
		root = filepath.Join(top, "..", "shared")
	}
	dir := filepath.Join(append([]string{root}, elem...)...)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", fmt.Errorf("no folder %s: set %s to the data folder", dir, Variable)
	}
	return dir, nil
}

// repository is the nearest folder with a go.mod, from the working folder up.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("no go.mod above the working folder: set %s to the data folder", Variable)
		}
		dir = parent
	}
}
