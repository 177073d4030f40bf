package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	"github.com/ragprune/ragprune/bench/internal/webpage"
)

// peerNames are the systems of peer.py by the names in its answers.
var peerNames = map[string]string{
	"package": "htmlrag 0.1.1, embed",
	"paper":   "htmlrag 0.1.1, embed, loop of the paper",
}

// peerAnswer is a line of peer.py.
type peerAnswer struct {
	Error   string            `json:"error"`
	Cleaned int               `json:"cleaned"`
	Package map[string]string `json:"package"`
	Paper   map[string]string `json:"paper"`
	Failed  []string          `json:"failed"`
	CleanMS float64           `json:"clean_ms"`
	EmbedMS float64           `json:"embed_ms"`
	PruneMS float64           `json:"prune_ms"`
}

// askPeer lets htmlrag answer the questions of g. What it cannot do has lost
// the answer.
func (a *asker) askPeer(ctx context.Context, o options, g *group) error {
	var input bytes.Buffer
	encoder := json.NewEncoder(&input)
	for _, it := range g.items {
		if err := encoder.Encode(map[string]any{"query": it.query, "html": it.html, "budgets": a.budgets}); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, o.python, "bench/htmlrag/peer.py", "--embedder", o.embedder, "--tokenizer", a.engine.Bundle.TokenizerPath())
	cmd.Stdin, cmd.Stderr = &input, os.Stderr
	output, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("peer.py: %w", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(output))
	lines.Buffer(nil, 64<<20)
	for i := range g.items {
		if !lines.Scan() {
			return errors.Join(fmt.Errorf("peer.py answered %d of %d questions", i, len(g.items)), lines.Err())
		}
		var answer peerAnswer
		if err := json.Unmarshal(lines.Bytes(), &answer); err != nil {
			return fmt.Errorf("peer.py: %w", err)
		}
		a.judgePeer(g, i, answer)
	}
	return nil
}

func (a *asker) judgePeer(g *group, i int, answer peerAnswer) {
	g.sizes[i].peers = answer.Cleaned
	if answer.Error != "" {
		g.failures[answer.Error]++
	}
	for _, f := range answer.Failed {
		g.failures[f]++
	}
	for name, texts := range map[string]map[string]string{"package": answer.Package, "paper": answer.Paper} {
		for k, budget := range a.budgets {
			text := texts[strconv.Itoa(budget)]
			out := outcome{
				system: peerNames[name], budget: budget, tokens: a.engine.Tokenizer.Count(text),
				kept: webpage.HoldsAnswer(webpage.Text(text), g.items[i].answers), cold: k == 0 && answer.Error == "",
			}
			out.timing.Parse, out.timing.Score, out.timing.Decide = answer.CleanMS, answer.EmbedMS, answer.PruneMS
			out.timing.Total = answer.CleanMS + answer.EmbedMS + answer.PruneMS
			g.outcomes = append(g.outcomes, out)
		}
	}
}
