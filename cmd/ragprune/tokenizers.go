package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ragprune/ragprune/models/estimate"
	"github.com/ragprune/ragprune/models/tokenizer"
	"github.com/ragprune/ragprune/prune"
)

// estimatePrefix begins the names of the built-in estimates.
const estimatePrefix = "estimate:"

// tokenizerSettings say what budgets may be counted with.
type tokenizerSettings struct {
	Tokenizers map[string]string `help:"Tokenizers that a request may name to count its budget with: NAME=FILE, each file a tokenizer.json." env:"RAGPRUNE_TOKENIZERS" group:"limits" placeholder:"NAME=FILE,..." mapsep:","`
}

// counters are the tokenizers by name, and the estimates, which are always
// there.
func (s tokenizerSettings) counters() (map[string]prune.Counter, error) {
	counters := make(map[string]prune.Counter)
	for _, name := range estimate.Names() {
		e, err := estimate.New(name)
		if err != nil {
			return nil, err
		}
		counters[estimatePrefix+name] = e
	}
	for _, name := range slices.Sorted(maps.Keys(s.Tokenizers)) {
		if name == "" || name == prune.DefaultTokenizer || strings.HasPrefix(name, estimatePrefix) {
			return nil, &settingError{"RAGPRUNE_TOKENIZERS", fmt.Errorf("the name %q is taken: choose one that is not empty, not %s and does not begin with %s",
				name, prune.DefaultTokenizer, estimatePrefix)}
		}
		t, err := tokenizer.Load(s.Tokenizers[name])
		if err != nil {
			return nil, &settingError{"RAGPRUNE_TOKENIZERS", fmt.Errorf("%s: %w", name, err)}
		}
		counters[name] = t
	}
	return counters, nil
}
