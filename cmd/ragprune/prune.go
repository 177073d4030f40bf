package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"time"

	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/prune"
)

// pruneCommand prunes on this machine, without a service.
type pruneCommand struct {
	modelSettings
	tokenizerSettings

	Query string   `short:"q" required:"" help:"The question or keywords."`
	Paths []string `arg:"" optional:"" name:"path" help:"Files, folders, or - for standard input. Default: -."`
	Input string   `help:"Read the input as ${enum}." enum:"auto,text,html" default:"auto"`
	HTML  bool     `help:"Short for --input=html."`

	Threshold *float64          `short:"t" help:"Keep what is more probable than this, 0 to 1. Default: the preset." group:"keep"`
	Preset    string            `help:"Threshold by name: safe, balanced or aggressive." group:"keep"`
	MaxTokens int               `short:"m" help:"Token budget over all documents; the best goes first." group:"keep"`
	Tokenizer string            `help:"What counts --max-tokens: model (default), a name of --tokenizers, or an estimate such as estimate:gpt-4o." group:"keep"`
	Fill      string            `help:"What a token budget takes first: greedy (the best score, default) or knapsack (the most score for each token)." group:"keep"`
	MinScore  float64           `help:"Leave out documents that score lower, 0 to 1." group:"keep"`
	TopN      int               `short:"n" help:"Only the best N documents." group:"keep"`
	Scorer    string            `help:"What scores: label (the model, default), fused, embed, hybrid, bm25, or generate with --generator." group:"keep"`
	Coarse    string            `help:"Before the model reads anything, leave out what is worst by this: bm25, embed or hybrid." group:"keep"`
	CoarseTok int               `name:"coarse-tokens" help:"With --coarse: how many tokens the model may read." group:"keep"`
	Around    int               `help:"Also keep N neighbours on each side." group:"keep"`
	Pattern   []string          `help:"Never prune what matches the regular expression." group:"keep" sep:"none"`
	Selector  []string          `help:"Never prune what matches the CSS selector." group:"keep" sep:"none"`
	Title     bool              `help:"Keep the page's title." negatable:"" default:"true" group:"keep"`
	Headings  bool              `help:"Keep the headings above what is kept." negatable:"" default:"true" group:"keep"`
	Blocks    prune.Granularity `name:"granularity" aliases:"blocks" help:"Decide on blocks of at most N words instead of sentences; auto chooses N from the budget and the documents." group:"keep" placeholder:"N"`
	Attribute []string          `help:"Show this attribute of HTML: alt, href, datetime or title." group:"output"`
	Boiler    string            `name:"boilerplate" help:"Navigation, footers and the like in HTML: demote (default), keep or drop." group:"keep"`
	OnEmpty   string            `help:"When nothing is kept: empty, best or original." group:"keep"`
	Timeout   time.Duration     `help:"Time for each document, on the average; 0: none." default:"0" group:"limits"`
	Order     string            `help:"input or score." group:"output"`
	Format    string            `short:"f" help:"same, text, html or markdown." group:"output"`
	Offsets   string            `help:"Unit of places: codepoint, byte or utf16." group:"output"`
	JSON      bool              `help:"Print the whole answer as JSON." group:"output"`
	Explain   explainMode       `help:"With --json: every sentence with its score. --explain html: a page that shows it, instead of the answer." group:"output"`
	Output    string            `short:"o" help:"Write to this file instead of the standard output." group:"output" placeholder:"FILE"`
	Color     string            `help:"Show kept and dropped text in colour: ${enum}." enum:"auto,always,never" default:"auto" group:"output"`
	Progress  string            `help:"Show progress: ${enum}." enum:"auto,always,never" default:"auto" group:"output"`
}

// noTimeout stands for "as long as it takes" on the command line, where nobody
// waits for a cheaper answer.
const noTimeout = 24 * time.Hour

// Run prunes and prints.
func (c *pruneCommand) Run(ctx context.Context, std streams) error {
	if c.JSON && c.Explain == explainHTML {
		return &settingError{"--explain", errors.New("html and --json exclude each other")}
	}
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
	model, release, err := e.acquire(ctx, "")
	if err != nil {
		return errors.Join(err, e.close())
	}
	err = c.write(ctx, model.pruner, documents, std)
	release()
	return errors.Join(err, e.close())
}

// write answers as the flags ask.
func (c *pruneCommand) write(ctx context.Context, p *prune.Pruner, documents []prune.Document, std streams) error {
	page := c.Explain == explainHTML
	view := newView(c.JSON, c.Color, std.out)
	view.colored = view.colored && !page && (c.Output == "" || c.Color == "always")
	request := c.request(documents, view.colored)
	if page {
		request = reportRequest(request)
	}
	response, err := c.answer(ctx, p, request, std.err)
	if err != nil {
		return err
	}
	write := func(w io.Writer) error {
		if page {
			return writeReport(w, p, request, response)
		}
		view.w = w
		return view.print(response)
	}
	if c.Output == "" {
		return write(std.out)
	}
	return writeFile(c.Output, write)
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
	timeout := c.Timeout * time.Duration(max(documents, 1))
	if timeout == 0 {
		timeout = noTimeout
	}
	model := c.modelSettings
	coarse := prune.CoarseScorer(c.Coarse)
	embeds := coarse == prune.CoarseEmbed || coarse == prune.CoarseHybrid
	// Loading what is not used would only take time.
	switch prune.Scorer(c.Scorer) {
	case "", prune.ScorerLabel, prune.ScorerBM25, prune.ScorerGenerate:
		if !embeds {
			model.Embedder = embedderNone
		}
	}
	if prune.Scorer(c.Scorer) != prune.ScorerGenerate {
		model.Generator = generatorNone
	}
	return engineOptions{
		model: model, counting: c.tokenizerSettings,
		limits: limitSettings{MaxDocuments: max(documents, 1), Timeout: timeout},
		units:  math.MaxInt, // a folder may be of any size
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
		MaxTokens: c.MaxTokens, Tokenizer: c.Tokenizer, Fill: prune.Fill(c.Fill), MinScore: c.MinScore, TopN: c.TopN,
		Order: prune.Order(c.Order), Format: prune.Format(c.Format),
		Granularity: c.Blocks, Scorer: prune.Scorer(c.Scorer),
		Keep: prune.Keep{
			Title: &c.Title, Headings: &c.Headings, Around: c.Around,
			Patterns: c.Pattern, Selectors: c.Selector,
		},
		Coarse: c.coarse(), Attributes: c.attributes(),
		Boilerplate: prune.Boilerplate(c.Boiler),
		OnEmpty:     prune.OnEmpty(c.OnEmpty), Offsets: htmlprune.OffsetUnit(c.Offsets),
		Explain: c.Explain != "" || explain,
	}
}

func (c *pruneCommand) attributes() []prune.Attribute {
	var out []prune.Attribute
	for _, a := range c.Attribute {
		out = append(out, prune.Attribute(a))
	}
	return out
}

// coarse is the step before the model: none unless it is asked for, as nobody
// waits for a cheaper answer here.
func (c *pruneCommand) coarse() prune.Coarse {
	if c.Coarse == "" && c.CoarseTok == 0 {
		return prune.Coarse{Scorer: prune.CoarseNone}
	}
	return prune.Coarse{Scorer: prune.CoarseScorer(c.Coarse), Tokens: c.CoarseTok}
}

// answer prunes all documents at once, and shows how many of several are done.
func (c *pruneCommand) answer(ctx context.Context, p *prune.Pruner, r prune.Request, err io.Writer) (*prune.Response, error) {
	if len(r.Documents) < 2 {
		return p.Prune(ctx, r)
	}
	bar := newBar(c.Progress, "pruning", len(r.Documents), err)
	defer func() { _ = bar.Finish() }()
	// A bar that cannot be drawn is no reason to stop.
	return p.Stream(ctx, r, func(e prune.Event) { _ = bar.Set(e.Done) })
}

// printJSON writes the answer as the service does, indented for a reader.
func printJSON(w io.Writer, response *prune.Response) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(response)
}
