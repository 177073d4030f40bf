package main

import (
	"fmt"
	"runtime"

	"github.com/alecthomas/kong"

	"github.com/ragprune/ragprune/models/ort"
)

const description = `Keep only what helps to answer.

Examples:
  ragprune serve
  ragprune prune -q "who wrote the Cyrus Cylinder?" page.html notes.txt
  curl -s https://example.org | ragprune prune -q "opening hours" --html -
  ragprune eval my-questions.jsonl --markdown quality.md
  ragprune models verify

Every flag has an environment variable, shown in brackets; a flag wins.`

// commands is the command line. Its fields are the subcommands.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Answer POST /prune over HTTP."`
	Prune   pruneCommand   `cmd:"" help:"Prune files, folders or standard input."`
	Eval    evalCommand    `cmd:"" help:"Measure models and baselines on labelled data, also your own."`
	Models  modelsCommand  `cmd:"" help:"List, verify, add, remove and calibrate model bundles."`
	MCP     mcpCommand     `cmd:"" name:"mcp" help:"Offer the tools prune and rerank to a host of the Model Context Protocol, over standard input and output."`
	Keys    keysCommand    `cmd:"" help:"Make API keys."`
	Health  healthCommand  `cmd:"" help:"Ask a running service whether it is ready; for container health checks."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

var settingGroups = []kong.Group{
	{Key: "model", Title: "Model"},
	{Key: "http", Title: "HTTP"},
	{Key: "limits", Title: "Limits"},
	{Key: "cache", Title: "Cache"},
	{Key: "log", Title: "Log"},
	{Key: "data", Title: "What is measured"},
	{Key: "keep", Title: "What to keep"},
	{Key: "output", Title: "Output"},
}

type versionCommand struct{}

// Run prints one line: program, ONNX Runtime it is made for, Go and platform.
func (versionCommand) Run(std streams) error {
	_, err := fmt.Fprintf(std.out, "ragprune %s (ONNX Runtime %s, %s, %s/%s)\n",
		version, ort.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
