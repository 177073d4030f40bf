package prune_test

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ragprune/ragprune/prune"
)

// told collects what a stream tells.
type told struct {
	events  []prune.Event
	results []prune.Result
}

func (s *told) add(e prune.Event) {
	s.events = append(s.events, e)
	if e.Result != nil {
		s.results = append(s.results, *e.Result)
	}
}

// check compares what was told with the answer.
func (s *told) check(t *testing.T, r prune.Request, resp *prune.Response) {
	t.Helper()
	done := 0
	for _, e := range s.events {
		if e.Done < done || e.Documents != len(r.Documents) {
			t.Fatalf("%d of %d after %d of %d", e.Done, e.Documents, done, len(r.Documents))
		}
		done = e.Done
	}
	if len(s.events) > 0 && done != len(r.Documents) {
		t.Errorf("%d of %d documents are done at the end", done, len(r.Documents))
	}
	byIndex := func(a, b prune.Result) int { return cmp.Compare(a.Index, b.Index) }
	want := slices.Clone(resp.Results)
	if r.Order != prune.OrderScore {
		slices.SortFunc(want, byIndex)
		slices.SortFunc(s.results, byIndex)
	}
	if diff := gocmp.Diff(want, s.results, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("told results (-answer +told):\n%s", diff)
	}
}

// joining adds rules that join documents, or leave some out.
func joining(random *rand.Rand, r *prune.Request) {
	switch random.IntN(6) {
	case 0:
		r.MaxTokens = 1 + random.IntN(60)
	case 1:
		r.TopN = 1 + random.IntN(4)
	case 2:
		r.Order = prune.OrderScore
	case 3:
		r.MinScore = random.Float64()
	}
}

// A stream answers as Prune does, whatever is asked, and tells what it answers.
func TestStreamEqualsPrune(t *testing.T) {
	pruners := []struct {
		p       *prune.Pruner
		scorers []prune.Scorer
	}{
		{newPruner(t, generateOptions(&overlap{}, &pointer{})), []prune.Scorer{"", prune.ScorerBM25, prune.ScorerGenerate}},
		{newPruner(t, embedOptions(&overlap{}, &bags{})), []prune.Scorer{"", prune.ScorerEmbed, prune.ScorerHybrid}},
	}
	apart := 0
	for seed := range uint64(4 * rounds) {
		random := rand.New(rand.NewPCG(seed, 23))
		r := randomRequest(random)
		joining(random, &r)
		with := pruners[random.IntN(len(pruners))]
		r.Scorer = with.scorers[random.IntN(len(with.scorers))]
		want := answer(t, with.p, r)
		var s told
		got, err := with.p.Stream(t.Context(), r, s.add)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(want, got, cmpopts.IgnoreFields(prune.Response{}, "Timing")); diff != "" {
			t.Errorf("answer (-Prune +Stream):\n%s", diff)
		}
		s.check(t, r, got)
		if len(s.events) > 0 && s.events[0].Done == 1 && s.events[0].Result != nil {
			apart++
		}
		if t.Failed() {
			t.Fatalf("seed %d: %+v", seed, r)
		}
	}
	if apart < rounds/2 {
		t.Errorf("only %d streams begin with a result", apart)
	}
}

// A result is told while the model still reads other documents.
func TestStreamTellsAtOnce(t *testing.T) {
	first := make(chan struct{})
	l := &overlap{before: func(ctx context.Context, units []string) error {
		if !strings.Contains(units[0], "slow") {
			return nil
		}
		select {
		case <-first:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
	p := newPruner(t, options(l))
	var order []int
	_, err := p.Stream(t.Context(), prune.Request{Query: "paris", Documents: []prune.Document{text("slow paris."), text("Paris.")}},
		func(e prune.Event) {
			order = append(order, e.Result.Index)
			if len(order) == 1 {
				close(first)
			}
		})
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([]int{1, 0}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// Rules that join the documents leave the results to the end, with progress
// before.
func TestStreamOfJoinedDocuments(t *testing.T) {
	documents := []prune.Document{text("Paris is a city."), text("Bananas are yellow."), text("The city of Paris.")}
	for name, r := range map[string]prune.Request{
		"budget": {MaxTokens: 8},
		"top_n":  {TopN: 2},
		"order":  {Order: prune.OrderScore},
		"auto":   {Granularity: prune.GranularityAuto},
	} {
		t.Run(name, func(t *testing.T) {
			r.Query, r.Documents = "paris city", documents
			p := newPruner(t, options(&overlap{}))
			var s told
			resp, err := p.Stream(t.Context(), r, s.add)
			if err != nil {
				t.Fatal(err)
			}
			s.check(t, r, resp)
			for i, e := range s.events {
				if i < len(documents) && (e.Done != i+1 || e.Result != nil) {
					t.Errorf("event %d is %+v", i, e)
				}
			}
			if len(s.events) != len(documents)+len(resp.Results) {
				t.Errorf("%d events for %d results", len(s.events), len(resp.Results))
			}
		})
	}
}

// What goes wrong with a document is told as Prune answers it.
func TestStreamOfFaults(t *testing.T) {
	fails := func(_ context.Context, units []string) error {
		switch {
		case strings.Contains(units[0], "panic"):
			panic("a fault")
		case strings.Contains(units[0], "error"):
			return errors.New("a fault")
		}
		return nil
	}
	r := prune.Request{Query: "paris", Documents: []prune.Document{text("Paris, error."), text("Paris, panic."), text("Paris. Bananas.")}}
	for _, fallback := range []prune.Fallback{prune.FallbackBM25, prune.FallbackOriginal} {
		o := options(&overlap{before: fails})
		o.Fallback = fallback
		p := newPruner(t, o)
		want := answer(t, p, r)
		var s told
		got, err := p.Stream(t.Context(), r, s.add)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(want, got, cmpopts.IgnoreFields(prune.Response{}, "Timing")); diff != "" {
			t.Errorf("%s (-Prune +Stream):\n%s", fallback, diff)
		}
		s.check(t, r, got)
	}
}

// Without a fallback a stream ends with the error of the document that failed,
// and may have told others before.
func TestStreamWithoutFallback(t *testing.T) {
	ready := make(chan struct{})
	o := options(&overlap{before: func(_ context.Context, units []string) error {
		if strings.Contains(units[0], "error") {
			<-ready
			return errors.New("a fault")
		}
		return nil
	}})
	o.Fallback = prune.FallbackNone
	var s told
	_, err := newPruner(t, o).Stream(t.Context(), prune.Request{Query: "paris", Documents: []prune.Document{text("An error."), text("Paris.")}},
		func(e prune.Event) { s.add(e); close(ready) })
	var unavailable *prune.UnavailableError
	if !errors.As(err, &unavailable) || unavailable.Reason != prune.ReasonModel {
		t.Errorf("error %v", err)
	}
	if len(s.results) != 1 || s.results[0].Index != 1 {
		t.Errorf("told %+v", s.results)
	}
}

// When the caller goes, nothing more is told; when only the time is over, the
// rest is answered by words.
func TestStreamEnds(t *testing.T) {
	stuck := func(ctx context.Context, units []string) error {
		if strings.Contains(units[0], "slow") {
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}
	r := prune.Request{Query: "paris", Documents: []prune.Document{text("slow Paris."), text("Paris.")}}
	p := newPruner(t, options(&overlap{before: stuck}))
	ctx, cancel := context.WithCancel(t.Context())
	events := 0
	_, err := p.Stream(ctx, r, func(prune.Event) { events++; cancel() })
	if !errors.Is(err, context.Canceled) || events != 1 {
		t.Errorf("%d events, error %v", events, err)
	}
	r.TimeoutMS = int((50 * time.Millisecond).Milliseconds())
	var s told
	resp, err := p.Stream(t.Context(), r, s.add)
	if err != nil {
		t.Fatal(err)
	}
	s.check(t, r, resp)
	if d := resp.Results[0].Degraded; d == nil || d.Reason != prune.ReasonDeadline {
		t.Errorf("degraded %+v", d)
	}
}
