package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ragprune/ragprune/bench/eval/dataset"
	"github.com/ragprune/ragprune/bench/internal/engine"
	"github.com/ragprune/ragprune/bench/internal/remote"
	"github.com/ragprune/ragprune/bench/internal/shared"
	"github.com/ragprune/ragprune/models/ort"
)

// task is one measurement.
type task struct {
	Bundle, Library string
	Provider        ort.Provider
	// Pairs of each set.
	Pairs int
	// Sets are the names of those to read, comma separated; empty means all.
	Sets string
}

// result is what the process of a task prints.
type result struct {
	Name, Precision string
	// LoadSeconds include the first run.
	LoadSeconds float64
	// Bytes is the memory that the process holds at the end.
	Bytes   int64
	Tokens  int
	Seconds float64
	// Probabilities of all sentences, in the order of the rows.
	Probabilities []float32
}

// measureOne does the task of spec and prints its result.
func measureOne(ctx context.Context, spec string) (err error) {
	var t task
	if err := json.Unmarshal([]byte(spec), &t); err != nil {
		return err
	}
	rows, err := readRows(t)
	if err != nil {
		return err
	}
	begin := time.Now()
	e, err := engine.Open(engine.Options{Bundle: t.Bundle, Library: t.Library, Providers: []ort.Provider{t.Provider}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if _, _, _, err := e.Labeler.Label(ctx, "first", "", []string{"One sentence."}); err != nil {
		return err
	}
	r := result{Name: e.Bundle.Name, Precision: string(e.Bundle.Precision), LoadSeconds: time.Since(begin).Seconds()}
	if err := label(ctx, e, rows, &r); err != nil {
		return err
	}
	if r.Bytes, err = remote.Resident(os.Getpid()); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

func readRows(t task) (rows []dataset.Row, err error) {
	dir, err := shared.Dir("data", "dev")
	if err != nil {
		return nil, err
	}
	data, err := dataset.Read(dir)
	if err != nil {
		return nil, err
	}
	wanted := strings.Split(t.Sets, ",")
	for _, set := range data.Sets {
		if t.Sets == "" || slices.Contains(wanted, set.Name) {
			rows = append(rows, set.Rows[:min(t.Pairs, len(set.Rows))]...)
		}
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s has no set of %q", dir, t.Sets)
	}
	return rows, nil
}

// label labels all rows side by side; the pool of the engine runs as many
// windows at once as there are cores.
func label(ctx context.Context, e *engine.Engine, rows []dataset.Row, r *result) error {
	var (
		group  sync.WaitGroup
		scores = make([][]float32, len(rows))
		tokens = make([]int, len(rows))
		errs   = make([]error, len(rows))
	)
	begin := time.Now()
	for i, row := range rows {
		group.Go(func() {
			units := make([]string, len(row.Sentences))
			for j := range units {
				units[j] = row.Sentence(j)
			}
			scores[i], _, tokens[i], errs[i] = e.Labeler.Label(ctx, row.Query, row.Title, units)
		})
	}
	group.Wait()
	r.Seconds = time.Since(begin).Seconds()
	for i := range rows {
		r.Tokens += tokens[i]
		r.Probabilities = append(r.Probabilities, scores[i]...)
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("label: %w", err)
	}
	return nil
}
