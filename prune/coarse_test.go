package prune_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/prune"
)

// reader is a labeler that remembers what it read.
type reader struct {
	overlap
	mu    sync.Mutex
	units [][]string
}

func newReader() *reader {
	r := &reader{}
	r.before = func(_ context.Context, units []string) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.units = append(r.units, units)
		return nil
	}
	return r
}

// tokens is what was read.
func (r *reader) tokens() int {
	n := 0
	for _, units := range r.units {
		for _, u := range units {
			n += words{}.Count(u)
		}
	}
	return n
}

// TestCoarseBoundsWhatIsRead: whatever comes, the labeler reads no more tokens
// than asked for, and what it did not read is told.
func TestCoarseBoundsWhatIsRead(t *testing.T) {
	for seed := range uint64(rounds) {
		random := rand.New(rand.NewPCG(seed, 11))
		r := randomRequest(random)
		r.Scorer, r.Coarse = prune.ScorerLabel, prune.Coarse{Tokens: 1 + random.IntN(150)}
		labeler := newReader()
		resp := answer(t, newPruner(t, options(labeler)), r)
		if got := labeler.tokens(); got > r.Coarse.Tokens {
			t.Errorf("seed %d: %d tokens read of %d", seed, got, r.Coarse.Tokens)
		}
		read, left := 0, 0
		for _, units := range labeler.units {
			read += len(units)
		}
		for _, res := range resp.Results {
			coarse := 0
			for _, u := range res.Units {
				if u.Why == "coarse" {
					coarse++
				}
			}
			if has := slices.Contains(codes(res), "coarse"); has != (coarse > 0) {
				t.Errorf("seed %d: %d units left out, warning %v", seed, coarse, has)
			}
			left += coarse
		}
		if read > 0 && left > resp.Usage.CoarseUnits {
			t.Errorf("seed %d: %d units are explained as coarse, usage says %d", seed, left, resp.Usage.CoarseUnits)
		}
	}
}

// long is a page of many sections, one of which answers.
func long(sections int) string {
	var b strings.Builder
	b.WriteString("<title>A long page</title>")
	for i := range sections {
		fmt.Fprintf(&b, "<h2>Section %d</h2><p>%s</p>", i, strings.Repeat("Bananas are yellow and apples are red. ", 8))
		if i == sections*2/3 {
			b.WriteString("<h2>Answer</h2><table><tr><th>country</th><th>city</th></tr><tr><td>France</td><td>Paris is the capital</td></tr></table>")
		}
	}
	return b.String()
}

// The answer survives, and its headings, its header row and the title come
// along for the model to read, but not into the output if that is not wanted.
func TestCoarseKeepsWhatAnswersWithItsContext(t *testing.T) {
	labeler := newReader()
	p := newPruner(t, options(labeler))
	got := answer(t, p, prune.Request{
		Query: query, Coarse: prune.Coarse{Tokens: 150}, Format: prune.FormatText, Explain: true,
		Keep: prune.Keep{Title: new(false), Headings: new(false)}, Documents: []prune.Document{page(long(200))},
	})
	want := []string{"A long page", "Answer", "country | city", "France | Paris is the capital"}
	if len(labeler.units) != 1 {
		t.Fatalf("%d documents labelled", len(labeler.units))
	}
	read := slices.DeleteFunc(labeler.units[0], func(u string) bool { return !slices.Contains(want, u) })
	if diff := cmp.Diff(want, read); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	if text := got.Results[0].Text; text != "country | city\nFrance | Paris is the capital" {
		t.Errorf("text %q", text)
	}
	if got.Usage.CoarseUnits < 1000 {
		t.Errorf("%d units left out", got.Usage.CoarseUnits)
	}
}

// With less than the limit nothing changes, and without a step everything is
// read.
func TestCoarseOnlyWhereItIsNeeded(t *testing.T) {
	p := newPruner(t, options(&overlap{}))
	r := prune.Request{Query: query, Explain: true, Documents: []prune.Document{page(long(20)), text(france)}}
	none := r
	none.Coarse.Scorer = prune.CoarseNone
	want := answer(t, p, none)
	for name, coarse := range map[string]prune.Coarse{"default": {}, "large": {Tokens: 5000}, "none": {Scorer: prune.CoarseNone, Tokens: 10}} {
		r.Coarse = coarse
		if diff := cmp.Diff(want, answer(t, p, r), cmpopts.IgnoreFields(prune.Response{}, "Timing")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	r.Scorer, r.Coarse = prune.ScorerBM25, prune.Coarse{Tokens: 10}
	if got := answer(t, p, r); got.Usage.CoarseUnits != 0 {
		t.Errorf("%d units are left out before a scorer that costs nothing", got.Usage.CoarseUnits)
	}
}

// TestCoarseFollowsTheTime: a request with less time lets less reach the model.
func TestCoarseFollowsTheTime(t *testing.T) {
	const hour = 3_600_000
	for _, test := range []struct{ timeoutMS, most int }{{0, 6000}, {20 * hour, 6000}, {10 * hour, 3000}, {hour, 512}} {
		labeler := newReader()
		o := options(labeler)
		o.Limits.CoarseTokens, o.Timeout = 6000, 20*time.Hour
		answer(t, newPruner(t, o), prune.Request{Query: query, TimeoutMS: test.timeoutMS, Documents: []prune.Document{page(long(300))}})
		if n := labeler.tokens(); n > test.most || n < test.most/2 {
			t.Errorf("%d ms: %d tokens read, want nearly %d", test.timeoutMS, n, test.most)
		}
	}
}

// quarters takes four bytes for a token.
type quarters struct{}

func (quarters) Count(text string) int { return (len(text) + 3) / 4 }

// TestCoarseOfAHugePage: of 5 MB no more reaches the model than the limit.
func TestCoarseOfAHugePage(t *testing.T) {
	labeler := newReader()
	html := long(15_000)
	if len(html) < 5_000_000 {
		t.Fatalf("%d bytes", len(html))
	}
	o := options(labeler)
	o.Counter, o.Timeout = quarters{}, time.Hour
	got := answer(t, newPruner(t, o), prune.Request{Query: query, Documents: []prune.Document{page(html)}})
	n := 0
	for _, units := range labeler.units {
		for _, u := range units {
			n += quarters{}.Count(u)
		}
	}
	if n > prune.DefaultCoarseTokens {
		t.Errorf("%d tokens read", n)
	}
	if slices.Contains(codes(got.Results[0]), "html_time") {
		t.Skip("this machine cannot read the page in the time for one document")
	}
	if n < prune.DefaultCoarseTokens/2 {
		t.Errorf("%d tokens read", n)
	}
	if !strings.Contains(got.Results[0].Text, "Paris is the capital") || got.Results[0].Degraded != nil {
		t.Errorf("text %q, degraded %+v", got.Results[0].Text, got.Results[0].Degraded)
	}
}

// TestCoarseScoresAreKeptForWhatWasRead: scores of a part are never taken for
// those of the whole nor of another part, and what the answer is made of costs
// nothing more.
func TestCoarseScoresAreKeptForWhatWasRead(t *testing.T) {
	registry := prometheus.NewRegistry()
	o := options(&overlap{})
	o.Store, o.Registry = newStore(t), registry
	p := newPruner(t, o)
	base := prune.Request{Query: query, Explain: true, Documents: []prune.Document{page(long(40))}}
	labelled := 0.0
	for _, test := range []struct {
		name   string
		change func(*prune.Request)
		runs   bool
	}{
		{"part", func(r *prune.Request) { r.Coarse.Tokens = 200 }, true},
		{"whole", func(*prune.Request) {}, true},
		{"other part", func(r *prune.Request) { r.Coarse.Tokens = 900 }, true},
		{"part again", func(r *prune.Request) { r.Coarse.Tokens = 200 }, false},
		{"format", func(r *prune.Request) { r.Coarse.Tokens, r.Format = 200, prune.FormatMarkdown }, false},
		{"budget", func(r *prune.Request) { r.Coarse.Tokens, r.MaxTokens = 200, 30 }, false},
		{"threshold", func(r *prune.Request) { r.Coarse.Tokens, r.Threshold = 200, new(0.9) }, false},
		{"granularity", func(r *prune.Request) { r.Coarse.Tokens, r.Granularity = 200, 64 }, false},
		{"patterns", func(r *prune.Request) { r.Coarse.Tokens, r.Keep.Patterns = 200, []string{"Section 3"} }, false},
		{"keep", func(r *prune.Request) { r.Coarse.Tokens, r.Keep.Headings = 200, new(false) }, false},
	} {
		r := base
		test.change(&r)
		kept := answer(t, p, r)
		n := value(t, registry, labelledTotal, "", "")
		if runs := n > labelled; runs != test.runs {
			t.Errorf("%s: the labeler ran: %v", test.name, runs)
		}
		labelled = n
		fresh := answer(t, newPruner(t, options(&overlap{})), r)
		if diff := cmp.Diff(fresh.Results, kept.Results, cmpopts.IgnoreFields(prune.Result{}, "Cached")); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestCoarseByVectors(t *testing.T) {
	for _, how := range []prune.CoarseScorer{prune.CoarseEmbed, prune.CoarseHybrid} {
		t.Run(string(how), func(t *testing.T) {
			labeler, embedder := newReader(), &bags{}
			o := embedOptions(labeler, embedder)
			o.Store = newStore(t)
			p := newPruner(t, o)
			r := prune.Request{Query: query, Coarse: prune.Coarse{Scorer: how, Tokens: 100}, Documents: []prune.Document{page(long(60)), text(france)}}
			first := answer(t, p, r)
			if !strings.Contains(first.Results[0].Text, "Paris is the capital") || labeler.tokens() > 100 {
				t.Errorf("text %q, %d tokens read", first.Results[0].Text, labeler.tokens())
			}
			if embedder.texts.Load() == 0 || embedder.queries.Load() != 1 || len(first.Warnings) > 0 {
				t.Errorf("%d texts and %d queries embedded, warnings %v", embedder.texts.Load(), embedder.queries.Load(), first.Warnings)
			}
			embedded := embedder.texts.Load()
			r.Query = "yellow bananas"
			answer(t, p, r)
			if embedder.texts.Load() != embedded {
				t.Error("another query embeds the blocks again")
			}
		})
	}
}

// An embedder that fails leaves the step to words, and says so.
func TestCoarseSurvivesTheEmbedder(t *testing.T) {
	request := prune.Request{Query: query, Explain: true, Documents: []prune.Document{page(long(60)), text(france)}}
	request.Coarse = prune.Coarse{Scorer: prune.CoarseBM25, Tokens: 100}
	want := answer(t, newPruner(t, options(&overlap{})), request)
	for name, fail := range map[string]func(context.Context, []string) error{
		"error":    func(context.Context, []string) error { return errors.New("no luck") },
		"panic":    func(context.Context, []string) error { panic("no luck") },
		"deadline": func(context.Context, []string) error { return context.DeadlineExceeded },
	} {
		t.Run(name, func(t *testing.T) {
			r := request
			r.Coarse.Scorer = prune.CoarseHybrid
			got := answer(t, newPruner(t, embedOptions(&overlap{}, &bags{before: fail})), r)
			if diff := cmp.Diff(want.Results, got.Results); diff != "" {
				t.Error(diff)
			}
			if !slices.ContainsFunc(got.Warnings, func(w htmlprune.Warning) bool { return w.Code == "coarse_bm25" }) {
				t.Errorf("warnings %v", got.Warnings)
			}
		})
	}
}
