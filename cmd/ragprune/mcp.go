package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/prune"
)

// mcpCommand serves the tools prune and rerank to a host of the Model Context
// Protocol, over standard input and output.
type mcpCommand struct {
	modelSettings
	logSettings

	Timeout time.Duration `help:"Time for one call; what is not scored by then is answered by the fallback." default:"30s" group:"limits"`
}

// Run serves until the host closes its end.
func (c *mcpCommand) Run(ctx context.Context, std streams) error {
	model := c.modelSettings
	model.Generator = generatorNone
	e, err := newEngine(ctx, engineOptions{
		model: model, limits: limitSettings{Timeout: c.Timeout},
		cache: cacheSettings{CacheBytes: 64 << 20}, logger: c.logger(std),
	})
	if err != nil {
		return err
	}
	usual, release, err := e.acquire(ctx, "")
	if err != nil {
		return errors.Join(err, e.close())
	}
	defer release()
	err = toolServer(usual.pruner).Run(ctx, &mcp.StdioTransport{})
	if ctx.Err() != nil { // told to stop: no failure
		err = nil
	}
	return errors.Join(err, e.close())
}

// toolInput is what both tools take.
type toolInput struct {
	Query     string   `json:"query" jsonschema:"the question that the documents are to answer"`
	Documents []string `json:"documents" jsonschema:"the retrieved documents: plain text, Markdown or HTML"`
	TopN      int      `json:"top_n,omitempty" jsonschema:"only the best so many documents; 0 or not given: all"`
}

// pruneInput is what the tool prune takes.
type pruneInput struct {
	toolInput
	Preset    string `json:"preset,omitempty" jsonschema:"how much to keep: safe, balanced (default) or aggressive"`
	MaxTokens int    `json:"max_tokens,omitempty" jsonschema:"a budget over all documents; the best goes first"`
	Format    string `json:"format,omitempty" jsonschema:"same (default), text, markdown or html"`
}

// toolResult is one document in the answer of a tool.
type toolResult struct {
	Index  int     `json:"index" jsonschema:"the place of the document in the call, from 0"`
	Score  float64 `json:"score" jsonschema:"probability that the document helps, 0 to 1"`
	Text   string  `json:"text,omitempty" jsonschema:"what was kept of it"`
	Before int     `json:"tokens_before" jsonschema:"tokens of the document"`
	After  int     `json:"tokens_after" jsonschema:"tokens of what was kept"`
}

// toolOutput is the answer of both tools.
type toolOutput struct {
	Results []toolResult `json:"results"`
}

// toolServer offers p as tools.
func toolServer(p *prune.Pruner) *mcp.Server {
	server := mcp.NewServer(&mcp.Implementation{Name: "ragprune", Version: version}, nil)
	readOnly := &mcp.ToolAnnotations{ReadOnlyHint: true, IdempotentHint: true}
	mcp.AddTool(server, &mcp.Tool{
		Name: "prune", Annotations: readOnly,
		Description: "Keep only the sentences and blocks of retrieved documents that help to answer a question. " +
			"Use it before reading long search results or web pages: the answer stays, most of the text goes.",
	}, func(ctx context.Context, _ *mcp.CallToolRequest, in pruneInput) (*mcp.CallToolResult, toolOutput, error) {
		r := in.request()
		r.Preset, r.MaxTokens, r.Format = in.Preset, in.MaxTokens, prune.Format(in.Format)
		return callTool(ctx, p, r, true)
	})
	mcp.AddTool(server, &mcp.Tool{
		Name: "rerank", Annotations: readOnly,
		Description: "Sort retrieved documents by the probability that they help to answer a question, best first.",
	}, func(ctx context.Context, _ *mcp.CallToolRequest, in toolInput) (*mcp.CallToolResult, toolOutput, error) {
		r := in.request()
		r.Order = prune.OrderScore
		return callTool(ctx, p, r, false)
	})
	return server
}

func (in toolInput) request() prune.Request {
	r := prune.Request{Query: in.Query, TopN: in.TopN}
	for _, d := range in.Documents {
		if htmlprune.Sniff(d) == htmlprune.HTML {
			r.Documents = append(r.Documents, prune.Document{HTML: &d})
			continue
		}
		r.Documents = append(r.Documents, prune.Document{Text: &d})
	}
	return r
}

// callTool answers r, with texts or without. What is wrong with a call is told
// to the model that made it.
func callTool(ctx context.Context, p *prune.Pruner, r prune.Request, texts bool) (*mcp.CallToolResult, toolOutput, error) {
	resp, err := p.Prune(ctx, r)
	if err != nil {
		return nil, toolOutput{}, fmt.Errorf("the call is not acceptable: %w", err)
	}
	out := toolOutput{Results: []toolResult{}}
	for _, res := range resp.Results {
		t := toolResult{Index: res.Index, Score: res.Score, Before: res.Tokens.Before, After: res.Tokens.After}
		if texts {
			t.Text = res.Text
		}
		out.Results = append(out.Results, t)
	}
	return nil, out, nil
}
