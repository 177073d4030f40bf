package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/prune"
)

// pruneCommand prunes on this machine, without a service.
type pruneCommand struct {
	modelSettings

	Query string   `short:"q" required:"" help:"The question or keywords."`
	Paths []string `arg:"" optional:"" name:"path" help:"Files, folders, or - for standard input. Default: -."`
	Input string   `help:"Read the input as ${enum}." enum:"auto,text,html" default:"auto"`
	HTML  bool     `help:"Short for --input=html."`

	Threshold *float64      `short:"t" help:"Keep what is more probable than this, 0 to 1. Default: the preset." group:"keep"`
	Preset    string        `help:"Threshold by name: safe, balanced or aggressive." group:"keep"`
	MaxTokens int           `short:"m" help:"Token budget over all documents; the best goes first." group:"keep"`
	MinScore  float64       `help:"Leave out documents that score lower, 0 to 1." group:"keep"`
	TopN      int           `short:"n" help:"Only the best N documents." group:"keep"`
	Scorer    string        `help:"What scores: label (the model, default), fused, embed, hybrid, bm25, or generate with --generator." group:"keep"`
	Around    int           `help:"Also keep N neighbours on each side." group:"keep"`
	Pattern   []string      `help:"Never prune what matches the regular expression." group:"keep" sep:"none"`
	Selector  []string      `help:"Never prune what matches the CSS selector." group:"keep" sep:"none"`
	Title     bool          `help:"Keep the page's title." negatable:"" default:"true" group:"keep"`
	Headings  bool          `help:"Keep the headings above what is kept." negatable:"" default:"true" group:"keep"`
	Blocks    int           `help:"Decide on blocks of at most N words instead of sentences." group:"keep"`
	Boiler    string        `name:"boilerplate" help:"Navigation, footers and the like in HTML: demote (default), keep or drop." group:"keep"`
	OnEmpty   string        `help:"When nothing is kept: empty, best or original." group:"keep"`
	Timeout   time.Duration `help:"Time for each document; 0: none." default:"0" group:"limits"`
	Order     string        `help:"input or score." group:"output"`
	Format    string        `short:"f" help:"same, text, html or markdown." group:"output"`
	Offsets   string        `help:"Unit of places: codepoint, byte or utf16." group:"output"`
	JSON      bool          `help:"Print the whole answer as JSON." group:"output"`
	Explain   bool          `help:"With --json: every sentence with its score." group:"output"`
	Color     string        `help:"Show kept and dropped text in colour: ${enum}." enum:"auto,always,never" default:"auto" group:"output"`
	Progress  string        `help:"Show progress: ${enum}." enum:"auto,always,never" default:"auto" group:"output"`
}

// noTimeout stands for "as long as it takes" on the command line, where nobody
// waits for a cheaper answer.
const noTimeout = 24 * time.Hour

// Run prunes and prints.
func (c *pruneCommand) Run(ctx context.Context, std streams) error {
	if len(c.Paths) == 0 {
		c.Paths = []string{"-"}
	}
	documents, err := readDocuments(c.Paths, c.inputFormat(), std.in)
	if err != nil {
		return err
	}
	e, err := newEngine(ctx, c.engineOptions(len(documents)))
	if err != nil {
		return err
	}
	view := newView(c.JSON, c.Color, std.out)
	response, err := c.answer(ctx, e.pruner, c.request(documents, view.colored), std.err)
	if err == nil {
		err = view.print(response)
	}
	return errors.Join(err, e.close())
}

func (c *pruneCommand) inputFormat() htmlprune.Format {
	switch {
	case c.HTML || c.Input == "html":
		return htmlprune.HTML
	case c.Input == "text":
		return htmlprune.Text
	default:
		return ""
	}
}

func (c *pruneCommand) engineOptions(documents int) engineOptions {
	timeout := c.Timeout
	if timeout == 0 {
		timeout = noTimeout
	}
	model := c.modelSettings
	// Loading what is not used would only take time.
	switch prune.Scorer(c.Scorer) {
	case "", prune.ScorerLabel, prune.ScorerBM25:
		model.Embedder, model.Generator = embedderNone, generatorNone
	case prune.ScorerGenerate:
		model.Embedder = embedderNone
	default:
		model.Generator = generatorNone
	}
	return engineOptions{
		model:  model,
		limits: limitSettings{MaxDocuments: max(documents, 1), Timeout: timeout},
		cache:  cacheSettings{CacheBytes: 1 << 30},
		// Nobody asked for a log; what matters is in the answer or the error.
		logger: slog.New(slog.DiscardHandler),
	}
}

// request asks to explain where dropped text is shown.
func (c *pruneCommand) request(documents []prune.Document, explain bool) prune.Request {
	return prune.Request{
		Query: c.Query, Documents: documents,
		Threshold: c.Threshold, Preset: c.Preset,
		MaxTokens: c.MaxTokens, MinScore: c.MinScore, TopN: c.TopN,
		Order: prune.Order(c.Order), Format: prune.Format(c.Format),
		Granularity: c.Blocks, Scorer: prune.Scorer(c.Scorer),
		Keep: prune.Keep{
			Title: &c.Title, Headings: &c.Headings, Around: c.Around,
			Patterns: c.Pattern, Selectors: c.Selector,
		},
		Boilerplate: prune.Boilerplate(c.Boiler),
		OnEmpty:     prune.OnEmpty(c.OnEmpty), Offsets: htmlprune.OffsetUnit(c.Offsets),
		Explain: c.Explain || explain,
	}
}

// answer first scores the documents one by one, which is what takes time and
// what the progress bar counts, and then asks for all of them at once: the
// scores are cached by then, so budget and order across documents cost nothing.
func (c *pruneCommand) answer(ctx context.Context, p *prune.Pruner, r prune.Request, err io.Writer) (*prune.Response, error) {
	if len(r.Documents) > 1 {
		bar := newBar(c.Progress, "scoring", len(r.Documents), err)
		for _, d := range r.Documents {
			one := r
			one.Documents = []prune.Document{d}
			if _, err := p.Prune(ctx, one); err != nil {
				return nil, err
			}
			_ = bar.Add(1) // a bar that cannot be drawn is no reason to stop
		}
		_ = bar.Finish()
	}
	return p.Prune(ctx, r)
}

// printJSON writes the answer as the service does, indented for a reader.
func printJSON(w io.Writer, response *prune.Response) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(response)
}
