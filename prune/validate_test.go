package prune_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/prune"
)

func TestBrokenRulesAreNamed(t *testing.T) {
	const secret = "confidential"
	valid := func() prune.Request {
		return prune.Request{Query: "q " + secret, Documents: []prune.Document{text(secret)}}
	}
	many := func(n int, s string) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = s
		}
		return out
	}
	tests := map[string]struct {
		change func(*prune.Request)
		want   []string // pointer and code
	}{
		"no query":        {func(r *prune.Request) { r.Query = "" }, []string{"/query required"}},
		"blank query":     {func(r *prune.Request) { r.Query = " \t\n " }, []string{"/query required"}},
		"no documents":    {func(r *prune.Request) { r.Documents = nil }, []string{"/documents required"}},
		"many documents":  {func(r *prune.Request) { r.Documents = make([]prune.Document, 1001) }, []string{"/documents too_many"}},
		"neither":         {func(r *prune.Request) { r.Documents = append(r.Documents, prune.Document{}) }, []string{"/documents/1 required"}},
		"both":            {func(r *prune.Request) { r.Documents[0].HTML = new(secret) }, []string{"/documents/0 conflict"}},
		"score NaN":       {func(r *prune.Request) { r.Documents[0].Score = new(math.NaN()) }, []string{"/documents/0/score out_of_range"}},
		"threshold NaN":   {func(r *prune.Request) { r.Threshold = new(math.NaN()) }, []string{"/threshold out_of_range"}},
		"threshold high":  {func(r *prune.Request) { r.Threshold = new(1.01) }, []string{"/threshold out_of_range"}},
		"threshold low":   {func(r *prune.Request) { r.Threshold = new(-0.01) }, []string{"/threshold out_of_range"}},
		"two thresholds":  {func(r *prune.Request) { r.Threshold, r.Preset = new(0.5), "safe" }, []string{"/preset conflict"}},
		"preset":          {func(r *prune.Request) { r.Preset = secret }, []string{"/preset unknown_value"}},
		"min_score":       {func(r *prune.Request) { r.MinScore = math.Inf(1) }, []string{"/min_score out_of_range"}},
		"max_tokens":      {func(r *prune.Request) { r.MaxTokens = -1 }, []string{"/max_tokens out_of_range"}},
		"huge max_tokens": {func(r *prune.Request) { r.MaxTokens = math.MaxInt }, []string{"/max_tokens out_of_range"}},
		"top_n":           {func(r *prune.Request) { r.TopN = -3 }, []string{"/top_n out_of_range"}},
		"granularity":     {func(r *prune.Request) { r.Granularity = -2 }, []string{"/granularity out_of_range"}},
		"timeout":         {func(r *prune.Request) { r.TimeoutMS = -1 }, []string{"/timeout_ms out_of_range"}},
		"around":          {func(r *prune.Request) { r.Keep.Around = 1001 }, []string{"/keep/around out_of_range"}},
		"order":           {func(r *prune.Request) { r.Order = secret }, []string{"/order unknown_value"}},
		"format":          {func(r *prune.Request) { r.Format = "pdf" }, []string{"/format unknown_value"}},
		"boilerplate":     {func(r *prune.Request) { r.Boilerplate = secret }, []string{"/boilerplate unknown_value"}},
		"attributes":      {func(r *prune.Request) { r.Attributes = []prune.Attribute{"alt", "onclick", ""} }, []string{"/attributes/1 unknown_value", "/attributes/2 required"}},
		"fill":            {func(r *prune.Request) { r.Fill = secret }, []string{"/fill unknown_value"}},
		"on_empty":        {func(r *prune.Request) { r.OnEmpty = secret }, []string{"/on_empty unknown_value"}},
		"offsets":         {func(r *prune.Request) { r.Offsets = "words" }, []string{"/offsets unknown_value"}},
		"scorer":          {func(r *prune.Request) { r.Scorer = secret }, []string{"/scorer unknown_value"}},
		"coarse":          {func(r *prune.Request) { r.Coarse.Scorer = secret }, []string{"/coarse/scorer unknown_value"}},
		"coarse embedder": {func(r *prune.Request) { r.Coarse.Scorer = prune.CoarseHybrid }, []string{"/coarse/scorer scorer_unavailable"}},
		"coarse tokens":   {func(r *prune.Request) { r.Coarse.Tokens = -1 }, []string{"/coarse/tokens out_of_range"}},
		"no such model":   {func(r *prune.Request) { r.Scorer = prune.ScorerFused }, []string{"/scorer scorer_unavailable"}},
		"pattern":         {func(r *prune.Request) { r.Keep.Patterns = []string{"ok", secret + "("} }, []string{"/keep/patterns/1 invalid_pattern"}},
		"empty pattern":   {func(r *prune.Request) { r.Keep.Patterns = []string{""} }, []string{"/keep/patterns/0 required"}},
		"long pattern":    {func(r *prune.Request) { r.Keep.Patterns = []string{strings.Repeat("a", 1001)} }, []string{"/keep/patterns/0 too_long"}},
		"many patterns":   {func(r *prune.Request) { r.Keep.Patterns = many(101, "a") }, []string{"/keep/patterns too_many"}},
		"selector":        {func(r *prune.Request) { r.Keep.Selectors = []string{secret + "["} }, []string{"/keep/selectors/0 invalid_selector"}},
		"many selectors":  {func(r *prune.Request) { r.Keep.Selectors = many(101, "a") }, []string{"/keep/selectors too_many"}},
		"several": {
			func(r *prune.Request) { r.Query, r.TopN, r.MinScore = "", -1, 2 },
			[]string{"/query required", "/min_score out_of_range", "/top_n out_of_range"},
		},
	}
	p := newPruner(t, options(&overlap{}))
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := valid()
			test.change(&r)
			resp, err := p.Prune(t.Context(), r)
			var invalid *prune.InvalidError
			if !errors.As(err, &invalid) || resp != nil {
				t.Fatalf("got %v, %v; want an InvalidError", resp, err)
			}
			var got []string
			for _, f := range invalid.Fields {
				got = append(got, f.Pointer+" "+f.Code)
				if !strings.HasPrefix(f.Message, "must ") && !strings.HasPrefix(f.Message, "is not ") {
					t.Errorf("the message %q does not say what is allowed", f.Message)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error quotes the request: %v", err)
			}
		})
	}
	if _, err := p.Prune(t.Context(), valid()); err != nil {
		t.Errorf("the valid request: %v", err)
	}
	r := valid()
	if err := r.Validate(prune.Limits{}); err != nil {
		t.Errorf("Validate of the valid request: %v", err)
	}
}

func TestErrorsAreBounded(t *testing.T) {
	r := prune.Request{Query: "q", Documents: make([]prune.Document, 1000)}
	var invalid *prune.InvalidError
	if err := r.Validate(prune.Limits{}); !errors.As(err, &invalid) || len(invalid.Fields) != 20 {
		t.Fatalf("got %v", err)
	}
}

func TestWithoutModelThereIsBM25(t *testing.T) {
	p := newPruner(t, prune.Options{Counter: words{}})
	if diff := cmp.Diff([]prune.Scorer{prune.ScorerBM25}, p.Scorers()); diff != "" {
		t.Error(diff)
	}
	resp := answer(t, p, prune.Request{Query: "gravity", Documents: []prune.Document{
		text("Gravity pulls apples down. Bananas are yellow."),
	}})
	if got := resp.Results[0]; got.Text != "Gravity pulls apples down." || got.Logit != nil || got.Degraded != nil {
		t.Errorf("got %+v", got)
	}
	_, err := p.Prune(t.Context(), prune.Request{Query: "q", Documents: []prune.Document{text("t")}, Scorer: prune.ScorerLabel})
	var invalid *prune.InvalidError
	if !errors.As(err, &invalid) || !strings.Contains(invalid.Fields[0].Message, "available: bm25") {
		t.Errorf("got %v", err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	tests := map[string]func(*prune.Options){
		"no counter":      func(o *prune.Options) { o.Counter = nil },
		"no model":        func(o *prune.Options) { o.Model = "" },
		"no presets":      func(o *prune.Options) { o.Presets = nil },
		"no such default": func(o *prune.Options) { o.DefaultPreset = "none" },
		"preset range":    func(o *prune.Options) { o.Presets["safe"] = 2 },
		"timeout":         func(o *prune.Options) { o.Timeout = -1 },
		"fallback":        func(o *prune.Options) { o.Fallback = "pray" },
		"limits":          func(o *prune.Options) { o.Limits.Units = -1 },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			o := options(&overlap{})
			change(&o)
			if p, err := prune.New(o); err == nil || p != nil {
				t.Errorf("New took it: %v", err)
			}
		})
	}
}

func TestLongQueryIsCutWithWarning(t *testing.T) {
	for name, query := range map[string]string{
		"for the model": "paris " + strings.Repeat("x", 300),
		"by the limit":  "paris " + strings.Repeat("é", 20_000),
	} {
		t.Run(name, func(t *testing.T) {
			p := newPruner(t, options(&overlap{}))
			resp := answer(t, p, prune.Request{Query: query, Documents: []prune.Document{text("Paris is a city. It rains.")}})
			if len(resp.Warnings) != 1 || resp.Warnings[0].Code != "query_cut" {
				t.Errorf("warnings %+v", resp.Warnings)
			}
			if resp.Results[0].Text != "Paris is a city." {
				t.Errorf("text %q", resp.Results[0].Text)
			}
		})
	}
}
