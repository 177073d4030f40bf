// Package devset reads the labelled development sets of the shared data
// folder: queries, passages and which of their sentences answer. What is not
// here: where the folder is (package shared) and what is measured.
package devset

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Row is one query with one passage.
type Row struct {
	ID      string `json:"id"`
	Dataset string `json:"dataset"`
	Query   string `json:"query"`
	Title   string `json:"title"`
	Text    string `json:"text"`
	// Sentences are half-open ranges of code points in Text.
	Sentences [][2]int `json:"sentences"`
	// Relevant are the indices of the sentences that answer.
	Relevant []int    `json:"relevant"`
	Answers  []string `json:"answer"`
	// Positive is false for a passage that is known not to answer.
	Positive bool `json:"positive"`
}

const ending = ".jsonl.gz"

// Names lists the sets in a folder, in alphabetical order.
func Names(dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*"+ending))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no development sets in %s", dir)
	}
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = strings.TrimSuffix(filepath.Base(f), ending)
	}
	slices.Sort(names)
	return names, nil
}

// Read reads all rows of the set name in a folder.
func Read(dir, name string) ([]Row, error) {
	path := filepath.Join(dir, name+ending)
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var rows []Row
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 64<<20)
	for n := 1; lines.Scan(); n++ {
		var r Row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		rows = append(rows, r)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return rows, nil
}
