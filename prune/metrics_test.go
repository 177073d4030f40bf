package prune_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ragprune/ragprune/prune"
)

// TestUnreadUnitsHaveNoScore: the distribution of scores, which a drift alarm
// looks at, knows nothing of units that no model read.
func TestUnreadUnitsHaveNoScore(t *testing.T) {
	for name, test := range map[string]struct {
		request prune.Request
		want    uint64
	}{
		"all are read":        {prune.Request{Boilerplate: prune.BoilerplateKeep}, 6},
		"boilerplate dropped": {prune.Request{Boilerplate: prune.BoilerplateDrop}, 2},
		"coarse":              {prune.Request{Boilerplate: prune.BoilerplateKeep, Coarse: prune.Coarse{Tokens: 40}}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			registry := prometheus.NewRegistry()
			o := options(&overlap{})
			o.Registry = registry
			r := test.request
			r.Query, r.Documents = query, []prune.Document{page(newsPage)}
			answer(t, newPruner(t, o), r)
			if got := observed(t, registry, "ragprune_unit_score"); got != test.want {
				t.Errorf("%d scores, want %d", got, test.want)
			}
		})
	}
}

// observed is how many values a histogram has.
func observed(t *testing.T, g prometheus.Gatherer, name string) (n uint64) {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			n += m.GetHistogram().GetSampleCount()
		}
	}
	return n
}
