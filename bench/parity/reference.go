package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
)

// pair is one line of the reference.
type pair struct {
	ID      string   `json:"id"`
	Dataset string   `json:"dataset"`
	Query   string   `json:"query"`
	Units   []string `json:"units"`
	Windows []window `json:"windows"`
	FP32    scores   `json:"fp32"`
}

// window is one pass of the encoder.
type window struct {
	IDs   []int64 `json:"ids"`
	Types []int64 `json:"types"`
	// Ranges are unit, start and end in IDs of what the window decides.
	Ranges [][3]int `json:"ranges"`
}

// scores of a pair: one for each unit, and the rank logit, the largest of the
// windows.
type scores struct {
	Scores []float32 `json:"scores"`
	Logit  float64   `json:"logit"`
}

// readReference reads at most count pairs, all if count is 0.
func readReference(path string, count int) ([]pair, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reference: %w", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("reference %s: %w", path, err)
	}
	var pairs []pair
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 256<<20)
	for n := 1; (count == 0 || n <= count) && lines.Scan(); n++ {
		var p pair
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			return nil, fmt.Errorf("reference %s:%d: %w", path, n, err)
		}
		if err := p.validate(); err != nil {
			return nil, fmt.Errorf("reference %s:%d: %w", path, n, err)
		}
		pairs = append(pairs, p)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reference %s: %w", path, err)
	}
	if len(pairs) == 0 {
		return nil, fmt.Errorf("reference %s holds no pairs", path)
	}
	return pairs, nil
}

func (p pair) validate() error {
	if len(p.Windows) == 0 || len(p.Units) == 0 || len(p.FP32.Scores) != len(p.Units) {
		return fmt.Errorf("pair %s has %d windows, %d units and %d scores", p.ID, len(p.Windows), len(p.Units), len(p.FP32.Scores))
	}
	for _, w := range p.Windows {
		if len(w.IDs) != len(w.Types) {
			return fmt.Errorf("pair %s has a window of %d ids and %d types", p.ID, len(w.IDs), len(w.Types))
		}
		for _, r := range w.Ranges {
			if r[0] < 0 || r[0] >= len(p.Units) || r[1] < 0 || r[1] > r[2] || r[2] > len(w.IDs) {
				return fmt.Errorf("pair %s has a range %v outside its window", p.ID, r)
			}
		}
	}
	return nil
}

// queryIDs are the ids of the query as the reference cut it: between the first
// token and the first one of type 1, without the separator.
func (p pair) queryIDs() []int64 {
	w := p.Windows[0]
	end := 0
	for end < len(w.Types) && w.Types[end] == 0 {
		end++
	}
	return w.IDs[min(1, end):max(min(1, end), end-1)]
}

// unitIDs are the ids of every unit, put together from the windows.
func (p pair) unitIDs() [][]int64 {
	out := make([][]int64, len(p.Units))
	for _, w := range p.Windows {
		for _, r := range w.Ranges {
			out[r[0]] = append(out[r[0]], w.IDs[r[1]:r[2]]...)
		}
	}
	return out
}
