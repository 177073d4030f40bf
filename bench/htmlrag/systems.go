package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ragprune/ragprune/prune"
)

// system is a way to fill a budget.
type system struct {
	name    string
	request prune.Request
}

// systemsOf are the scorers that p offers, and the labeler behind coarse steps.
func systemsOf(p *prune.Pruner, o options) ([]system, error) {
	var all []system
	none := prune.Coarse{Scorer: prune.CoarseNone}
	for _, s := range p.Scorers() {
		all = append(all, system{string(s), prune.Request{Scorer: s, Coarse: none}})
	}
	all = append(all, system{"label /auto", prune.Request{Scorer: prune.ScorerLabel, Granularity: prune.GranularityAuto, Coarse: none}})
	for _, c := range []prune.CoarseScorer{prune.CoarseBM25, prune.CoarseHybrid} {
		all = append(all, system{
			fmt.Sprintf("%s to %d then label", c, o.coarse),
			prune.Request{Scorer: prune.ScorerLabel, Coarse: prune.Coarse{Scorer: c, Tokens: o.coarse}},
		})
	}
	sized, err := withSizes(all, o.sizes)
	if o.systems == "" || err != nil {
		return sized, err
	}
	all = sized
	wanted := strings.Split(o.systems, ",")
	all = slices.DeleteFunc(all, func(s system) bool { return !slices.Contains(wanted, s.name) })
	if len(all) != len(wanted) {
		return nil, fmt.Errorf("not all of %q are systems", o.systems)
	}
	return all, nil
}

// withSizes adds the labeler with every granularity of a list.
func withSizes(all []system, sizes string) ([]system, error) {
	if sizes == "" {
		return all, nil
	}
	var out []system
	for _, s := range all {
		out = append(out, s)
		if s.name != string(prune.ScorerLabel) {
			continue
		}
		for size := range strings.SplitSeq(sizes, ",") {
			n, err := strconv.Atoi(size)
			if err != nil || n <= 0 {
				return nil, fmt.Errorf("size %q is not a positive number", size)
			}
			other := s
			other.name, other.request.Granularity = s.name+" /"+size, prune.Granularity(n)
			out = append(out, other)
		}
	}
	return out, nil
}
