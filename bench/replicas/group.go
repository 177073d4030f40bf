package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/ragprune/ragprune/bench/internal/remote"
)

// member is a process and its core.
type member struct {
	*remote.Service
	core int
}

// group is the processes of a run.
type group []member

// openGroup starts n processes; the i-th is on core i, and from the first one
// again when there are more processes than cores.
func openGroup(ctx context.Context, o options, cores []int, n int) (_ group, err error) {
	var g group
	defer func() {
		if err != nil {
			err = errors.Join(err, g.close())
		}
	}()
	service := remote.Options{Binary: o.binary, Settings: []string{
		"RAGPRUNE_MODEL=" + o.bundle, "RAGPRUNE_WORKERS=1", "RAGPRUNE_EMBEDDER=none",
		"RAGPRUNE_CACHE_BYTES=0", "RAGPRUNE_REDIS_URL=",
	}}
	for i := range n {
		m := member{core: cores[i%len(cores)]}
		err := onCore(m.core, func() (err error) {
			m.Service, err = remote.Open(ctx, service)
			return err
		})
		if m.Service != nil {
			g = append(g, m)
		}
		if err != nil {
			return nil, fmt.Errorf("process %d: %w", i+1, err)
		}
	}
	return g, g.check()
}

// check is an error if a thread of a process may run on another core.
func (g group) check() error {
	for _, m := range g {
		if err := pinned(m.PID, m.core); err != nil {
			return err
		}
	}
	return nil
}

// used is what the callers and the processes have computed so far.
func (g group) used() (used, error) {
	own, err := ownTime()
	if err != nil {
		return used{}, err
	}
	u := used{generator: own}
	for _, m := range g {
		t, err := timeOf(m.PID)
		if err != nil {
			return used{}, err
		}
		u.processes += t
	}
	return u, nil
}

func (g group) close() error {
	var errs []error
	for _, m := range g {
		errs = append(errs, m.Close())
	}
	return errors.Join(errs...)
}
