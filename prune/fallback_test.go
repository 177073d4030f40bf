package prune_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/ragprune/ragprune/cache"
	"github.com/ragprune/ragprune/prune"
)

// full is the error of a labeler that takes no more.
type full struct{}

func (full) Error() string    { return "full" }
func (full) Overloaded() bool { return true }

// hold waits for the end of ctx.
func hold(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestDocumentsSurviveTheLabeler(t *testing.T) {
	const bad, good = "Rome is the capital of Italy. Bananas are yellow.", "Paris is a capital. Apples are red."
	failing := func(fail func(ctx context.Context) error) func(context.Context, []string) error {
		return func(ctx context.Context, units []string) error {
			if strings.HasPrefix(units[0], "Rome") {
				return fail(ctx)
			}
			return nil
		}
	}
	tests := map[string]struct {
		fail     func(ctx context.Context) error
		fallback prune.Fallback
		want     prune.Degraded
		text     string
		warnings []string
	}{
		"deadline": {hold, "", prune.Degraded{Reason: "deadline", Used: "bm25"}, "Rome is the capital of Italy.", []string{}},
		"overload": {
			func(context.Context) error { return full{} }, "",
			prune.Degraded{Reason: "overload", Used: "bm25"},
			"Rome is the capital of Italy.",
			[]string{},
		},
		"error": {
			func(context.Context) error { return errors.New("no luck") }, "",
			prune.Degraded{Reason: "model_error", Used: "bm25"},
			"Rome is the capital of Italy.",
			[]string{},
		},
		"untouched": {
			func(context.Context) error { return errors.New("no luck") }, prune.FallbackOriginal,
			prune.Degraded{Reason: "model_error", Used: "original"},
			bad,
			[]string{},
		},
		"panic": {
			func(context.Context) error { panic("secret") }, "",
			prune.Degraded{Reason: "internal", Used: "original"},
			bad,
			[]string{"internal"},
		},
	}
	for name, test := range tests {
		for _, stored := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				var log bytes.Buffer
				registry := prometheus.NewRegistry()
				o := options(&overlap{before: failing(test.fail)})
				o.Fallback, o.Registry, o.Timeout = test.fallback, registry, 100*time.Millisecond
				o.Logger = slog.New(slog.NewTextHandler(&log, nil))
				if stored {
					o.Store = newStore(t)
				}
				resp := answer(t, newPruner(t, o), prune.Request{
					Query: "capital", MinScore: 0.3, Documents: []prune.Document{text(bad), text(good)},
				})
				if len(resp.Results) != 2 {
					t.Fatalf("%d results", len(resp.Results))
				}
				first, second := resp.Results[0], resp.Results[1]
				if diff := cmp.Diff(&test.want, first.Degraded); diff != "" {
					t.Error(diff)
				}
				if first.Text != test.text || first.Logit != nil || first.Score <= 0 || first.Score > 1 {
					t.Errorf("text %q, logit %v, score %v", first.Text, first.Logit, first.Score)
				}
				if diff := cmp.Diff(test.warnings, codes(first)); diff != "" {
					t.Error(diff)
				}
				if second.Text != "Paris is a capital." || second.Degraded != nil || second.Logit == nil || len(second.Warnings) > 0 {
					t.Errorf("the other document: %+v", second)
				}
				if got := value(t, registry, "ragprune_degraded_documents_total", "reason", test.want.Reason); got != 1 {
					t.Errorf("degraded metric is %v", got)
				}
				if log.Len() == 0 || strings.Contains(log.String(), "Rome") || strings.Contains(log.String(), "secret") {
					t.Errorf("log: %s", log.String())
				}
			})
		}
	}
}

func TestTimeOfTheRequest(t *testing.T) {
	o := options(&overlap{before: func(ctx context.Context, _ []string) error { return hold(ctx) }})
	o.Timeout = time.Hour
	p := newPruner(t, o)
	r := prune.Request{Query: "capital", Documents: []prune.Document{text("Rome is a capital. Bananas are yellow.")}}

	r.TimeoutMS = 20
	if got := answer(t, p, r).Results[0]; got.Degraded == nil || got.Degraded.Reason != "deadline" || got.Text != "Rome is a capital." {
		t.Errorf("with timeout_ms: %+v", got)
	}
	r.TimeoutMS = 0
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	resp, err := p.Prune(ctx, r)
	if err != nil || resp.Results[0].Degraded == nil {
		t.Errorf("with the caller's deadline: %+v, %v", resp, err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if resp, err := p.Prune(ctx, r); !errors.Is(err, context.Canceled) || resp != nil {
		t.Errorf("with a caller who goes: %+v, %v", resp, err)
	}
}

func TestBrokenScoresAreAFault(t *testing.T) {
	for name, scores := range map[string][]float32{"too few": {}, "out of range": {2}, "too many": {0.5, 0.5}} {
		t.Run(name, func(t *testing.T) {
			p := newPruner(t, options(fixed(scores)))
			got := answer(t, p, prune.Request{Query: "capital", Documents: []prune.Document{text("Rome is a capital.")}}).Results[0]
			if got.Degraded == nil || got.Degraded.Reason != "model_error" || got.Text == "" {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// fixed is a labeler that always says the same.
type fixed []float32

func (fixed) Fit(query string) (string, bool) { return query, false }

func (f fixed) Label(context.Context, string, string, []string) ([]float32, float32, int, error) {
	return f, 0, 1, nil
}

func TestTooManyUnits(t *testing.T) {
	l := &overlap{}
	o := options(l)
	o.Limits.Units = 3
	resp := answer(t, newPruner(t, o), prune.Request{Query: "capital", Documents: []prune.Document{
		text("Rome is a capital. Bananas are yellow."), text("Oslo is a capital. Apples are red."),
	}})
	if got := resp.Results[0].Degraded; got != nil {
		t.Errorf("the first document: %+v", got)
	}
	if diff := cmp.Diff(&prune.Degraded{Reason: "unit_limit", Used: "bm25"}, resp.Results[1].Degraded); diff != "" {
		t.Error(diff)
	}
	if got := l.calls.Load(); got != 1 {
		t.Errorf("%d documents were labelled", got)
	}
}

func TestTooManyDocumentsInTheLabeler(t *testing.T) {
	var entered sync.WaitGroup
	entered.Add(1)
	release := make(chan struct{})
	o := options(&overlap{before: func(context.Context, []string) error {
		entered.Done()
		<-release
		return nil
	}})
	o.Limits.Labelling = 1
	p := newPruner(t, o)
	r := prune.Request{Query: "capital", Documents: []prune.Document{text("Rome is a capital.")}}
	var first sync.WaitGroup
	first.Go(func() {
		if resp, err := p.Prune(context.Background(), r); err != nil || resp.Results[0].Degraded != nil {
			t.Errorf("the first request: %+v, %v", resp, err)
		}
	})
	entered.Wait()
	got := answer(t, p, r).Results[0]
	close(release)
	first.Wait()
	if got.Degraded == nil || got.Degraded.Reason != "overload" {
		t.Errorf("got %+v", got.Degraded)
	}
}

// frail counts tokens and panics on the word that it does not like.
type frail struct{ words }

func (f frail) Count(text string) int {
	if strings.Contains(text, "poison") {
		panic("frail")
	}
	return f.words.Count(text)
}

func TestAPanicCostsOneDocument(t *testing.T) {
	for _, budget := range []int{0, 50} {
		o := options(&overlap{})
		o.Counter = frail{}
		resp := answer(t, newPruner(t, o), prune.Request{Query: "capital", MaxTokens: budget, Documents: []prune.Document{
			text("A poison capital."), text("Rome is a capital. Bananas are yellow."),
		}})
		bad := resp.Results[0]
		if diff := cmp.Diff(&prune.Degraded{Reason: "internal", Used: "original"}, bad.Degraded); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"internal"}, codes(bad)); diff != "" {
			t.Error(diff)
		}
		if budget == 0 && bad.Text != "A poison capital." || budget > 0 && bad.Text != "" {
			t.Errorf("budget %d: text %q", budget, bad.Text)
		}
		if got := resp.Results[1]; got.Text != "Rome is a capital." || got.Degraded != nil {
			t.Errorf("the other document: %+v", got)
		}
	}
}

func TestBadDocumentsLeaveTheOthersIntact(t *testing.T) {
	good := text("Rome is a capital. Bananas are yellow.")
	documents := []prune.Document{
		good, text(""), page(""), page("<script>alert('capital')</script><style>p{}</style>"),
		page(strings.Repeat("<div>", 5_000) + "a capital"), text(strings.Repeat("x", 1<<18)),
		text("\xff\xfe capital \xc3"), text("\x00\x01\x02"), page("<!-- capital -->"), good,
	}
	p := newPruner(t, options(&overlap{}))
	resp := answer(t, p, prune.Request{Query: "capital", Documents: documents})
	if len(resp.Results) != len(documents) {
		t.Fatalf("%d results for %d documents", len(resp.Results), len(documents))
	}
	alone := answer(t, p, prune.Request{Query: "capital", Documents: []prune.Document{good}}).Results[0]
	for _, i := range []int{0, len(documents) - 1} {
		got := resp.Results[i]
		got.Index = 0
		if diff := cmp.Diff(alone, got); diff != "" {
			t.Errorf("document %d: %s", i, diff)
		}
	}
	for _, i := range []int{1, 2, 3, 7, 8} {
		got := resp.Results[i]
		if diff := cmp.Diff([]string{"empty"}, codes(got)); diff != "" || got.Text != "" || got.Score != 0 || got.Logit != nil || got.Format == "" {
			t.Errorf("document %d: %+v", i, got)
		}
	}
	if got := resp.Results[4]; !strings.Contains(got.Text, "a capital") || len(got.Warnings) == 0 {
		t.Errorf("the deep page: %q, %v", got.Text, codes(got))
	}
}

func TestOversizedDocumentIsCutWithWarning(t *testing.T) {
	o := options(&overlap{})
	o.Limits.DocumentBytes = 100
	got := answer(t, newPruner(t, o), prune.Request{Query: "capital", Documents: []prune.Document{
		text("Rome is a capital. " + strings.Repeat("Bananas are yellow. ", 50) + "Oslo is a capital."),
	}}).Results[0]
	if got.Text != "Rome is a capital." || !got.Truncated || len(got.Warnings) != 1 {
		t.Errorf("got %+v", got)
	}
}

// newStore returns a store that the test closes.
func newStore(t *testing.T) *cache.Memory {
	t.Helper()
	m, err := cache.NewMemory(cache.Options{Bytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// value is the sum of the samples of a counter with a label of that value; an
// empty label takes all.
func value(t *testing.T, g prometheus.Gatherer, name, label, want string) float64 {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			match := label == ""
			for _, l := range m.GetLabel() {
				match = match || l.GetName() == label && l.GetValue() == want
			}
			if match {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	return sum
}

// Without a fallback the request says what failed, unless ragprune itself did.
func TestNoFallback(t *testing.T) {
	tests := map[string]struct {
		fail   func(ctx context.Context) error
		reason string
	}{
		"deadline": {hold, prune.ReasonDeadline},
		"overload": {func(context.Context) error { return full{} }, prune.ReasonOverload},
		"error":    {func(context.Context) error { return errors.New("no luck") }, prune.ReasonModel},
		"panic":    {func(context.Context) error { panic("secret") }, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o := options(&overlap{before: func(ctx context.Context, _ []string) error { return test.fail(ctx) }})
			o.Fallback, o.Timeout = prune.FallbackNone, 50*time.Millisecond
			p, err := prune.New(o)
			if err != nil {
				t.Fatal(err)
			}
			_, err = p.Prune(t.Context(), prune.Request{Query: "capital", Documents: []prune.Document{text("Rome is the capital of Italy.")}})
			var unavailable *prune.UnavailableError
			if got := errors.As(err, &unavailable); got != (test.reason != "") {
				t.Fatalf("error is %v", err)
			}
			if unavailable != nil && unavailable.Reason != test.reason {
				t.Errorf("reason %q, want %q", unavailable.Reason, test.reason)
			}
		})
	}
}
